/**
 * Whether a provider computes what the CPU computes, on the model in use: the vision tower, the text tower, and training
 * steps with their gradients. Everything is compared with the largest value of its kind on the CPU.
 */
import { throwIfCancelled } from '../fault.ts';
import { Random } from '../method/random.ts';
import { publishedSettings } from '../method/settings.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import { type Learner, type Sample, startLearner } from './learner.ts';
import type { Networks } from './networks.ts';
import type { TensorValue } from './sessions.ts';
import type { Agreement, SelfTestInput, SelfTestOutput, TooSlow } from './tasks.ts';

/** Pictures per run: more than one, so that a provider that mixes up the batch is found out. */
const PICTURES = 2;

/** What is quicker than this can be tested to the end, however fast the CPU may be: a busy machine distorts short times. */
const PATIENCE_MS = 2000;

/**
 * Largest relative differences that still count as the same. Float32 on another device rounds otherwise: up to 1e-5 was
 * seen on software Vulkan. A threshold on scores is blunter than any of these.
 */
const TOLERANCES: Agreement = { vision: 1e-3, text: 1e-3, gradients: 1e-2, loss: 1e-3 };

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
  const pixels = noise(candidate);
  const tested = await vision(candidate, pixels); // before the CPU: most fail here, at once
  const trusted = await networksOn('cpu');
  throwIfCancelled(signal);
  const reference = await vision(trusted, pixels);
  const [msPerImage, cpuMsPerImage] = [tested.ms / PICTURES, reference.ms / PICTURES];
  if (tested.ms > PATIENCE_MS && msPerImage > giveUpAt * cpuMsPerImage)
    return { tooSlow: true, msPerImage, cpuMsPerImage };
  const samples = samplesOf(trusted, reference.taps);
  const expected = await train(trusted, samples, steps, signal);
  const found = await train(candidate, samples, steps, signal);

  const agreement: Agreement = {
    vision: furthest(tested.taps, reference.taps),
    text: furthest([found.text], [expected.text]),
    gradients: furthest(found.gradients, expected.gradients),
    loss: furthest([found.losses], [expected.losses]),
  };
  const within = (Object.keys(TOLERANCES) as (keyof Agreement)[]).every((kind) => agreement[kind] <= TOLERANCES[kind]);
  return {
    tooSlow: false,
    ok: within, // a difference that is not a number is not within
    agreement,
    parameters: furthest(found.parameters, expected.parameters),
    maxAbsDiff: Math.max(...tested.taps.map((tap, i) => largestDifference(tap, reference.taps[i]!))),
    speed: { msPerImage, msPerStep: found.ms },
    cpuSpeed: { msPerImage: cpuMsPerImage, msPerStep: expected.ms },
  };
}

type Values = Float32Array;

function noise({ side }: Networks): TensorValue {
  const random = new Random(1);
  const data = Float32Array.from({ length: PICTURES * 3 * side * side }, () => random.normal());
  return { dims: [PICTURES, 3, side, side], data };
}

/** Runs the tower twice: the first run on a graphics card compiles. */
async function vision(networks: Networks, pixels: TensorValue): Promise<{ taps: readonly Values[]; ms: number }> {
  const { session } = await networks.tower();
  await session.run({ pixels });
  const started = performance.now();
  const outputs = await session.run({ pixels });
  const ms = performance.now() - started;
  return { taps: networks.taps.map((_, tap) => outputs[`tap.${tap}`]!.data as Values), ms };
}

/** The pictures' taps, each with a bright quarter as its anomaly. */
function samplesOf({ taps: shapes, side }: Networks, taps: readonly Values[]): Sample[] {
  const mask = Float32Array.from({ length: side * side }, (_, at) =>
    Number(at % side < side / 2 && at < (side * side) / 2),
  );
  return Array.from({ length: PICTURES }, (_, picture) => ({
    mask,
    taps: shapes.map(({ grid, width }, tap) => {
      const size = grid * grid * width;
      return taps[tap]!.subarray(picture * size, (picture + 1) * size);
    }),
  }));
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

async function train(
  networks: Networks,
  samples: readonly Sample[],
  steps: number,
  signal: AbortSignal,
): Promise<Trained> {
  const { session, prompts } = await networks.training(publishedSettings('causal'));
  const { architecture, taps, side } = networks;
  const options = { architecture, taps, prompts };
  const initial = initialParameters(options, new Random(2));
  const learner = startLearner({ session, taps, side, parameters: trainableParameters(options), initial });
  const text = (await learner.textFeatures(samples)).data as Values;
  const losses = new Float32Array(steps);
  let gradients: readonly Values[] = [];
  let ms = 0;
  for (let step = 0; step < steps; step++) {
    throwIfCancelled(signal);
    const started = performance.now();
    losses[step] = await learner.step(samples);
    ms = performance.now() - started;
    if (step === 0) gradients = firstMoments(learner);
  }
  return {
    text,
    gradients,
    losses,
    parameters: [...learner.parameters().values()].map(({ data }) => data as Values),
    ms,
  };
}

function firstMoments(learner: Learner): readonly Values[] {
  const { tensors } = learner.state();
  return [...tensors].filter(([name]) => name.startsWith('first_moment.')).map(([, { data }]) => data as Values);
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
