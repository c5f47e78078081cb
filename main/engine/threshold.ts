/** The same calibration at another tolerated share: nothing is trained or scored again. */
import { thresholdForShare } from '../method/conformal.ts';
import { deviationsOf, scoreOf } from '../method/second-opinion.ts';
import { type Profile, type ProfileTensor, profileTensor } from './profile.ts';

/** What calibrating anew with this share would give, from the scores that the profile holds. */
export function withToleratedShare(profile: Profile, toleratedShare: number): Profile {
  const scores = Array.from(profileTensor(profile, 'evidence.normal_scores').data);
  const threshold = thresholdForShare(scores, toleratedShare);
  const tensors = new Map(profile.tensors);
  const peaks = tensors.get('evidence.normal_peaks');
  const fusion = tensors.get('fusion.map');
  // With a memory bank the map is shifted so that one threshold serves score and map (opinions.ts).
  if (peaks && fusion) {
    const [mean = 0, deviation = 1, shift = 0] = fusion.data;
    const unshifted = Array.from(peaks.data, (peak) => deviationsOf(peak) - shift);
    const newShift = Math.fround(
      deviationsOf(threshold) - deviationsOf(thresholdForShare(unshifted.map(scoreOf), toleratedShare)),
    );
    tensors.set('fusion.map', { shape: [3], data: Float32Array.of(mean, deviation, newShift) });
    tensors.set('evidence.normal_peaks', vector(unshifted.map((peak) => scoreOf(peak + newShift))));
  }
  return { manifest: { ...profile.manifest, threshold, toleratedShare }, tensors };
}

function vector(values: readonly number[]): ProfileTensor {
  return { shape: [values.length], data: Float32Array.from(values) };
}
