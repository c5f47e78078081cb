/**
 * Few-shot calibration: from a handful of normal pictures to a profile (paper, section 3; method.md, Training).
 *
 * - `parity` does the published work: every step draws a batch, makes anomalies in it, runs the vision tower on it and
 *   trains with full text attention.
 * - `fast` and `default` make a pool of anomalies per picture once, run the frozen tower over it once, and train on
 *   draws from it with causal text attention, which CLIP was trained with and which allows a short context.
 * - `default` also keeps a memory bank of the normals' patches as a second opinion (opinions.ts).
 *
 * Nothing here looks at a labelled abnormal picture, and the last step's parameters are the result.
 */
import { Fault, throwIfCancelled } from '../fault.ts';
import { thresholdForShare } from '../method/conformal.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { toTestRgb, toTrainingGrey } from '../method/resize.ts';
import type { MethodSettings } from '../method/settings.ts';
import { synthesise, type TaskMixture } from '../method/synthesis/synthesise.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import { CHECKPOINT_STEPS, fingerprintOf, type Journal, openJournal } from './checkpoint.ts';
import { type DetectionHead, foldTensors, type HeadResult, profileHead, runHead, score } from './detect.ts';
import { type Learner, type Sample, startLearner } from './learner.ts';
import type { Networks } from './networks.ts';
import { formOpinions, type JudgedAnomaly, type Opinions, opinionTensors, withMapShift } from './opinions.ts';
import { encodeProfile, type Profile, type ProfileTensor } from './profile.ts';
import { epochBatches, folds, type Schedule, schedules, stepCount } from './schedule.ts';
import { extractTaps, type TapCache, type Taps } from './taps.ts';
import type { CalibrateInput, CalibrateOutput, CalibrateProgress } from './tasks.ts';

/** A pool has fewer variants per picture where their taps would take more than the budget. */
const LEAST_POOL_VARIANTS = 4;
const POOL_BUDGET_BYTES = 512 * 1024 * 1024;

/** Anomalies that the kinds of evidence are weighed on: an AUROC over so many is known to about 0.05. */
const JUDGED_ANOMALIES = 64;

export interface CalibrateContext {
  readonly signal: AbortSignal;
  readonly progress: (value: CalibrateProgress) => void;
  readonly cache: TapCache;
}

/**
 * @throws Fault `bad-reference-set` for fewer than 2 pictures, `cancelled`, `provider-failed`
 */
export async function calibrate(
  input: Omit<CalibrateInput, 'packFolder' | 'provider'>,
  networks: Networks,
  context: CalibrateContext,
): Promise<CalibrateOutput> {
  const { support, preset, method, seed } = input;
  if (support.length < 2)
    throw new Fault(
      'bad-reference-set',
      `A reference set of ${support.length} ${support.length === 1 ? 'image' : 'images'} is too small to calibrate on. Choose at least 2 normal images; 16 is a good number.`,
    );
  const started = performance.now();
  const random = new Random(seed);
  const greys = support.map((image) => toTrainingGrey(image, networks.side));
  const schedule = schedules[preset];
  const [drawRandom, courseRandom] = [random.fork(), random.fork()];
  const draw =
    schedule.poolVariants === 0
      ? freshAnomalies(greys, method.mixture, networks, drawRandom)
      : await pool(greys, method.mixture, schedule.poolVariants, networks, drawRandom, context);
  const { checkpoint, ...given } = input;
  const fingerprint = fingerprintOf({ ...given, model: networks.pack.identity, provider: networks.provider });
  const journal = await openJournal(checkpoint, fingerprint, [drawRandom, courseRandom]);

  const trainingStarted = performance.now();
  const course: Course = { networks, method, schedule, draw, random: courseRandom, context, journal };
  const trained = await trainPromptsAndAdapters(greys.length, course);
  const trainingSeconds = (performance.now() - trainingStarted) / 1000;

  const evidence = await gatherEvidence(input, trained, course);
  const threshold = thresholdForShare(evidence.scores, input.toleratedShare);
  const profile: Profile = {
    manifest: {
      format: 'mediclip-profile',
      version: 1,
      modelName: networks.pack.manifest.name,
      modelSha256: networks.pack.identity,
      preset,
      method,
      seed,
      shots: support.length,
      steps: trained.losses.length,
      toleratedShare: input.toleratedShare,
      threshold,
      evidence: evidence.kind,
      provider: networks.provider,
      providerVersion: networks.providerVersion,
      precision: 'float32',
      preprocessing: input.preprocessing,
    },
    tensors: new Map([
      ...evidence.tensors,
      ['evidence.normal_scores', vector(evidence.scores)],
      ['training.loss', vector(trained.losses)],
    ]),
  };
  return {
    profile: encodeProfile(profile),
    steps: trained.losses.length,
    seconds: (performance.now() - started) / 1000,
    stepMs: (1000 * trainingSeconds) / trained.losses.length,
    lossTrace: trained.losses,
    threshold,
    normalScores: evidence.scores,
    provider: networks.provider,
    providerVersion: networks.providerVersion,
    peakRssMb: process.resourceUsage().maxRSS / 1024,
  };
}

// ----------------------------------------------------------------------------------------------------------- anomalies

