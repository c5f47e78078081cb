import { describe, expect, it } from 'vitest';
import { cornersOf, handlesOf, pulled } from './outline-edit.ts';

const square = [0, 0, 10, 0, 10, 10, 0, 10];
/** A square of side 16 with a corner at every pixel. */
const fine = cornersOf([
  ...Array.from({ length: 16 }, (_, i) => [i, 0]).flat(),
  ...Array.from({ length: 16 }, (_, i) => [16, i]).flat(),
  ...Array.from({ length: 16 }, (_, i) => [16 - i, 16]).flat(),
  ...Array.from({ length: 16 }, (_, i) => [0, 16 - i]).flat(),
]);

describe('an outline that is pulled', () => {
  it('has each corner once, whether it came closed or not', () => {
    expect(cornersOf([...square, 0, 0])).toEqual(cornersOf(square));
    expect(cornersOf(square)).toHaveLength(4);
  });

  it('has a handle at every corner where there are few, else some at equal distances', () => {
    expect(handlesOf(cornersOf(square))).toEqual([0, 1, 2, 3]);
    expect(handlesOf(fine)).toEqual(Array.from({ length: 16 }, (_, i) => 4 * i));
  });

  it('follows the handle, the points beside it less, those from the next handles on not at all', () => {
    const handles = handlesOf(fine);
    const moved = pulled(fine, handles, 2, [8, -6]);
    expect(moved[8]).toEqual([8, -6]);
    expect(moved[10]![1]).toBeCloseTo(-3);
    expect(moved[6]![1]).toBeCloseTo(-3);
    expect(moved[9]![1]).toBeLessThan(moved[10]![1]);
    const stays = [...fine.keys()].filter((place) => place <= 4 || place >= 12);
    expect(stays.map((place) => moved[place])).toEqual(stays.map((place) => fine[place]));
  });

  it('does so over its beginning, too', () => {
    const moved = pulled(fine, handlesOf(fine), 0, [-4, -4]);
    expect(moved[0]).toEqual([-4, -4]);
    expect(moved.at(-2)![0]).toBeCloseTo(-2);
    expect(moved.at(-4)).toEqual(fine.at(-4));
  });
});
