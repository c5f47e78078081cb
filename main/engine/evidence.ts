/** What a calibration knows of normals that its training did not see: their scores, and what detection needs beside. */
import { patientWeights } from '../method/conformal.ts';
import type { Image8 } from '../method/image.ts';
import { toTestRgb } from '../method/resize.ts';
import { deviationsOf } from '../method/second-opinion.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import { type Course, type Trained, train } from './course.ts';
import { type DetectionHead, foldTensors, type HeadResult, profileHead, runHead, score } from './detect.ts';
import { startLearner } from './learner.ts';
import { formOpinions, type JudgedAnomaly, type Opinions, opinionTensors } from './opinions.ts';
import { type ProfileTensor, vector } from './profile.ts';
import { folds } from './schedule.ts';
import { extractTaps, type Taps } from './taps.ts';
import type { CalibrateInput, CalibrateProgress } from './tasks.ts';

/** Anomalies that the kinds of evidence are weighed on: an AUROC over so many is known to about 0.05. */
const JUDGED_ANOMALIES = 64;

/** Normals whose taps are in memory together: 50 MB for ViT-L/14. */
const SCORED_AT_A_TIME = 16;

interface Evidence {
  readonly kind: 'held-out' | 'cross-fit' | 'support';
  /** Scores of normals with their weights, ascending. */
  readonly normals: { readonly scores: readonly number[]; readonly weights: readonly number[] };
  /** Everything that detection needs, and with a memory bank the normals' peaks; the map is not shifted yet. */
  readonly tensors: ReadonlyMap<string, ProfileTensor>;
}

/**
 * How high normals score that training did not see. With held-out normals that is simply measured. Without, each normal
 * of the support set is scored by the head that learnt without it. `parity` has only the support set itself then, which
 * is optimistic and marked as such.
 */
export async function gatherEvidence(
  { support, heldOut, patients, preset }: Omit<CalibrateInput, 'packFolder' | 'provider'>,
  trained: Trained,
  course: Course,
): Promise<Evidence> {
  const { networks, context } = course;
  const { signal, cache } = context;
  const tower = await networks.tower();
  const tapsOf = (images: readonly Image8[]) =>
    extractTaps(
      tower,
      images.map((image) => toTestRgb(image, networks.side)),
      { signal, cache },
    );
  const isHeldOut = heldOut.length > 0;
  const scored = isHeldOut ? ('heldOut' as const) : ('support' as const);
  const weights = patientWeights(patients?.[scored] ?? [...{ support, heldOut }[scored].keys()]);
  const evidenceOf = (kind: Evidence['kind'], results: readonly HeadResult[], tensors: Evidence['tensors']) => {
    const order = ascending(results, weights);
    const normals = { scores: order.map((i) => results[i]!.score), weights: order.map((i) => weights[i]!) };
    return { kind, normals, tensors, order };
  };

  /** Hundreds of normals may be held out: their taps are let go of again, part by part. */
  const scoreAll = async (images: readonly Image8[], tensors: ReadonlyMap<string, ProfileTensor>) => {
    const results: HeadResult[] = [];
    for (let start = 0; start < images.length; start += SCORED_AT_A_TIME) {
      const taps = await tapsOf(images.slice(start, start + SCORED_AT_A_TIME));
      results.push(...(await score(networks, tensors, taps, signal)));
      cache.trim(networks.keptTaps);
    }
    return results;
  };

  const supportTaps = await tapsOf(support);
  await tower.rest(); // training on parts of the set needs no more of it
  if (preset === 'parity') {
    const { tensors } = trained;
    if (isHeldOut) return evidenceOf('held-out', await scoreAll(heldOut, tensors), tensors);
    return evidenceOf('support', await score(networks, tensors, supportTaps, signal), tensors);
  }
  if (preset === 'default') {
    const crossed = await crossFit(trained, supportTaps, course);
    const crossedTensors = new Map([...trained.tensors, ...foldTensors(crossed.heads)]);
    const anomalies = await judgeAnomalies(crossed, course);
    const formed = await formOpinions(networks, supportTaps, crossed.results, anomalies, signal);
    const tensorsOf = (opinions: Opinions) => new Map([...crossedTensors, ...opinionTensors(opinions, networks.taps)]);
    const normals = isHeldOut ? await scoreAll(heldOut, tensorsOf(formed.opinions)) : formed.normals;
    const evidence = evidenceOf(isHeldOut ? 'held-out' : 'cross-fit', normals, tensorsOf(formed.opinions));
    const peaks = evidence.order.map((i) => normals[i]!.map.reduce((highest, value) => Math.max(highest, value), 0));
    const tensors = new Map(evidence.tensors).set('evidence.peak_deviations', vector(peaks.map(deviationsOf)));
    return { ...evidence, tensors };
  }
  const { tensors } = trained;
  if (isHeldOut) return evidenceOf('held-out', await scoreAll(heldOut, tensors), tensors);
  return evidenceOf('cross-fit', (await crossFit(trained, supportTaps, course)).results, tensors);
}

