import { describe, expect, it } from 'vitest';
import { hasGolden, largestDifference, readGolden, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { gaussianFilter } from './gaussian-filter.ts';

/** Value i is (31 i^2 + 7 i) mod 256, so that Python makes the same picture in a line. */
const rough = { width: 6, height: 5, data: Float32Array.from({ length: 30 }, (_, i) => (i * i * 31 + i * 7) % 256) };

// scipy 1.17.1: scipy.ndimage.gaussian_filter(rough, sigma).ravel()
const sigma12 = [
  70.5842, 82.904, 91.204, 83.6972, 80.4347, 89.1895, 104.5354, 108.1111, 109.5802, 103.2229, 103.6762, 114.3455,
  136.0923, 132.757, 130.1941, 125.6676, 125.894, 133.6487, 139.0562, 136.4724, 136.2123, 134.4958, 135.6277, 142.1331,
  127.0943, 127.1822, 128.8252, 129.6683, 136.5309, 146.9632,
];
const sigma30 = [
  111.8384, 112.0365, 112.3912, 112.8138, 113.1946, 113.4211, 113.9719, 114.1739, 114.5385, 114.9773, 115.3763, 115.615,
  117.3818, 117.5917, 117.9748, 118.4429, 118.8739, 119.1339, 120.7392, 120.9588, 121.3635, 121.8643, 122.3302, 122.613,
  122.7883, 123.0147, 123.4343, 123.9569, 124.4457, 124.7434,
];

describe('gaussianFilter', () => {
  it('gives what scipy gives, also where the kernel is wider than the picture', () => {
    expect(largestDifference(gaussianFilter(rough, 1.2).data, sigma12)).toBeLessThan(1e-3);
    expect(largestDifference(gaussianFilter(rough, 3).data, sigma30)).toBeLessThan(1e-3);
  });

  it.skipIf(!hasGolden)(`agrees with the recorded filters (${withoutGolden})`, () => {
    const golden = readGolden();
    const { shape, data } = golden.get('gauss.in')!;
    const image = { width: shape[1]!, height: shape[0]!, data: new Float32Array(data) };
    for (const sigma of ['1.5', '4.0', '7.0']) {
      const expected = golden.get(`gauss.sigma${sigma}`)!.data;
      expect(largestDifference(gaussianFilter(image, Number(sigma)).data, expected)).toBeLessThan(1e-6);
    }
  });
});
