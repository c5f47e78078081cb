/**
 * What a calibration is worth on the site's own images: scores of normals that training did not see, of synthetic
 * anomalies in them, and of cases that a person confirmed as abnormal. None of them trains or chooses anything.
 */
import type {
  AnomalyKind,
  AnomalySize,
  CalibrationEvidence,
  FrameRef,
  SensitivityCell,
  ShareInterval,
} from '../../preload/contract/model.ts';
import { smallestPromise } from '../../preload/contract/promise.ts';
import { normalScores, type Profile } from '../engine/profile.ts';
import { throwIfCancelled } from '../fault.ts';
import { flaggedShare, patientsOf, thresholdForShare } from '../method/conformal.ts';
import type { Image8 } from '../method/image.ts';
import { auroc, aurocInterval, independentImages, shareInterval } from '../method/metrics.ts';
import { Random } from '../method/random.ts';
import { recolour } from '../method/recolour.ts';
import { resize, toTrainingGrey } from '../method/resize.ts';
import { drawSized, sizeOf } from '../method/synthesis/sized-anomaly.ts';
import type { EvidenceScore, EvidenceScores, SyntheticScore } from '../store/evidence.ts';
import { type DetectionModel, detectInBatches, sideOfModel } from './detection.ts';
import type { JobContext } from './jobs.ts';
import type { Tools } from './workstation.ts';

const anomalyKinds: readonly AnomalyKind[] = ['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink'];
const anomalySizes: readonly AnomalySize[] = ['small', 'medium', 'large'];

/** Synthetic anomalies of each kind and size. */
const PER_CELL = 8;
/** Normals that are judged once more as if an anomaly had been made in them: a control. */
const MOST_UNCHANGED = 40;
/** Side of the pictures that anomalies are made in where the model does not say, as published. */
const USUAL_SIDE = 224;

export interface Labelled {
  readonly ref: FrameRef;
  readonly image: Image8;
  /** Images with the same owner are of one patient. */
  readonly owner: string;
}

export interface EvidenceInput {
  readonly heldOut: readonly Labelled[];
  readonly abnormals: readonly Labelled[];
  readonly seed: number;
  readonly model: DetectionModel;
}

/** Scores everything once. @throws Fault the engine's own, `cancelled` */
export async function gatherScores(
  tools: Tools,
  { heldOut, abnormals, seed, model }: EvidenceInput,
  job: JobContext,
): Promise<Pick<EvidenceScores, 'normals' | 'synthetic' | 'unchanged' | 'abnormals'>> {
  const { synthetic, unchanged } = await makeAnomalies(heldOut, model.packFolder, new Random(seed), job);
  const scores = await scoreImages(tools, [...heldOut, ...synthetic, ...unchanged, ...abnormals], model, job);
  const owners = [...new Set([...heldOut, ...abnormals].map(({ owner }) => owner))];
  const scored = ({ ref, owner }: Omit<Labelled, 'image'>, at: number) => ({
    ...ref,
    score: scores[at] ?? 0,
    patient: owners.indexOf(owner),
  });
  const beforeUnchanged = heldOut.length + synthetic.length;
  return {
    normals: heldOut.map(scored),
    synthetic: synthetic.map(({ kind, size, ...of }, i) => ({ kind, size, ...scored(of, heldOut.length + i) })),
    unchanged: unchanged.map((one, i) => scored(one, beforeUnchanged + i)),
    abnormals: abnormals.map((one, i) => scored(one, beforeUnchanged + unchanged.length + i)),
  };
}

/** Scores of images by one calibration, in their order. @throws Fault the engine's own, `cancelled` */
export async function scoreImages(
  tools: Pick<Tools, 'engine'>,
  items: readonly { readonly image: Image8 }[],
  model: EvidenceInput['model'],
  job: JobContext,
): Promise<readonly number[]> {
  const scores: number[] = [];
  const read = (batch: readonly { readonly image: Image8 }[]) => Promise.resolve(batch.map(({ image }) => image));
  for await (const { output } of detectInBatches(tools, items, read, model, job.signal)) {
    scores.push(...output.detections.map(({ score }) => score));
    job.progress({ done: scores.length, total: items.length, unit: 'evidence images', note: 'Gathering evidence' });
  }
  return scores;
}

type Synthetic = Labelled & Pick<SyntheticScore, 'kind' | 'size'>;

/**
 * Anomalies of every kind and size, each in eight held-out normals where there are so many, and normals that went the same
 * way with nothing made in them. All are as the network sees the normals themselves: of its size and in their colours.
 * @throws Fault `cancelled`
 */
