/** The promise of a threshold, tried: many sites each draw their own normals, and their later normals are counted. */
import { describe, expect, it } from 'vitest';
import { flaggedShare, thresholdForShare } from '../method/conformal.ts';
import { falsePositiveRate } from '../method/metrics.ts';
import { Random } from '../method/random.ts';
import { drawByPatient } from './draw.ts';

const DRAWS = 200;

/** Scores as a site might see them: skewed, with a few normals that look odd. */
const scoreOf = (random: Random) =>
  0.4 + random.gamma(2, 0.03) + (random.uniform() < 0.03 ? random.between(0.05, 0.2) : 0);

describe.each([
  { held: 19, share: 0.05 },
  { held: 24, share: 0.1 },
  { held: 60, share: 0.05 },
  { held: 7, share: 0.05 },
])('a threshold from $held held-out normals for a share of $share', ({ held, share }) => {
  const random = new Random(11);
  const { expected, low, high } = flaggedShare(held, share);
  const atMost = flaggedShare(held, share, 0.9).high;
  const flagged = Array.from({ length: DRAWS }, (_, seed) => {
    const normals = Array.from({ length: held + 16 }, (_, i) => ({
      key: String(i),
      owner: String(i),
      score: scoreOf(random),
    }));
    const { heldOut } = drawByPatient(normals, 16, seed);
    const threshold = thresholdForShare(
      heldOut.map(({ score }) => score),
      share,
    );
    return falsePositiveRate(
      Array.from({ length: 3000 }, () => scoreOf(random)),
      threshold,
    );
  });
  const within = (holds: (share: number) => boolean) => flagged.filter(holds).length / DRAWS;
  /** Three standard errors of a share of the draws. */
  const chance = (probability: number) => 3 * Math.sqrt((probability * (1 - probability)) / DRAWS);

  it('flags what it promises on average', () => {
    const mean = flagged.reduce((sum, value) => sum + value, 0) / DRAWS;
    const deviation = Math.sqrt((expected * (1 - expected)) / (held + 2));
    expect(Math.abs(mean - expected)).toBeLessThan((3 * deviation) / Math.sqrt(DRAWS) + 0.002);
  });

  it('keeps within the interval that the reader is shown, as often as it says', () => {
    expect(within((value) => value >= low && value <= high)).toBeGreaterThan(0.95 - chance(0.95));
    expect(within((value) => value <= atMost)).toBeGreaterThan(0.95 - chance(0.95));
    // The interval is exact, so it must not hold all the time either.
    expect(within((value) => value <= expected)).toBeLessThan(0.8);
  });
});
