/** The promise of a threshold, tried: many sites each draw their own normals, and their later normals are counted. */
import { describe, expect, it } from 'vitest';
import { flaggedShare, patientWeights, thresholdForShare } from '../method/conformal.ts';
import { falsePositiveRate } from '../method/metrics.ts';
import { Random } from '../method/random.ts';
import { drawByPatient } from './draw.ts';

const DRAWS = 200;

/** Scores as a site might see them: skewed, with a few normals that look odd. */
const scoreOf = (random: Random) =>
  0.4 + random.gamma(2, 0.03) + (random.uniform() < 0.03 ? random.between(0.05, 0.2) : 0);

/** Three standard errors of a share of the draws. */
const chance = (probability: number) => 3 * Math.sqrt((probability * (1 - probability)) / DRAWS);

describe.each([
  { held: 19, share: 0.05 },
  { held: 24, share: 0.1 },
  { held: 60, share: 0.05 },
  { held: 7, share: 0.05 },
])('a threshold from $held held-out normals for a share of $share', ({ held, share }) => {
  const random = new Random(11);
  const sites = Array.from({ length: DRAWS }, (_, seed) => {
    const normals = Array.from({ length: held + 16 }, (_, i) => ({
      key: String(i),
      owner: String(i),
      score: scoreOf(random),
    }));
    const { heldOut } = drawByPatient(normals, 16, seed);
    const known = weighted(heldOut);
    const later = Array.from({ length: 3000 }, () => scoreOf(random));
    return { known, flagged: falsePositiveRate(later, thresholdForShare(known, share)) };
  });
  const { expected, low, high } = flaggedShare(sites[0]!.known, share);
  const atMost = flaggedShare(sites[0]!.known, share, 0.9).high;
  const within = (holds: (share: number) => boolean) => sites.filter(({ flagged }) => holds(flagged)).length / DRAWS;

  it('flags what it promises on average', () => {
    const mean = sites.reduce((sum, { flagged }) => sum + flagged, 0) / DRAWS;
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

/** Slices of a patient are alike: `alike` of a score's variance is the patient's. Patients have from one to `most` slices. */
describe.each([
  { patients: 8, most: 5, alike: 0.7, share: 0.05 },
  { patients: 8, most: 5, alike: 0.9, share: 0.2 },
  { patients: 24, most: 30, alike: 0.7, share: 0.1 },
  { patients: 24, most: 3, alike: 0.5, share: 0.05 },
  { patients: 3, most: 3, alike: 0.8, share: 0.3 },
  { patients: 40, most: 8, alike: 0.2, share: 0.1 },
])('a threshold from up to $most slices of each of $patients patients for a share of $share', (site) => {
  const { patients, most, alike, share } = site;
  const random = new Random(12);
  /** One slice of each of so many new patients. */
  const later = (count: number) =>
    Array.from({ length: count }, () => random.normal() * Math.sqrt(alike) + random.normal() * Math.sqrt(1 - alike));
  const sites = Array.from({ length: DRAWS }, () => {
    const slices = Array.from({ length: patients }, (_, owner) => {
      const own = random.normal() * Math.sqrt(alike);
      return Array.from({ length: 1 + random.below(most) }, () => ({
        owner: String(owner),
        score: own + random.normal() * Math.sqrt(1 - alike),
      }));
    }).flat();
    const known = weighted(slices);
    const flagged = falsePositiveRate(later(3000), thresholdForShare(known, share));
    return { flagged, ...flaggedShare(known, share), atMost: flaggedShare(known, share, 0.9).high };
  });
  const within = (holds: (site: (typeof sites)[number]) => boolean) => sites.filter(holds).length / DRAWS;

  it('flags no more than it promises on average', () => {
    const excess = sites.map(({ flagged, expected }) => flagged - expected);
    const mean = excess.reduce((sum, value) => sum + value, 0) / DRAWS;
    const spread = Math.sqrt(excess.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS);
    expect(mean).toBeLessThan((3 * spread) / Math.sqrt(DRAWS));
  });

  it('keeps within the interval that the reader is shown, at least as often as it says', () => {
    expect(within(({ flagged, low, high }) => flagged >= low && flagged <= high)).toBeGreaterThan(0.95 - chance(0.95));
    expect(within(({ flagged, atMost }) => flagged <= atMost)).toBeGreaterThan(0.95 - chance(0.95));
  });
});

function weighted(normals: readonly { readonly owner: string; readonly score: number }[]) {
  return {
    scores: normals.map(({ score }) => score),
    weights: patientWeights(normals.map(({ owner }) => owner)),
  };
}
