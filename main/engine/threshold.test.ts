import { describe, expect, it } from 'vitest';
import { patientWeights, thresholdForShare } from '../method/conformal.ts';
import { falsePositiveRate } from '../method/metrics.ts';
import { Random } from '../method/random.ts';
import { scoreOf } from '../method/second-opinion.ts';
import { encodeProfile, normalPeaks, normalScores, type Profile } from './profile.ts';
import { withToleratedShare } from './threshold.ts';

const random = new Random(3);
const vector = (values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const scores = Array.from({ length: 40 }, () => random.between(0.4, 0.6)).sort((a, b) => a - b);

/** As training leaves it: the map is not shifted yet. Forty normals of twenty patients. */
function profile(withBank: boolean): Profile {
  const peaks = Array.from({ length: 40 }, () => random.between(1, 5));
  return {
    manifest: {
      format: 'mediclip-profile',
      version: 1,
      modelName: 'small',
      modelSha256: 'f'.repeat(64),
      preset: 'default',
      seed: 1,
      shots: 4,
      steps: 1,
      toleratedShare: 0.1,
      threshold: 0.5,
      evidence: 'held-out',
      provider: 'cpu',
      providerVersion: 'test',
      precision: 'float32',
      preprocessing: 'test',
      appVersion: 'test',
      imagesSha256: '',
    },
    tensors: new Map([
      ['evidence.normal_scores', vector(scores)],
      ['evidence.normal_weights', vector(patientWeights(scores.map((_, i) => i % 20)))],
      ...(withBank
        ? ([
            ['evidence.peak_deviations', vector(peaks)],
            ['fusion.map', vector([0.3, 0.1, 0])],
          ] as const)
        : []),
    ]),
  };
}

describe('another tolerated share', () => {
  it.each([0.05, 0.25, 0.6])('of %f flags that share of the same normals', (share) => {
    const changed = withToleratedShare(profile(false), share);
    const normals = normalScores(changed);
    expect(changed.manifest.threshold).toBe(thresholdForShare(normals, share));
    expect(changed.manifest.toleratedShare).toBe(share);
    expect(falsePositiveRate(normals.scores, changed.manifest.threshold)).toBeLessThanOrEqual(share);
  });

  it.each([false, true])('gives the bytes of calibrating with it, by whatever way (memory bank: %s)', (withBank) => {
    const trained = profile(withBank);
    const first = encodeProfile(withToleratedShare(trained, 0.1));
    let changed = trained;
    for (const share of [0.05, 0.25, 0.6, 0.1]) changed = withToleratedShare(changed, share);
    expect(Buffer.from(encodeProfile(changed)).equals(Buffer.from(first))).toBe(true);
  });

  it('keeps one threshold for scores and maps', () => {
    for (const share of [0.05, 0.25, 0.6]) {
      const changed = withToleratedShare(profile(true), share);
      // As many of the normals' maps rise above the threshold as normals score above it, but for rounding at one.
      const { threshold } = changed.manifest;
      const above = falsePositiveRate(normalPeaks(changed).scores, threshold);
      expect(Math.abs(above - falsePositiveRate(scores, threshold))).toBeLessThanOrEqual(1 / 40);
    }
  });

  it('takes a profile from before the unshifted peaks were kept for what it was', () => {
    const now = withToleratedShare(profile(true), 0.1);
    const tensors = new Map(now.tensors);
    const peaks = Array.from(normalPeaks(now).scores).sort((a, b) => a - b);
    tensors.set('evidence.normal_peaks', vector(peaks));
    tensors.delete('evidence.peak_deviations');
    tensors.delete('evidence.normal_weights');
    const old = { ...now, tensors };
    for (const [i, peak] of Array.from(normalPeaks(old).scores).entries()) expect(peak).toBeCloseTo(peaks[i]!, 5);
    const { weights } = normalScores(old);
    expect(new Set(Array.from(weights))).toEqual(new Set([1]));
    const again = withToleratedShare(old, 0.25);
    const highest = Math.max(...Array.from(normalPeaks(again).scores));
    expect(highest).toBeLessThan(scoreOf(20));
    expect(again.manifest.threshold).toBe(thresholdForShare(normalScores(old), 0.25));
  });
});
