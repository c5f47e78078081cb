/** Training steps: keeps parameters and moments between runs (paper, section 2.4; Adam). */
import type { TapShape } from '../method/architecture.ts';
import { type Parameter, PROMPT_CONTEXT } from '../method/training.ts';
import type { Session, TensorValue } from './sessions.ts';
import { type Place, stackTaps, type Taps } from './taps.ts';

/** One training picture: what the tower made of it, and where it was changed. */
export interface Sample {
  readonly taps: Taps;
  /** (H, H), 0..1; the focal loss takes its whole part, as published. */
  readonly mask: Float32Array;
}

/** All that further steps depend on. */
export interface LearnerState {
  /** Steps so far. */
  readonly steps: number;
  /** By name: parameters P, `first_moment.P`, `second_moment.P`; where prompts rest between steps, `text_features`. */
  readonly tensors: ReadonlyMap<string, TensorValue>;
}

export interface Learner {
  /** One Adam step on a batch. @returns the loss before the step */
  step(batch: readonly Sample[]): Promise<number>;
  /** The parameters after the steps so far, by name. */
  parameters(): ReadonlyMap<string, TensorValue>;
  state(): LearnerState;
  /** Continues from a state of the same parameters; what it leaves out stays as it is. */
  restore(state: LearnerState): void;
  /**
   * Text features (embedDim, 2) at the present parameters. They are an output of the training graph, so this costs one
   * more run of it (on any batch, discarded) and no further session.
   */
  textFeatures(batch: readonly Sample[]): Promise<TensorValue>;
}

export interface LearnerOptions {
  /** Learns all parameters, at every step or every n-th. */
  readonly session: Session;
  /** Where the prompts learn at every n-th step only: learns the adapters alone in between, at the text features of then. */
  readonly adaptersAlone?: { readonly session: Session; readonly promptEvery: number };
  readonly taps: readonly TapShape[];
  readonly side: number;
  readonly parameters: readonly Parameter[];
  readonly initial: ReadonlyMap<string, Float32Array>;
  /** Inputs that stay the same, e.g. `text_features` where the prompts do not learn. */
  readonly fixed?: Readonly<Record<string, TensorValue>>;
}

export function startLearner(options: LearnerOptions): Learner {
  const { session, adaptersAlone, taps, side, parameters, initial, fixed = {} } = options;
  const state: Record<string, TensorValue> = {};
  /** The state before the last step, which the next one is written over. */
  const before: Record<string, TensorValue> = {};
  for (const { name, shape } of parameters) {
    const data = initial.get(name)!.slice();
    state[name] = { dims: shape, data };
    state[`first_moment.${name}`] = { dims: shape, data: new Float32Array(data.length) };
    state[`second_moment.${name}`] = { dims: shape, data: new Float32Array(data.length) };
  }
  const learnt = Object.keys(state);
  const ofAdapters = learnt.filter((name) => !name.endsWith(PROMPT_CONTEXT));
  const promptEvery = adaptersAlone?.promptEvery ?? 1;
  let steps = 0;

  /** Runs the next step of a session; takes over what it makes of the named tensors and gives the other outputs. */
  const advance = async (on: Session, batch: Batch, names: readonly string[], fetch: readonly string[]) => {
    const counter = (count: number) => ({ dims: [], data: BigInt64Array.of(BigInt(count)) });
    // Prompts and adapters each count their own steps for Adam.
    const counters = { step: counter(steps + 1), prompt_step: counter(Math.floor(steps / promptEvery) + 1) };
    const known: Readonly<Record<string, TensorValue>> = { ...fixed, ...state, ...batch, ...counters };
    const feeds = Object.fromEntries(on.inputs.map((name) => [name, known[name]!]));
    const into = names.flatMap((name) => (before[name] ? [[`next.${name}`, before[name]] as const] : []));
    const outputs = await on.run(feeds, [...fetch, ...names.map((name) => `next.${name}`)], Object.fromEntries(into));
    for (const name of names) {
      before[name] = state[name]!;
      state[name] = outputs[`next.${name}`]!;
    }
    return outputs;
  };
  const places = new Map<string, Float32Array>();
  const place: Place = (name, length) => {
    const known = places.get(name);
    if (known?.length === length) return known;
    const fresh = new Float32Array(length);
    places.set(name, fresh);
    return fresh;
  };
  const batchOf = (samples: readonly Sample[]): Batch => {
    const pictures = samples.map((sample) => sample.taps);
    return { ...stackTaps(taps, pictures, place), ...stackMasks(samples, side, place) };
  };
  return {
    async step(samples) {
      const batch = batchOf(samples);
      let outputs: Readonly<Record<string, TensorValue>>;
      if (adaptersAlone && steps % promptEvery > 0) {
        outputs = await advance(adaptersAlone.session, batch, ofAdapters, ['loss']);
      } else {
        outputs = await advance(session, batch, learnt, adaptersAlone ? ['loss', 'text_features'] : ['loss']);
        if (adaptersAlone) state.text_features = outputs.text_features!;
      }
      steps++;
      return outputs.loss!.data[0] as number;
    },
    state: () => ({ steps, tensors: new Map(Object.entries(state).map(([name, value]) => [name, copyOf(value)])) }),
    restore(saved) {
      steps = saved.steps;
      for (const [name, value] of saved.tensors) state[name] = copyOf(value);
    },
    parameters: () => new Map(parameters.map(({ name }) => [name, copyOf(state[name]!)])),
    async textFeatures(samples) {
      return (await advance(session, batchOf(samples), [], ['text_features'])).text_features!;
    },
  };
}

/** Steps are written over the state before the last one: whoever keeps a tensor gets one of their own. */
const copyOf = ({ dims, data }: TensorValue): TensorValue => ({ dims, data: data.slice() });

/** Taps and masks by the names of their inputs. */
type Batch = Readonly<Record<string, TensorValue>>;

/** `focal_mask` and `dice_mask`, (B, H, H) each. */
function stackMasks(batch: readonly Sample[], side: number, place: Place): Record<string, TensorValue> {
  const size = side * side;
  const dice = place('dice_mask', batch.length * size);
  const focal = place('focal_mask', batch.length * size);
  for (const [index, { mask }] of batch.entries()) dice.set(mask, index * size);
  for (let i = 0; i < dice.length; i++) focal[i] = Math.trunc(dice[i]!);
  const dims = [batch.length, side, side];
  return { focal_mask: { dims, data: focal }, dice_mask: { dims, data: dice } };
}
