import { describe, expect, it } from 'vitest';
import { conformalPValue, eachAlone, flaggedShare, patientWeights, thresholdForShare } from './conformal.ts';
import { falsePositiveRate } from './metrics.ts';
import { Random } from './random.ts';

const normals = eachAlone([0.31, 0.42, 0.28, 0.55, 0.35, 0.39, 0.47, 0.33, 0.5]);
/** So many normals that each are a patient's only one; how high they score does not matter. */
const some = (n: number) => eachAlone(Array.from({ length: n }, (_, i) => i / n));

describe('conformalPValue', () => {
  it('counts the normals that score as high, and the new one', () => {
    expect(conformalPValue(0.6, normals)).toBe(1 / 10);
    expect(conformalPValue(0.5, normals)).toBe(3 / 10);
    expect(conformalPValue(0.1, normals)).toBe(1);
    expect(conformalPValue(0.6, eachAlone([]))).toBe(1);
  });

  it('is at most alpha for a share alpha of new normals', () => {
    const random = new Random(21);
    let small = 0;
    for (let run = 0; run < 2000; run++) {
      const drawn = eachAlone(Array.from({ length: 19 }, () => random.normal()));
      if (conformalPValue(random.normal(), drawn) <= 0.1) small++;
    }
    // 200 +- 4 standard deviations
    expect(Math.abs(small - 200)).toBeLessThan(4 * Math.sqrt(2000 * 0.1 * 0.9));
  });
});

describe('thresholdForShare', () => {
  it('lies just above the normal that may no longer be flagged', () => {
    expect(thresholdForShare(normals, 0.1)).toBeCloseTo(0.55, 6);
    expect(thresholdForShare(normals, 0.2)).toBeCloseTo(0.5, 6);
    const scores = new Float32Array(normals.scores);
    expect(falsePositiveRate(scores, thresholdForShare(eachAlone(scores), 0.1))).toBe(0);
    expect(falsePositiveRate(scores, thresholdForShare(eachAlone(scores), 0.3))).toBe(2 / 9);
  });

  it('promises no less than n normals can', () => {
    expect(thresholdForShare(normals, 0.001)).toBe(thresholdForShare(normals, 0.1));
    expect(flaggedShare(some(9), 0.001).expected).toBe(0.1);
  });

  it('lies above scores below zero, zero, and doubles between two float32 values', () => {
    for (const score of [-3.5, -1e-20, 0, 0.1, Math.fround(0.1), 1 / 3, 2 / 3]) {
      const threshold = thresholdForShare(eachAlone([score]), 0.5);
      expect(threshold).toBeGreaterThan(score);
      expect(threshold - score).toBeLessThan(1e-6);
      expect(Math.fround(threshold)).toBe(threshold);
    }
  });

  it('keeps its promise over 200 calibrations: mean share, and spread as flaggedShare says', () => {
    const random = new Random(22);
    const { expected, low, high } = flaggedShare(some(39), 0.1);
    const shares = Array.from({ length: 200 }, () => {
      const threshold = thresholdForShare(
        eachAlone(Array.from({ length: 39 }, () => Math.fround(random.normal()))),
        0.1,
      );
      return falsePositiveRate(
        Float32Array.from({ length: 2000 }, () => random.normal()),
        threshold,
      );
    });
    const mean = shares.reduce((a, b) => a + b) / shares.length;
    // A share's standard deviation is that of Beta(4, 36), 0.047; four of the mean's are 0.014.
    expect(Math.abs(mean - expected)).toBeLessThan(0.014);
    const inside = shares.filter((share) => low <= share && share <= high).length / shares.length;
    expect(Math.abs(inside - 0.95)).toBeLessThan(4 * Math.sqrt((0.95 * 0.05) / 200));
  });
});

describe('flaggedShare', () => {
  it('gives the beta distribution of scipy', () => {
    // scipy 1.17.1: scipy.stats.beta.ppf([0.025, 0.975], k, n + 1 - k)
    const cases = [
      [16, 0.01, 0.0015811117227658871, 0.2059072142078227],
      [31, 0.1, 0.0204198626877921, 0.21421615716340225],
      [199, 0.05, 0.02435727131620756, 0.084114637001735],
    ] as const;
    for (const [n, share, low, high] of cases) {
      expect(flaggedShare(some(n), share).low).toBeCloseTo(low, 10);
      expect(flaggedShare(some(n), share).high).toBeCloseTo(high, 10);
    }
    expect(flaggedShare(some(199), 0.05).expected).toBe(0.05);
  });
});

describe('several images of a patient', () => {
  const owners = ['a', 'a', 'b', 'c', 'c', 'c'];
  const weighted = { scores: [0.1, 0.9, 0.5, 0.2, 0.3, 0.8], weights: patientWeights(owners) };

  it('count as one', () => {
    expect(weighted.weights).toEqual([1 / 2, 1 / 2, 1, 1 / 3, 1 / 3, 1 / 3]);
    expect(conformalPValue(0.95, weighted)).toBe(1 / 4);
    expect(conformalPValue(0.85, weighted)).toBeCloseTo(1.5 / 4, 12);
    expect(conformalPValue(0.4, weighted)).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1) / 4, 12);
  });

  it('promise no more than as many patients with one image', () => {
    expect(flaggedShare(weighted, 0.05).expected).toBe(1 / 4);
    expect(thresholdForShare(weighted, 0.05)).toBeGreaterThan(0.9);
    // Above 0.8 lies half a patient: (1 + 1/2) / 4.
    expect(thresholdForShare(weighted, 0.4)).toBeCloseTo(0.8, 6);
    expect(flaggedShare(weighted, 0.4)).toMatchObject({
      expected: 1.5 / 4,
      low: flaggedShare(some(3), 0.25).low,
      high: flaggedShare(some(3), 0.5).high,
    });
  });

  it('say what one image says where all of a patient are the same', () => {
    const once = some(20);
    const thrice = {
      scores: Array.from(once.scores).flatMap((score) => [score, score, score]),
      weights: Array<number>(60).fill(1 / 3),
    };
    for (const share of [0.01, 0.1, 0.33, 0.9]) {
      expect(thresholdForShare(thrice, share)).toBe(thresholdForShare(once, share));
      expect(conformalPValue(share, thrice)).toBeCloseTo(conformalPValue(share, once), 12);
    }
  });
});
