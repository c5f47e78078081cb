import { expect, it } from 'vitest';
import { mapColour } from '../../renderer/design/colour-map.ts';
import { colourOffset, colourTable } from './colour-map.ts';

const colour = (value: number) => [...colourTable().subarray(colourOffset(value), colourOffset(value) + 3)];

it('gives a value the colour that it has in the window', () => {
  for (let value = 0; value <= 1; value += 0.01)
    for (const [channel, expected] of mapColour(value).entries())
      expect(Math.abs((colour(value)[channel] ?? -9) - expected)).toBeLessThanOrEqual(1);
});

it('grows brighter with the value', () => {
  const luminance = (value: number) => {
    const [red = 0, green = 0, blue = 0] = colour(value).map((byte) => (byte / 255) ** 2.2);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  for (let value = 0.15; value < 0.85; value += 0.05) expect(luminance(value + 0.05)).toBeGreaterThan(luminance(value));
});
