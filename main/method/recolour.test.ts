import { describe, expect, it } from 'vitest';
import type { Image8 } from './image.ts';
import { Random } from './random.ts';
import { isColour, recolour } from './recolour.ts';
import { toGrey } from './resize.ts';

const picture = (channels: 1 | 3, value: (place: number) => number): Image8 => {
  const data = Uint8Array.from({ length: 16 * 16 * channels }, (_, i) => value(i));
  return { width: 16, height: 16, channels, data };
};
const random = new Random(5);
const tinted = picture(3, (i) => [220, 120, 60][i % 3]! - random.below(40));

describe('a change in grey', () => {
  it('leaves a coloured picture as it is where nothing changed', () => {
    const grey = toGrey(tinted);
    expect(recolour(tinted, grey, grey)).toEqual(tinted);
  });

  it('is the same change in the coloured picture, and keeps its colour', () => {
    const grey = toGrey(tinted);
    const darker = { ...grey, data: grey.data.map((value) => value - 15) };
    const changed = recolour(tinted, grey, darker);
    expect(changed.data).toEqual(tinted.data.map((value) => value - 15));
    for (const [i, value] of toGrey(changed).data.entries()) expect(Math.abs(value - darker.data[i]!)).toBeLessThan(2);
  });

  it('makes of a grey picture the changed one, also where it is stored as three channels', () => {
    const grey = picture(1, () => random.below(256));
    const changed = picture(1, () => random.below(256));
    expect(recolour(grey, grey, changed)).toEqual(changed);
    const triple = picture(3, (i) => grey.data[Math.floor(i / 3)]!);
    expect(toGrey(recolour(triple, grey, changed))).toEqual(changed);
    expect([grey, triple, tinted].map(isColour)).toEqual([false, false, true]);
  });
});
