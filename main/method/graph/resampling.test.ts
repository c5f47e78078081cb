import { describe, expect, it } from 'vitest';
import { bicubicMatrix, bilinearMatrix, onGrid } from './resampling.ts';

function resample(matrix: Float64Array, samples: readonly number[]): number[] {
  const rows = matrix.length / samples.length;
  return Array.from({ length: rows }, (_, i) =>
    samples.reduce((sum, sample, j) => sum + matrix[i * samples.length + j]! * sample, 0),
  );
}

describe('bilinear with align_corners', () => {
  it('keeps the ends and interpolates between them', () => {
    expect(resample(bilinearMatrix(3, 5), [0, 10, 30])).toEqual([0, 5, 10, 20, 30]);
  });

  it('is the identity at the same size, and repeats a single sample', () => {
    expect(resample(bilinearMatrix(4, 4), [1, 2, 3, 5])).toEqual([1, 2, 3, 5]);
    expect(resample(bilinearMatrix(1, 3), [7])).toEqual([7, 7, 7]);
  });
});

describe('bicubic', () => {
  it('is the identity at the same size', () => {
    expect(Array.from(bicubicMatrix(3, 3), (weight) => weight + 0)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('reproduces a parabola away from the ends, which only a = -0.5 does', () => {
    const [from, to] = [10, 30];
    const centre = (i: number, count: number) => (i + 0.5) / count;
    const parabola = Array.from({ length: from }, (_, i) => centre(i, from) ** 2);
    const enlarged = resample(bicubicMatrix(from, to), parabola);
    for (let i = 6; i < to - 6; i++) expect(enlarged[i]).toBeCloseTo(centre(i, to) ** 2, 12);
  });

  it('widens its filter where it shrinks, and keeps a constant everywhere', () => {
    const halved = bicubicMatrix(12, 6);
    const middle = Array.from(halved.subarray(3 * 12, 4 * 12));
    expect(middle.filter((weight) => weight !== 0).length).toBe(8);
    for (const value of resample(halved, Array(12).fill(1))) expect(value).toBeCloseTo(1, 12);
  });
});

describe('resampling a grid at once', () => {
  it('equals resampling its rows and then its columns', () => {
    const along = bilinearMatrix(2, 3);
    expect(resample(onGrid(along, 2, 3), [0, 2, 4, 10])).toEqual([0, 1, 2, 2, 4, 6, 4, 7, 10]);
  });
});
