import { describe, expect, it } from 'vitest';
import { hasGolden, largestDifference, readGolden, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { splineWithNearestOutside, splineWithZeroOutside } from './cubic-spline.ts';

/** Value i is (31 i^2 + 7 i) mod 256, so that Python makes the same picture in a line. */
const rough = { width: 6, height: 5, data: Float32Array.from({ length: 30 }, (_, i) => (i * i * 31 + i * 7) % 256) };

// scipy 1.17.1: scipy.ndimage.map_coordinates(rough, points, mode=...) at these (row, column) points
const points = [
  [0, 0],
  [0.25, 0.5],
  [4, 5],
  [3.9, 4.75],
  [2.5, 2.5],
  [-0.01, 2],
  [1, 5.2],
  [1.5, -3],
  [9, 9],
] as const;
const constantMode = [0, 9.4103, 162, 170.3573, 215.8312, 0, 0, 0, 0];
const nearestMode = [0, 6.2541, 162, 176.2068, 207.2858, 136.8387, 252.8326, 177.2615, 162];

describe('cubic spline', () => {
  it('gives what scipy gives, inside and outside, in both modes', () => {
    const zero = splineWithZeroOutside(rough);
    const nearest = splineWithNearestOutside(rough);
    const sampled = (sample: typeof zero) => points.map(([y, x]) => sample(y, x));
    expect(largestDifference(sampled(zero), constantMode)).toBeLessThan(1e-4);
    expect(largestDifference(sampled(nearest), nearestMode)).toBeLessThan(1e-4);
  });

  it('passes through the pixels', () => {
    for (const sample of [splineWithZeroOutside(rough), splineWithNearestOutside(rough)]) {
      const values = Array.from(rough.data, (_, i) => sample(Math.trunc(i / 6), i % 6));
      expect(largestDifference(values, rough.data)).toBeLessThan(1e-4);
    }
  });

  it.skipIf(!hasGolden)(`agrees with the recorded affine sampling (${withoutGolden})`, () => {
    const golden = readGolden();
    const patch = golden.get('deform.patch')!;
    const [rr, rc, cr, cc] = golden.get('affine.matrix')!.data as Float64Array;
    const [height, width] = patch.shape as [number, number];
    const sample = splineWithZeroOutside({ width, height, data: new Float32Array(patch.data) });
    // Recorded with offset (3, 5) and 40 x 40 outputs.
    const sampled = Array.from({ length: 1600 }, (_, i) => {
      const [y, x] = [Math.trunc(i / 40), i % 40];
      return sample(rr! * y + rc! * x + 3, cr! * y + cc! * x + 5);
    });
    expect(largestDifference(sampled, golden.get('affine.out')!.data)).toBeLessThan(1e-3);
  });
});
