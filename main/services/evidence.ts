/**
 * What a calibration is worth on the site's own images: scores of normals that training did not see, of synthetic
 * anomalies in them, and of cases that a person confirmed as abnormal. None of them trains or chooses anything.
 */
import type {
  AnomalyKind,
  AnomalySize,
  CalibrationEvidence,
  FrameRef,
  ProviderChoice,
  ScoredFrame,
  SensitivityCell,
  ShareInterval,
} from '../../preload/contract/model.ts';
import type { Profile } from '../engine/profile.ts';
import { flaggedShare, smallestPromise, thresholdForShare } from '../method/conformal.ts';
import type { Image8 } from '../method/image.ts';
import { auroc, aurocInterval, shareInterval } from '../method/metrics.ts';
import { Random } from '../method/random.ts';
import { toTrainingGrey } from '../method/resize.ts';
import { applyTask } from '../method/synthesis/synthesise.ts';
import type { EvidenceScores, SyntheticScore } from '../store/evidence.ts';
import { detectInBatches } from './analysis.ts';
import type { JobContext } from './jobs.ts';
import type { Tools } from './workstation.ts';

const anomalyKinds: readonly AnomalyKind[] = ['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink'];
const anomalySizes: readonly AnomalySize[] = ['small', 'medium', 'large'];

/** Synthetic anomalies per calibration: twelve of each kind. */
const SYNTHETIC = 60;
/** Side of the pictures that anomalies are made in, as published. */
const SIDE = 224;
const SMALL = 0.02;
const LARGE = 0.08;

export interface Labelled {
  readonly ref: FrameRef;
  readonly image: Image8;
}

export interface EvidenceInput {
  readonly heldOut: readonly Labelled[];
  readonly abnormals: readonly Labelled[];
  readonly seed: number;
  readonly model: { readonly packFolder: string; readonly profilePath: string; readonly provider: ProviderChoice };
}

/** Scores everything once. @throws Fault the engine's own, `cancelled` */
export async function gatherScores(
  tools: Tools,
  input: EvidenceInput,
  job: JobContext,
): Promise<Omit<EvidenceScores, 'support'>> {
  const { heldOut, abnormals, seed, model } = input;
  const synthetic = await makeAnomalies(heldOut, new Random(seed), job);
  const total = heldOut.length + synthetic.length + abnormals.length;
  let before = 0;
  const scoresOf = async (items: readonly { readonly image: Image8 }[]): Promise<number[]> => {
    const scores: number[] = [];
    const read = (batch: readonly { readonly image: Image8 }[]) => Promise.resolve(batch.map(({ image }) => image));
    for await (const { output } of detectInBatches(tools, items, read, model, job.signal)) {
      scores.push(...output.detections.map(({ score }) => score));
      job.progress({ done: before + scores.length, total, unit: 'evidence images', note: 'Gathering evidence' });
    }
    before += scores.length;
    return scores;
  };
  const withScores = <T>(items: readonly T[], scores: readonly number[]) =>
    items.map((item, i) => ({ ...item, score: scores[i] ?? 0 }));
  const refs = (items: readonly Labelled[]) => items.map(({ ref }) => ref);
  return {
    normals: withScores(refs(heldOut), await scoresOf(heldOut)),
    synthetic: withScores(
      synthetic.map(({ image: _, ...about }) => about),
      await scoresOf(synthetic),
    ),
    abnormals: withScores(refs(abnormals), await scoresOf(abnormals)),
  };
}

type Synthetic = Omit<SyntheticScore, 'score'> & { readonly image: Image8 };