interface CrossFit {
  /** One per support image, in their order, each by a head that did not see it. */
  readonly results: readonly HeadResult[];
  /** The support images that each fold leaves out, by their places. */
  readonly parts: readonly (readonly number[])[];
  /** One per fold. */
  readonly heads: readonly DetectionHead[];
}

/**
 * What heads say of support images that they were not trained on: the set is cut into folds, and for each an adapter
 * is trained on the other folds. The text features stay those of the whole set.
 */
async function crossFit(trained: Trained, supportTaps: readonly Taps[], course: Course): Promise<CrossFit> {
  const { networks, schedule, random, context } = course;
  const head = profileHead(trained.tensors, networks.taps.length);
  const options = { architecture: networks.architecture, taps: networks.taps };
  const results: HeadResult[] = new Array(supportTaps.length);
  const heads: DetectionHead[] = [];
  const parts = folds(supportTaps.length, schedule.crossFitFolds, random);
  for (const [index, part] of parts.entries()) {
    const members = [...supportTaps.keys()].filter((i) => !part.includes(i));
    const learner = startLearner({
      adapters: networks.adapterTraining,
      taps: networks.taps,
      side: networks.side,
      parameters: trainableParameters(options),
      initial: initialParameters(options, random),
      fixed: { text_features: head.textFeatures },
    });
    const progress = (value: CalibrateProgress) =>
      context.progress({
        phase: 'evidence',
        done: index * value.total + value.done,
        total: parts.length * value.total,
        losses: [],
      });
    await train(learner, members, { ...course, context: { ...context, progress } }, 'evidence', schedule.foldBatch);
    const left = part.map((i) => supportTaps[i]!);
    const foldHead = { ...head, adapters: Object.fromEntries(learner.parameters()) };
    heads.push(foldHead);
    const scored = await runHead(networks, [foldHead], left, context.signal);
    for (const [position, i] of part.entries()) results[i] = scored[position]!;
  }
  return { results, parts, heads };
}

/** Anomalies in support images, of the mixture that training draws, each judged by the head that was trained without its image. */
async function judgeAnomalies({ results, parts, heads }: CrossFit, course: Course): Promise<JudgedAnomaly[]> {
  const { networks, judged: draw, context } = course;
  const images = Array.from({ length: JUDGED_ANOMALIES }, (_, i) => i % results.length);
  const judged: JudgedAnomaly[] = [];
  for (const [fold, part] of parts.entries()) {
    const left = images.filter((image) => part.includes(image));
    const drawn = (await draw(left)).map(({ taps, mask }, i) => ({ of: left[i]!, taps, mask }));
    const changed = drawn.filter(({ mask }) => mask.some((value) => value > 0)); // the mixture also draws unchanged ones
    const taps = changed.map((anomaly) => anomaly.taps);
    const said = await runHead(networks, [heads[fold]!], taps, context.signal);
    judged.push(...changed.map(({ of, taps }, i) => ({ of, taps, head: said[i]! })));
  }
  return judged;
}

/** Places of results by their scores, equal ones by their weight. */
function ascending(results: readonly HeadResult[], weights: readonly number[]): number[] {
  return [...results.keys()].sort((a, b) => results[a]!.score - results[b]!.score || weights[a]! - weights[b]!);
}
