import { describe, expect, it } from 'vitest';
import { colourMapNames, mapColour, mapRange } from '../../preload/contract/colour-map.ts';
import { colourMapPixels } from './colour-map.ts';

/** CIE lightness L* of an sRGB colour. */
function lightness(colour: readonly [number, number, number]): number {
  const [red, green, blue] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.008856 ? 116 * Math.cbrt(luminance) - 16 : 903.3 * luminance;
}

describe('the colours of the anomaly map', () => {
  it.each(colourMapNames)('of %s grow lighter evenly over the scale that the method can reach', (name) => {
    const steps = Array.from({ length: 65 }, (_, index) =>
      lightness(mapColour(mapRange.low + ((mapRange.high - mapRange.low) * index) / 64, name)),
    );
    for (let index = 1; index < steps.length; index++) {
      const growth = steps[index]! - steps[index - 1]!;
      expect(growth).toBeGreaterThan(0.4);
      expect(growth).toBeLessThan(3.2);
    }
  });

  it('take the end colours beyond the scale', () => {
    expect(mapColour(0)).toEqual([0, 0, 4]);
    expect(mapColour(1)).toEqual([252, 255, 164]);
  });

  it('give the same value the same colour whatever else the picture holds', () => {
    const alone = colourMapPixels(new Float32Array([0.6]), 0);
    const among = colourMapPixels(new Float32Array([0.1, 0.6, 0.9]), 0);
    expect([...among.subarray(4, 8)]).toEqual([...alone]);
  });

  it('are transparent below the threshold and opaque at it', () => {
    const pixels = colourMapPixels(new Float32Array([0.4999, 0.5, 0.7]), 0.5);
    expect([pixels[3], pixels[7], pixels[11]]).toEqual([0, 255, 255]);
  });
});
