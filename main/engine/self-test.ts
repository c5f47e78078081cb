/**
 * Whether a provider computes what the CPU computes, on the model in use and with the graphs and batches that work runs:
 * the vision tower, the text tower, training steps with their gradients, and what makes a score of a picture. Everything
 * is compared with the largest value of its kind on the CPU.
 */
import { throwIfCancelled } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { placeStatistics } from '../method/second-opinion.ts';
import { publishedSettings } from '../method/settings.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import { bankDistances, extractFeatures } from './bank.ts';
import { runHead } from './detect.ts';
import { type Learner, type Sample, STEPS_TOGETHER, startLearner } from './learner.ts';
import type { Networks } from './networks.ts';
import { fusedMaps } from './opinions.ts';
import { TRAINING_BATCH } from './schedule.ts';
import type { TensorValue } from './sessions.ts';
import { extractTaps, MOST_PICTURES, type Taps } from './taps.ts';
import type { Agreement, SelfTestInput, SelfTestOutput, TooSlow } from './tasks.ts';

/** Pictures of a timed run: more than one, so that a provider that mixes up the batch is found out. */
const TIMED = 2;
/** As many as the largest batch of the tower and of training: no graph may go wrong at a size that was not tested. */
const PICTURES = Math.max(MOST_PICTURES, TRAINING_BATCH);

/** What is quicker than this can be tested to the end, however fast the CPU may be: a busy machine distorts short times. */
const PATIENCE_MS = 2000;

/**
 * Largest relative differences that still count as the same. Float32 on another device rounds otherwise: up to 1e-5 was
 * seen on software Vulkan. Scores are judged from the CPU's own taps, so that nothing but their own rounding shows; the
 * normals of a site lie within some hundredths.
 */
const TOLERANCES: Agreement = { vision: 1e-3, text: 1e-3, gradients: 1e-2, loss: 1e-3, scores: 1e-4 };

/**
 * @param networksOn networks of the model in use, on `cpu` and on the provider in question
 * @throws Fault `provider-failed` where the provider cannot run the model at all, `cancelled`
 */
export async function selfTest(
  networksOn: (provider: string) => Promise<Networks>,
  { provider, steps, giveUpAt = Number.POSITIVE_INFINITY }: Omit<SelfTestInput, 'packFolder'>,
  signal: AbortSignal,
): Promise<SelfTestOutput | TooSlow> {
  const candidate = await networksOn(provider);
  const pictures = noise(candidate);
  const first = await timedVision(candidate, pictures, signal); // before the CPU: most fail here, at once
  const trusted = await networksOn('cpu');
  const firstOnCpu = await timedVision(trusted, pictures, signal);
  const [msPerImage, cpuMsPerImage] = [first.ms / TIMED, firstOnCpu.ms / TIMED];
  if (first.ms > PATIENCE_MS && msPerImage > giveUpAt * cpuMsPerImage)
    return { tooSlow: true, msPerImage, cpuMsPerImage, ...visionAgreement(first.taps, firstOnCpu.taps) };

  const tested = await vision(candidate, pictures, signal);
  const reference = await vision(trusted, pictures, signal);
  const { ok, ...seen } = visionAgreement([...first.taps, ...tested], [...firstOnCpu.taps, ...reference]);
  const expected = await train(trusted, reference, steps, signal);
  const found = await train(candidate, reference, steps, signal);
  const expectedScores = await judge(trusted, reference, expected.text, signal);
  const foundScores = await judge(candidate, reference, expected.text, signal);

  const agreement: Agreement = {
    vision: seen.vision,
    text: furthest([found.text], [expected.text]),
    gradients: furthest(found.gradients, expected.gradients),
    loss: furthest([found.losses], [expected.losses]),
    scores: furthest(foundScores, expectedScores),
  };
  const kinds = Object.keys(TOLERANCES) as (keyof Agreement)[];
  return {
    tooSlow: false,
    ok: ok && kinds.every((kind) => agreement[kind] <= TOLERANCES[kind]), // what is not a number is not within
    agreement,
    parameters: furthest(found.parameters, expected.parameters),
    maxAbsDiff: seen.maxAbsDiff,
    speed: { msPerImage, msPerStep: found.ms },
    cpuSpeed: { msPerImage: cpuMsPerImage, msPerStep: expected.ms },
  };
}

type Values = Float32Array;

/** Pictures of the tower's size, each of another contrast, so that no two are alike to a network. */
function noise({ side }: Networks): Image8[] {
  const random = new Random(1);
  return Array.from({ length: PICTURES }, (_, picture) => ({
    width: side,
    height: side,
    channels: 3,
    data: Uint8Array.from({ length: 3 * side * side }, () =>
      Math.min(255, Math.max(0, 128 + (8 + 4 * picture) * random.normal())),
    ),
  }));
}

/** Runs the tower twice on few pictures: the first run on a graphics card compiles. */
async function timedVision(networks: Networks, pictures: readonly Image8[], signal: AbortSignal) {
  const few = pictures.slice(0, TIMED);
  await vision(networks, few, signal);
  const started = performance.now();
  const taps = await vision(networks, few, signal);
  return { taps, ms: performance.now() - started };
}

async function vision(networks: Networks, pictures: readonly Image8[], signal: AbortSignal): Promise<Taps[]> {
  return await extractTaps(await networks.tower(), pictures, { signal });
}

