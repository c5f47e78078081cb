import { describe, expect, it } from 'vitest';
import { kolmogorovSmirnov, kolmogorovSmirnovPValue } from './drift.ts';
import { Random } from './random.ts';

describe('the Kolmogorov-Smirnov test', () => {
  it('measures the largest distance between two distributions', () => {
    expect(kolmogorovSmirnov([1, 2, 3], [1, 2, 3])).toBe(0);
    expect(kolmogorovSmirnov([1, 2], [3, 4])).toBe(1);
    expect(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6])).toBe(0.5);
  });

  it('rarely alarms on one distribution, and nearly always on a shift of a deviation', () => {
    const random = new Random(9);
    const sample = (mean: number) => Array.from({ length: 30 }, () => random.normal(mean));
    const alarms = (shift: number) =>
      Array.from({ length: 500 }, () => kolmogorovSmirnovPValue(sample(0), sample(shift))).filter((p) => p < 0.01)
        .length;
    expect(alarms(0)).toBeLessThan(15);
    expect(alarms(1.2)).toBeGreaterThan(430);
  });
});
