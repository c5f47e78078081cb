/** What a calibration knows of normals that its training did not see: their scores, and what detection needs beside. */
import type { Image8 } from '../method/image.ts';
import { toTestRgb } from '../method/resize.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import { type Course, type Trained, train } from './course.ts';
import { type DetectionHead, foldTensors, type HeadResult, profileHead, runHead, score } from './detect.ts';
import { startLearner } from './learner.ts';
import { formOpinions, type JudgedAnomaly, type Opinions, opinionTensors, withMapShift } from './opinions.ts';
import { type ProfileTensor, vector } from './profile.ts';
import { folds } from './schedule.ts';
import { extractTaps, type Taps } from './taps.ts';
import type { CalibrateInput, CalibrateProgress } from './tasks.ts';

/** Anomalies that the kinds of evidence are weighed on: an AUROC over so many is known to about 0.05. */
const JUDGED_ANOMALIES = 64;

interface Evidence {
  readonly kind: 'held-out' | 'cross-fit' | 'support';
  /** Ascending. */
  readonly scores: readonly number[];
  /** Everything that detection needs. */
  readonly tensors: ReadonlyMap<string, ProfileTensor>;
}

/**
 * How high normals score that training did not see. With held-out normals that is simply measured. Without, heads that
 * each leave a part of the support set out score that part. `parity` has only the support set itself then, which is
 * optimistic and marked as such.
 */
export async function gatherEvidence(
  { support, heldOut, preset, toleratedShare }: Omit<CalibrateInput, 'packFolder' | 'provider'>,
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
  const scoresOf = (results: readonly HeadResult[]) => ascending(results.map((result) => result.score));

  const supportTaps = await tapsOf(support);
  const heldOutTaps = await tapsOf(heldOut);
  if (preset === 'default') {
    const crossed = await crossFit(trained, supportTaps, course);
    const { results, heads } = crossed;
    const anomalies = await judgeAnomalies(crossed, course);
    const formed = await formOpinions(networks, supportTaps, results, anomalies, signal);
    const tensorsOf = (opinions: Opinions) =>
      new Map([...trained.tensors, ...foldTensors(heads), ...opinionTensors(opinions, networks.taps)]);
    const isHeldOut = heldOut.length > 0;
    const normals = isHeldOut ? await score(networks, tensorsOf(formed.opinions), heldOutTaps, signal) : formed.normals;
    const { opinions, peaks } = withMapShift(formed.opinions, normals, toleratedShare);
    const tensors = tensorsOf(opinions).set('evidence.normal_peaks', vector(peaks));
    return { kind: isHeldOut ? 'held-out' : 'cross-fit', scores: scoresOf(normals), tensors };
  }
  const { tensors } = trained;
  if (heldOut.length > 0)
    return { kind: 'held-out', scores: scoresOf(await score(networks, tensors, heldOutTaps, signal)), tensors };
  if (preset === 'parity')
    return { kind: 'support', scores: scoresOf(await score(networks, tensors, supportTaps, signal)), tensors };
  return { kind: 'cross-fit', scores: scoresOf((await crossFit(trained, supportTaps, course)).results), tensors };
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
      session: await networks.adapterTraining(),
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
    await train(learner, members, { ...course, context: { ...context, progress } }, 'evidence');
    const left = part.map((i) => supportTaps[i]!);
    const foldHead = { ...head, adapters: Object.fromEntries(learner.parameters()) };
    heads.push(foldHead);
    const scored = await runHead(networks, foldHead, left, context.signal);
    for (const [position, i] of part.entries()) results[i] = scored[position]!;
  }
  return { results, parts, heads };
}

/** Anomalies in support images, as training draws them, each judged by the head that was trained without its image. */
async function judgeAnomalies({ results, parts, heads }: CrossFit, course: Course): Promise<JudgedAnomaly[]> {
  const { networks, draw, context } = course;
  const images = Array.from({ length: JUDGED_ANOMALIES }, (_, i) => i % results.length);
  const judged: JudgedAnomaly[] = [];
  for (const [fold, part] of parts.entries()) {
    const left = images.filter((image) => part.includes(image));
    const drawn = (await draw(left)).map(({ taps, mask }, i) => ({ of: left[i]!, taps, mask }));
    const changed = drawn.filter(({ mask }) => mask.some((value) => value > 0)); // the mixture also draws unchanged ones
    const taps = changed.map((anomaly) => anomaly.taps);
    const said = await runHead(networks, heads[fold]!, taps, context.signal);
    judged.push(...changed.map(({ of, taps }, i) => ({ of, taps, head: said[i]! })));
  }
  return judged;
}

function ascending(scores: readonly number[]): number[] {
  return [...scores].sort((a, b) => a - b);
}