/** What the tower makes of pictures on the provider and on the CPU. */
function visionAgreement(found: readonly Taps[], expected: readonly Taps[]) {
  const [ours, theirs] = [found.flat(), expected.flat()];
  const vision = furthest(ours, theirs);
  const maxAbsDiff = Math.max(...ours.map((tap, i) => largestDifference(tap, theirs[i]!)));
  return { ok: vision <= TOLERANCES.vision, vision, maxAbsDiff };
}

/** The pictures' taps, each with a bright quarter as its anomaly. */
function samplesOf({ side }: Networks, pictures: readonly Taps[]): Sample[] {
  const mask = Float32Array.from({ length: side * side }, (_, at) =>
    Number(at % side < side / 2 && at < (side * side) / 2),
  );
  return pictures.slice(0, TRAINING_BATCH).map((taps) => ({ mask, taps }));
}

interface Trained {
  readonly text: Values;
  /** First moments after one step: the gradients, scaled. */
  readonly gradients: readonly Values[];
  readonly losses: Values;
  readonly parameters: readonly Values[];
  /** Of the last step. */
  readonly ms: number;
}

/** Steps with prompts, the first of them on a whole batch; and of the adapters alone, one and several in a run. */
async function train(
  networks: Networks,
  pictures: readonly Taps[],
  steps: number,
  signal: AbortSignal,
): Promise<Trained> {
  const { session, prompts } = await networks.training(publishedSettings('causal'));
  const { architecture, taps, side } = networks;
  const options = { architecture, taps, prompts };
  const initial = initialParameters(options, new Random(2));
  const learner = startLearner({
    prompts: { session, every: 1 },
    taps,
    side,
    parameters: trainableParameters(options),
    initial,
  });
  const samples = samplesOf(networks, pictures);
  const few = samples.slice(0, TIMED);
  const text = await learner.textFeatures(few);
  const losses: number[] = [];
  let gradients: readonly Values[] = [];
  let ms = 0;
  for (let step = 0; step < steps; step++) {
    throwIfCancelled(signal);
    const started = performance.now();
    losses.push(...(await learner.steps([step === 0 ? samples : few])));
    ms = performance.now() - started;
    if (step === 0) gradients = firstMoments(learner);
  }
  const alone = startLearner({
    adapters: networks.adapterTraining,
    taps,
    side,
    parameters: trainableParameters({ architecture, taps }),
    initial,
    fixed: { text_features: text },
  });
  losses.push(...(await alone.steps([samples])));
  const gradientsAlone = firstMoments(alone);
  losses.push(...(await alone.steps(Array.from({ length: STEPS_TOGETHER }, () => few))));
  return {
    text: text.data as Values,
    gradients: [...gradients, ...gradientsAlone],
    losses: Float32Array.from(losses),
    parameters: [...learner.parameters().values()].map(({ data }) => data as Values),
    ms,
  };
}

function firstMoments(learner: Learner): readonly Values[] {
  const { tensors } = learner.state();
  return [...tensors].filter(([name]) => name.startsWith('first_moment.')).map(([, { data }]) => data as Values);
}

/**
 * Everything that a score and a map are made of, by the very functions that detection calls and on its batches: the
 * head's maps, patch features, and distances from a bank, here of the same pictures turned upside down.
 */
async function judge(
  networks: Networks,
  pictures: readonly Taps[],
  text: Values,
  signal: AbortSignal,
): Promise<readonly Values[]> {
  const { architecture, taps } = networks;
  const adapters: Record<string, TensorValue> = {};
  const parameters = initialParameters({ architecture, taps }, new Random(3));
  for (const { name, shape } of trainableParameters({ architecture, taps }))
    adapters[name] = { dims: shape, data: parameters.get(name)! };
  const textFeatures = { dims: [architecture.embedDim, 2], data: text };
  const upsideDown = pictures.map((picture) => picture.map((tap) => tap.toReversed()));
  const head = { adapters, textFeatures };
  const judged = await runHead(networks, [head], [...pictures, ...upsideDown], signal);
  const together = await runHead(networks, [head, head], pictures, signal); // as many as a cross-fit has
  const features = await extractFeatures(networks, pictures, signal);
  const bank = await extractFeatures(networks, upsideDown, signal);
  const distances = await bankDistances(networks, features, bank, signal);
  const usual = taps.map(({ grid }, n) => placeStatistics([distances[0]![n]!.patches], grid));
  const weights = Array.from({ length: 2 * taps.length + 1 }, () => 1);
  const opinions = { weights, headMap: [0.5, 0.1], mapShift: 0 } as const;
  const headMaps = together.map(({ map }) => map);
  const maps = await fusedMaps(networks, distances, () => usual, opinions, headMaps, signal);
  return [
    ...[...judged, ...together].map(({ map }) => map),
    Float32Array.from([...judged, ...together], ({ score }) => score),
    ...maps,
    ...features.flat(),
    ...distances.flat().map(({ patches }) => patches),
    Float32Array.from(distances.flat(), ({ picture }) => picture),
  ];
}

/** Largest difference of any pair of tensors, each relative to the largest value of the second. */
function furthest(found: readonly Values[], expected: readonly Values[]): number {
  return Math.max(...found.map((values, i) => largestDifference(values, expected[i]!) / largest(expected[i]!)));
}

function largest(values: Values): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
}

/** NaN where any value is not a number. */
function largestDifference(a: Values, b: Values): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
