import { describe, expect, it } from 'vitest';
import { thresholdForShare } from '../method/conformal.ts';
import { falsePositiveRate } from '../method/metrics.ts';
import { Random } from '../method/random.ts';
import { normalPeaks, type Profile } from './profile.ts';
import { withToleratedShare } from './threshold.ts';

const random = new Random(3);
const vector = (values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const scores = Array.from({ length: 40 }, () => random.between(0.4, 0.6)).sort((a, b) => a - b);

function profile(withBank: boolean): Profile {
  const peaks = Array.from({ length: 40 }, () => random.between(0.6, 0.8)).sort((a, b) => a - b);
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
    },
    tensors: new Map([
      ['evidence.normal_scores', vector(scores)],
      ...(withBank
        ? ([
            ['evidence.normal_peaks', vector(peaks)],
            ['fusion.map', vector([0.3, 0.1, 0.2])],
          ] as const)
        : []),
    ]),
  };
}

describe('another tolerated share', () => {
  it.each([0.05, 0.25, 0.6])('of %f flags that share of the same normals', (share) => {
    const changed = withToleratedShare(profile(false), share);
    const stored = changed.tensors.get('evidence.normal_scores')!.data;
    expect(changed.manifest.threshold).toBe(thresholdForShare([...stored], share));
    expect(changed.manifest.toleratedShare).toBe(share);
    expect(falsePositiveRate(stored, changed.manifest.threshold)).toBeLessThanOrEqual(share);
  });

  it('keeps one threshold for scores and maps, there and back again', () => {
    const first = withToleratedShare(profile(true), 0.1);
    for (const share of [0.05, 0.25, 0.6]) {
      const changed = withToleratedShare(first, share);
      // As many of the normals' maps rise above the threshold as normals score above it, but for rounding at one.
      const { threshold } = changed.manifest;
      const above = falsePositiveRate(normalPeaks(changed), threshold);
      expect(Math.abs(above - falsePositiveRate(scores, threshold))).toBeLessThanOrEqual(1 / 40);
    }
    const back = withToleratedShare(withToleratedShare(first, 0.3), 0.1);
    expect(back.manifest).toEqual(first.manifest);
    for (const [i, value] of normalPeaks(back).entries()) expect(value).toBeCloseTo(normalPeaks(first)[i]!, 5);
  });
});
