import { describe, expect, it } from 'vitest';
import {
  auroc,
  aurocInterval,
  averagePrecision,
  falsePositiveRate,
  independentImages,
  meanAndDeviation,
  shareInterval,
} from './metrics.ts';
import { Random } from './random.ts';

/** The n-th of 40 made-up images: abnormal or not, and its score, with many ties. */
function madeUp(wanted: 0 | 1): number[] {
  const scores: number[] = [];
  for (let i = 0; i < 40; i++) {
    const label = (i * i * 7 + i * 3) % 5 < 2 ? 1 : 0;
    if (label === wanted) scores.push(Math.round((((i * i * 31 + i * 7) % 23) / 23 + label * 0.15) * 100) / 100);
  }
  return scores;
}

describe('image metrics', () => {
  // scikit-learn 1.9.1: roc_auc_score and average_precision_score on the same 40 labels and scores
  it('gives the AUROC and average precision of scikit-learn, ties included', () => {
    expect(auroc(madeUp(0), madeUp(1))).toBeCloseTo(0.6276041666666666, 14);
    expect(averagePrecision(madeUp(0), madeUp(1))).toBeCloseTo(0.6362778714341215, 14);
  });

  it('treats degenerate sets as scikit-learn does', () => {
    expect([auroc([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]), averagePrecision([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])]).toEqual([
      0.5, 0.5,
    ]);
    expect([auroc([0.1, 0.2, 0.3], []), averagePrecision([0.1, 0.2, 0.3], [])]).toEqual([Number.NaN, 0]);
    expect(auroc([], [0.1, 0.2, 0.3])).toBeNaN();
    expect(averagePrecision([], [0.1, 0.2, 0.3])).toBeCloseTo(1, 14);
    expect([auroc([1, 2], [3, 4]), averagePrecision([1, 2], [3, 4])]).toEqual([1, 1]);
    expect(auroc([3, 4], [1, 2])).toBe(0);
  });

  it('flags from the threshold on', () => {
    expect(falsePositiveRate([0.1, 0.5, 0.5, 0.9], 0.5)).toBe(0.75);
    expect(falsePositiveRate([], 0.5)).toBeNaN();
  });

  it('spreads over seeds by the sample standard deviation', () => {
    // numpy: np.mean, np.std(ddof=1)
    const { mean, deviation } = meanAndDeviation([0.81, 0.84, 0.79]);
    expect(mean).toBeCloseTo(0.8133333333333334, 14);
    expect(deviation).toBeCloseTo(0.025166114784235794, 14);
    expect(meanAndDeviation([0.8])).toEqual({ mean: 0.8, deviation: Number.NaN });
  });
});

describe('aurocInterval', () => {
  it('solves the published equation', () => {
    // scipy 1.17.1: brentq on (value - t)^2 = z^2 V(t), written independently
    const cases = [
      [0.9, 20, 30, 0.7642509184409757, 0.958833499100763],
      [1, 10, 10, 0.800213612881115, 1],
      [0.5, 8, 50, 0.30352179070799185, 0.6964782092920081],
    ] as const;
    for (const [value, normal, abnormal, low, high] of cases) {
      const interval = aurocInterval(value, normal, abnormal);
      expect(interval.low).toBeCloseTo(low, 9);
      expect(interval.high).toBeCloseTo(high, 9);
    }
    expect(aurocInterval(0, 10, 10).high).toBeCloseTo(1 - 0.800213612881115, 9);
  });

  it('holds the truth about 95 times in 100', () => {
    const random = new Random(8);
    // Two normal distributions 1.5 deviations apart: AUROC = Phi(1.5 / sqrt 2).
    const truth = 0.8555778168267576;
    let held = 0;
    for (let run = 0; run < 1000; run++) {
      const normal = Array.from({ length: 25 }, () => random.normal());
      const abnormal = Array.from({ length: 25 }, () => random.normal(1.5));
      const { low, high } = aurocInterval(auroc(normal, abnormal), 25, 25);
      if (low <= truth && truth <= high) held++;
    }
    expect(held).toBeGreaterThan(930);
    expect(held).toBeLessThan(980);
  });
});

describe('images of the same patients', () => {
  it('count as many as there are independent ones, at least', () => {
    expect(independentImages([undefined, undefined, undefined])).toBe(3);
    expect(independentImages([0, 0, 1, 1, 2, 2])).toBe(3);
    // One patient has nearly all of them.
    expect(independentImages([0, 0, 0, 0, 0, 0, 0, 0, 1])).toBeCloseTo(81 / 65, 12);
  });

  it.each([0.5, 0.9])('do not make the intervals too narrow, where %f of the variance is the patient', (alike) => {
    const random = new Random(10);
    const truth = 0.8555778168267576; // as above
    /** Each patient has 1 to 9 images. */
    const draw = (mean: number) =>
      Array.from({ length: 15 }, (_, patient) => {
        const own = random.normal();
        return Array.from({ length: 1 + random.below(9) }, () => ({
          patient,
          score: mean + own * Math.sqrt(alike) + random.normal() * Math.sqrt(1 - alike),
        }));
      }).flat();
    const held = { auroc: 0, naive: 0, share: 0 };
    for (let run = 0; run < 600; run++) {
      const [normal, abnormal] = [draw(0), draw(1.5)];
      const [n, a] = [normal, abnormal].map((images) => independentImages(images.map(({ patient }) => patient)));
      const value = auroc(
        normal.map(({ score }) => score),
        abnormal.map(({ score }) => score),
      );
      const holds = ({ low, high }: { low: number; high: number }, of: number) => Number(low <= of && of <= high);
      held.auroc += holds(aurocInterval(value, n!, a!), truth);
      held.naive += holds(aurocInterval(value, normal.length, abnormal.length), truth);
      // Half of the abnormal score above their mean.
      const found = abnormal.filter(({ score }) => score >= 1.5).length / abnormal.length;
      held.share += holds(shareInterval(found, a!), 0.5);
    }
    expect(held.auroc).toBeGreaterThan(0.93 * 600);
    expect(held.share).toBeGreaterThan(0.93 * 600);
    expect(held.naive).toBeLessThan(0.9 * 600);
  });
});