/** Training pictures for the given members of the support set. */
type DrawSamples = (indices: readonly number[]) => Promise<readonly Sample[]>;

/** As published: new anomalies for every batch. */
function freshAnomalies(
  greys: readonly Image8[],
  mixture: TaskMixture,
  networks: Networks,
  random: Random,
): DrawSamples {
  return async (indices) => {
    const anomalies = indices.map((index) => synthesise(greys[index]!, greys, random, mixture));
    const taps = await extractTaps(
      await networks.tower(),
      anomalies.map(({ image }) => image),
    );
    return anomalies.map(({ diceMask }, i) => ({ taps: taps[i]!, mask: diceMask }));
  };
}

/** Anomalies made once, their taps computed once; each draw picks one of the picture's variants. */
async function pool(
  greys: readonly Image8[],
  mixture: TaskMixture,
  wanted: number,
  networks: Networks,
  random: Random,
  { signal, progress }: CalibrateContext,
): Promise<DrawSamples> {
  const tapBytes = networks.taps.reduce((sum, { grid, width }) => sum + 4 * grid * grid * width, 0);
  const sampleBytes = tapBytes + 4 * networks.side ** 2;
  const affordable = Math.floor(POOL_BUDGET_BYTES / sampleBytes / greys.length);
  const variants = Math.max(LEAST_POOL_VARIANTS, Math.min(wanted, affordable));
  const total = variants * greys.length;
  const tower = await networks.tower();
  const samples: Sample[][] = [];
  for (const grey of greys) {
    throwIfCancelled(signal);
    const anomalies = Array.from({ length: variants }, () => synthesise(grey, greys, random, mixture));
    const before = samples.length * variants;
    const taps = await extractTaps(
      tower,
      anomalies.map(({ image }) => image),
      { signal, onProgress: (done) => progress({ phase: 'features', done: before + done, total, losses: [] }) },
    );
    samples.push(anomalies.map(({ diceMask }, i) => ({ taps: taps[i]!, mask: diceMask })));
  }
  return async (indices) => indices.map((index) => samples[index]![random.below(variants)]!);
}

// ------------------------------------------------------------------------------------------------------------ training

/** What every training of one calibration shares. */
interface Course {
  readonly networks: Networks;
  readonly method: MethodSettings;
  readonly schedule: Schedule;
  readonly draw: DrawSamples;
  readonly random: Random;
  readonly context: CalibrateContext;
  readonly journal: Journal;
}

interface Trained {
  readonly tensors: ReadonlyMap<string, ProfileTensor>;
  readonly losses: readonly number[];
}

async function trainPromptsAndAdapters(count: number, course: Course): Promise<Trained> {
  const { networks, method, schedule, draw, random } = course;
  const { session, prompts } = await networks.training(method);
  const options = { architecture: networks.architecture, taps: networks.taps, prompts };
  const { promptEvery } = schedule;
  const learner = startLearner({
    session,
    ...(promptEvery > 1 ? { adaptersAlone: { session: await networks.adapterTraining(), promptEvery } } : {}),
    taps: networks.taps,
    side: networks.side,
    parameters: trainableParameters(options),
    initial: initialParameters(options, random),
  });
  const members = Array.from({ length: count }, (_, i) => i);
  const losses = await train(learner, members, course, 'training');
  const textFeatures = await learner.textFeatures(await draw([0]));
  const tensors = new Map<string, ProfileTensor>();
  for (const [name, value] of learner.parameters()) tensors.set(name, asProfileTensor(value));
  tensors.set('text.features', asProfileTensor(textFeatures));
  return { tensors, losses };
}

/** Trains on the given members, from the last checkpoint where there is one. @returns the loss of every step */
async function train(
  learner: Learner,
  members: readonly number[],
  { schedule: { epochs }, draw, random, context: { signal, progress }, journal }: Course,
  phase: CalibrateProgress['phase'],
): Promise<number[]> {
  const total = stepCount(members.length, epochs);
  const position = journal.enter(learner);
  const losses = [...position.losses];
  const pending = [...position.pending]; // batches of the present epoch
  progress({ phase, done: losses.length, total, losses: [...losses], firstStep: 0 });
  while (losses.length < total) {
    throwIfCancelled(signal);
    if (pending.length === 0) pending.push(...epochBatches(members.length, random));
    const batch = pending.shift()!;
    const loss = await learner.step(await draw(batch.map((position) => members[position]!)));
    if (!Number.isFinite(loss))
      throw new Fault('provider-failed', 'Training diverged: the loss is no longer a number. Try another provider.');
    losses.push(loss);
    progress({ phase, done: losses.length, total, losses: [loss], firstStep: losses.length - 1 });
    const complete = losses.length === total;
    if (complete || losses.length % CHECKPOINT_STEPS === 0) await journal.save(learner, { losses, pending }, complete);
  }
  return losses;
}

// ------------------------------------------------------------------------------------------------------------ evidence

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
async function gatherEvidence(
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

function vector(values: readonly number[]): ProfileTensor {
  return { shape: [values.length], data: Float32Array.from(values) };
}

function asProfileTensor({ dims, data }: { readonly dims: readonly number[]; readonly data: unknown }): ProfileTensor {
  return { shape: dims, data: data as Float32Array };
}