export async function makeAnomalies(
  heldOut: readonly Labelled[],
  packFolder: string,
  random: Random,
  { signal }: JobContext,
): Promise<{ readonly synthetic: readonly Synthetic[]; readonly unchanged: readonly Labelled[] }> {
  if (heldOut.length === 0) return { synthetic: [], unchanged: [] };
  const side = (await sideOfModel(packFolder)) ?? USUAL_SIDE;
  const greys = heldOut.map(({ image }) => toTrainingGrey(image, side));
  const asJudged = (at: number, changed: Image8): Labelled => {
    const { image, ...about } = heldOut[at]!;
    return { ...about, image: recolour(resize(image, side, side), greys[at]!, changed) };
  };
  const cells = anomalyKinds.flatMap((kind) => anomalySizes.map((size) => ({ kind, size })));
  const synthetic: Synthetic[] = [];
  for (let i = 0; i < PER_CELL * cells.length; i++) {
    const { kind, size } = cells[i % cells.length]!;
    const at = (Math.floor(i / cells.length) + (i % cells.length)) % heldOut.length;
    const drawn = drawSized(kind, size, greys[at]!, greys, random);
    synthetic.push({ ...asJudged(at, drawn.image), kind, size: sizeOf(drawn) });
    // Other calls get their turn between two images.
    await new Promise(setImmediate);
    throwIfCancelled(signal);
  }
  return { synthetic, unchanged: greys.slice(0, MOST_UNCHANGED).map((grey, at) => asJudged(at, grey)) };
}

/** What the scores say at a tolerated share; at the profile's own where none is given. */
export function weighEvidence(
  profile: Profile,
  scores: EvidenceScores,
  toleratedShare = profile.manifest.toleratedShare,
): CalibrationEvidence {
  const known = normalScores(profile);
  const threshold = thresholdForShare(known, toleratedShare);
  const patients = patientsOf(known.weights);
  const flaggedAt = (confidence: number) =>
    patients > 0 ? flaggedShare(known, toleratedShare, confidence) : { expected: 1, low: 0, high: 1 };
  const { expected, low, high } = flaggedAt(0.95);
  const [synthetic, abnormal] = [scores.synthetic, scores.abnormals].map((all) => all.map(({ score }) => score));
  const { nullBaseline } = scores;
  return {
    toleratedShare,
    threshold,
    source: profile.manifest.evidence,
    normalScores: Array.from(known.scores),
    patients,
    normals: scores.normals.toSorted((a, b) => b.score - a.score),
    flaggedNormals: { value: expected, low, high },
    smallestPromise: smallestPromise(patients),
    flaggedAtMost: flaggedAt(0.9).high, // both tails of a 90% interval hold 5%
    sensitivity: sensitivityCells(scores.synthetic, threshold),
    syntheticScores: synthetic!,
    syntheticFound: foundShare(scores.synthetic, threshold),
    unchanged: scores.unchanged?.map(({ score }) => score) ?? [],
    unchangedFlagged: foundShare(scores.unchanged ?? [], threshold),
    abnormals: scores.abnormals.toSorted((a, b) => a.score - b.score),
    abnormalFound: foundShare(scores.abnormals, threshold),
    casesLeftOut: scores.casesLeftOut ?? 0,
    auroc: aurocOf(scores.normals, scores.abnormals),
    nullBaseline: nullBaseline
      ? aurocOf(rescored(scores.normals, nullBaseline.normals), rescored(scores.abnormals, nullBaseline.abnormals))
      : null,
    roc: rocPoints(Array.from(known.scores), abnormal!.length > 0 ? abnormal! : synthetic!),
  };
}

const rescored = (images: readonly EvidenceScore[], scores: readonly number[]) =>
  images.map((image, i) => ({ ...image, score: scores[i]! }));

function sensitivityCells(synthetic: readonly SyntheticScore[], threshold: number): SensitivityCell[] {
  return anomalyKinds.flatMap((kind) =>
    anomalySizes.map((size) => {
      const cell = synthetic.filter((one) => one.kind === kind && one.size === size);
      const found = cell.filter(({ score }) => score >= threshold).length;
      return { kind, size, found, total: cell.length, share: foundShare(cell, threshold) };
    }),
  );
}

/** A score and whose it is; see EvidenceScore. */
type OfPatient = Pick<EvidenceScore, 'score' | 'patient'>;

const independent = (images: readonly OfPatient[]) => independentImages(images.map(({ patient }) => patient));

function foundShare(images: readonly OfPatient[], threshold: number): ShareInterval | null {
  if (images.length === 0) return null;
  const value = images.filter(({ score }) => score >= threshold).length / images.length;
  return { value, ...shareInterval(value, independent(images)) };
}

export function aurocOf(normals: readonly OfPatient[], abnormals: readonly OfPatient[]): ShareInterval | null {
  if (normals.length === 0 || abnormals.length === 0) return null;
  const [normal, abnormal] = [normals, abnormals].map((images) => images.map(({ score }) => score));
  const value = auroc(normal!, abnormal!);
  return { value, ...aurocInterval(value, independent(normals), independent(abnormals)) };
}

/** From the highest threshold down: the shares of both that are flagged. */
function rocPoints(normals: readonly number[], abnormals: readonly number[]): [number, number][] {
  if (normals.length === 0 || abnormals.length === 0) return [];
  const thresholds = [...new Set([...normals, ...abnormals])].sort((a, b) => b - a);
  const share = (scores: readonly number[], threshold: number) =>
    scores.filter((score) => score >= threshold).length / scores.length;
  return [[0, 0], ...thresholds.map((at): [number, number] => [share(normals, at), share(abnormals, at)])];
}
