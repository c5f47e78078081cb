/** Made-up evidence of a calibration: 24 held-out normals, 60 synthetic anomalies, 6 confirmed cases. */
import type { AnomalyKind, AnomalySize, CalibrationEvidence, FrameRef } from '../../preload/contract/model.ts';

const kinds: readonly AnomalyKind[] = ['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink'];
const sizes: readonly AnomalySize[] = ['small', 'medium', 'large'];

export function madeUpEvidence(frames: readonly FrameRef[], toleratedShare: number): CalibrationEvidence {
  const n = 24;
  const normalScores = Array.from({ length: n }, (_, i) => 0.42 + 0.14 * (i / n) ** 2);
  const rank = Math.max(1, Math.floor(toleratedShare * (n + 1)));
  const threshold = normalScores[n - rank]! + 1e-6;
  const syntheticScores = Array.from({ length: 60 }, (_, i) => 0.45 + 0.25 * (((i * 37) % 60) / 60));
  const abnormal = [0.47, 0.53, 0.58, 0.6, 0.66, 0.71];
  const found = (scores: readonly number[]) => scores.filter((score) => score >= threshold).length;
  const share = (scores: readonly number[]) => found(scores) / scores.length;
  const around = (value: number) => ({ value, low: Math.max(0, value - 0.1), high: Math.min(1, value + 0.08) });
  const at = (i: number): FrameRef => frames[i % frames.length] ?? { sopInstanceUid: '1', frame: 0 };
  return {
    toleratedShare,
    threshold,
    source: 'held-out',
    normalScores,
    normals: normalScores.toReversed().map((score, i) => ({ ...at(i), score })),
    flaggedNormals: { value: rank / (n + 1), low: 0.01, high: rank / (n + 1) + 0.1 },
    smallestPromise: 1 / (n + 1),
    flaggedAtMost: rank / (n + 1) + 0.08,
    sensitivity: kinds.flatMap((kind, k) =>
      sizes.map((size, s) => ({ kind, size, found: Math.min(4, 1 + s + (k % 2)), total: 4 })),
    ),
    syntheticScores,
    syntheticFound: around(share(syntheticScores)),
    abnormals: abnormal.map((score, i) => ({ ...at(i + 3), score })),
    abnormalFound: around(share(abnormal)),
    auroc: around(0.91),
    roc: [
      [0, 0],
      [0, 0.55],
      [0.1, 0.8],
      [0.3, 0.95],
      [1, 1],
    ],
  };
}
