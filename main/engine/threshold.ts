/** A calibration at a tolerated share: its threshold, and the map that goes with it. Nothing is trained or scored again. */
import { thresholdForShare } from '../method/conformal.ts';
import { deviationsOf, scoreOf } from '../method/second-opinion.ts';
import { normalScores, type Profile, peakDeviations } from './profile.ts';

/**
 * What calibrating with this share gives, byte for byte, from the scores that the profile holds.
 *
 * With a memory bank a picture's score and the highest point of its map are different figures. There the map is shifted so
 * that the share of normals whose map rises above the threshold is the share whose score does, and one threshold serves
 * both (opinions.ts).
 */
export function withToleratedShare(profile: Profile, toleratedShare: number): Profile {
  const normals = normalScores(profile);
  const threshold = thresholdForShare(normals, toleratedShare);
  const tensors = new Map(profile.tensors);
  const peaks = peakDeviations(profile);
  const fusion = tensors.get('fusion.map');
  if (peaks && fusion) {
    const [mean = 0, deviation = 1] = fusion.data;
    const unshifted = thresholdForShare({ ...normals, scores: peaks.map(scoreOf) }, toleratedShare);
    const shift = deviationsOf(threshold) - deviationsOf(unshifted);
    tensors.set('fusion.map', { shape: [3], data: Float32Array.of(mean, deviation, shift) });
    tensors.set('evidence.peak_deviations', { shape: [peaks.length], data: peaks });
    tensors.delete('evidence.normal_peaks');
  }
  return { manifest: { ...profile.manifest, threshold, toleratedShare }, tensors };
}
