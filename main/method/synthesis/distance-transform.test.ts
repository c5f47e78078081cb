import { describe, expect, it } from 'vitest';
import { hasGolden, largestDifference, readGolden, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { Random } from '../random.ts';
import { distanceTransform } from './distance-transform.ts';
import type { Mask } from './mask.ts';

/** The definition, pixel by pixel. */
function slowDistances({ width, height, data }: Mask): number[] {
  return Array.from(data, (set, i) => {
    if (!set) return 0;
    let nearest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < width * height; j++)
      if (!data[j]) {
        const distance = Math.hypot((i % width) - (j % width), Math.trunc(i / width) - Math.trunc(j / width));
        nearest = Math.min(nearest, distance);
      }
    return nearest;
  });
}

describe('distanceTransform', () => {
  it('measures to the nearest unset pixel, as scipy does', () => {
    const rows = ['1111111', '1111111', '1101111', '1111111', '1111110'];
    const mask = { width: 7, height: 5, data: Uint8Array.from(rows.join(''), Number) };
    // scipy 1.17.1: scipy.ndimage.distance_transform_edt(mask) ** 2
    const squared = [
      8, 5, 4, 5, 8, 13, 16, 5, 2, 1, 2, 5, 10, 9, 4, 1, 0, 1, 4, 5, 4, 5, 2, 1, 2, 5, 2, 1, 8, 5, 4, 5, 4, 1, 0,
    ];
    expect(largestDifference(distanceTransform(mask).data, squared.map(Math.sqrt))).toBeLessThan(1e-6);
  });

  it('agrees with the definition on random masks', () => {
    const random = new Random(5);
    for (const density of [0.5, 0.9, 0.99]) {
      const data = Uint8Array.from({ length: 17 * 23 }, () => (random.uniform() < density ? 1 : 0));
      data[200] = 0;
      const mask = { width: 17, height: 23, data };
      expect(largestDifference(distanceTransform(mask).data, slowDistances(mask))).toBeLessThan(1e-6);
    }
  });

  it('is infinite where there is no background', () => {
    const full = { width: 3, height: 2, data: new Uint8Array(6).fill(1) };
    expect(Array.from(distanceTransform(full).data)).toEqual(new Array(6).fill(Number.POSITIVE_INFINITY));
  });

  it.skipIf(!hasGolden)(`agrees with the recorded transform (${withoutGolden})`, () => {
    const golden = readGolden();
    const { shape, data } = golden.get('edt.mask')!;
    const mask = { width: shape[1]!, height: shape[0]!, data: data as Uint8Array };
    expect(largestDifference(distanceTransform(mask).data, golden.get('edt.distance')!.data)).toBeLessThan(1e-5);
  });
});