/** Every kind in turn, in one held-out normal after the other. */
async function makeAnomalies(
  heldOut: readonly Labelled[],
  random: Random,
  { signal }: JobContext,
): Promise<readonly Synthetic[]> {
  if (heldOut.length === 0) return [];
  const greys = heldOut.map(({ image }) => toTrainingGrey(image, SIDE));
  const made: Synthetic[] = [];
  for (let i = 0; i < SYNTHETIC && !signal.aborted; i++) {
    const at = Math.floor(i / anomalyKinds.length) % heldOut.length;
    const kind = anomalyKinds[i % anomalyKinds.length]!;
    const { image, unionMask } = applyTask(kind, greys[at]!, greys, random);
    const covered = unionMask.data.reduce((sum, value) => sum + value, 0) / unionMask.data.length;
    made.push({
      ...heldOut[at]!.ref,
      kind,
      size: covered < SMALL ? 'small' : covered < LARGE ? 'medium' : 'large',
      image,
    });
    // Other calls get their turn between two images.
    await new Promise(setImmediate);
  }
  return made;
}

/** What the scores say at a tolerated share; at the profile's own where none is given. */
export function weighEvidence(
  { manifest, tensors }: Profile,
  scores: EvidenceScores,
  toleratedShare = manifest.toleratedShare,
): CalibrationEvidence {
  const normalScores = Array.from(tensors.get('evidence.normal_scores')?.data ?? []);
  const threshold = thresholdForShare(normalScores, toleratedShare);
  const n = normalScores.length;
  const { expected, low, high } = n > 0 ? flaggedShare(n, toleratedShare) : { expected: 1, low: 0, high: 1 };
  const synthetic = scores.synthetic.map(({ score }) => score);
  const abnormal = scores.abnormals.map(({ score }) => score);
  return {
    toleratedShare,
    threshold,
    source: manifest.evidence,
    normalScores,
    normals: scores.normals.toSorted((a, b) => b.score - a.score),
    flaggedNormals: { value: expected, low, high },
    smallestPromise: smallestPromise(n),
    // Both tails of a 90% interval hold 5%.
    flaggedAtMost: n > 0 ? flaggedShare(n, toleratedShare, 0.9).high : 1,
    sensitivity: sensitivityCells(scores.synthetic, threshold),
    syntheticScores: synthetic,
    syntheticFound: foundShare(synthetic, threshold),
    abnormals: scores.abnormals.toSorted((a, b) => a.score - b.score),
    abnormalFound: foundShare(abnormal, threshold),
    auroc: aurocOf(scores.normals, abnormal),
    roc: rocPoints(normalScores, abnormal.length > 0 ? abnormal : synthetic),
  };
}

function sensitivityCells(synthetic: readonly SyntheticScore[], threshold: number): SensitivityCell[] {
  return anomalyKinds.flatMap((kind) =>
    anomalySizes.map((size) => {
      const cell = synthetic.filter((one) => one.kind === kind && one.size === size);
      return { kind, size, found: cell.filter(({ score }) => score >= threshold).length, total: cell.length };
    }),
  );
}

function foundShare(scores: readonly number[], threshold: number): ShareInterval | null {
  if (scores.length === 0) return null;
  const found = scores.filter((score) => score >= threshold).length;
  return { value: found / scores.length, ...shareInterval(found, scores.length) };
}

function aurocOf(normals: readonly ScoredFrame[], abnormal: readonly number[]): ShareInterval | null {
  if (normals.length === 0 || abnormal.length === 0) return null;
  const value = auroc(
    normals.map(({ score }) => score),
    abnormal,
  );
  return { value, ...aurocInterval(value, normals.length, abnormal.length) };
}

/** From the highest threshold down: the shares of both that are flagged. */
function rocPoints(normals: readonly number[], abnormals: readonly number[]): [number, number][] {
  if (normals.length === 0 || abnormals.length === 0) return [];
  const thresholds = [...new Set([...normals, ...abnormals])].sort((a, b) => b - a);
  const share = (scores: readonly number[], threshold: number) =>
    scores.filter((score) => score >= threshold).length / scores.length;
  return [[0, 0], ...thresholds.map((at): [number, number] => [share(normals, at), share(abnormals, at)])];
}
