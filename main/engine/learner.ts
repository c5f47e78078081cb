/** Training steps: keeps parameters and moments between runs (paper, section 2.4; Adam). */
import type { TapShape } from '../method/architecture.ts';
import type { Parameter } from '../method/training.ts';
import type { Session, TensorValue } from './sessions.ts';
import { stackTaps, type Taps } from './taps.ts';

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
  /** Learns all parameters. */
  readonly session: Session;
  /** Where the prompts learn at every n-th step only: learns the adapters alone, at given text features. */
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
  for (const { name, shape } of parameters) {
    const data = initial.get(name)!;
    state[name] = { dims: shape, data };
    state[`first_moment.${name}`] = { dims: shape, data: new Float32Array(data.length) };
    state[`second_moment.${name}`] = { dims: shape, data: new Float32Array(data.length) };
  }
  const learnt = Object.keys(state);
  const ofPrompts = learnt.filter((name) => name.endsWith('prompt.context'));
  const ofAdapters = learnt.filter((name) => !ofPrompts.includes(name));
  let steps = 0;

  /** Runs one step of a session, counted from 1, and takes over what it made of the named tensors. */
  const advance = async (on: Session, batch: Batch, step: number, names: readonly string[], fetch: string) => {
    const counter = { dims: [], data: BigInt64Array.of(BigInt(step)) };
    const known: Readonly<Record<string, TensorValue>> = { ...fixed, ...state, ...batch, step: counter };
    const feeds = Object.fromEntries(on.inputs.map((name) => [name, known[name]!]));
    const outputs = await on.run(feeds, [fetch, ...names.map((name) => `next.${name}`)]);
    for (const name of names) state[name] = outputs[`next.${name}`]!;
    return outputs[fetch]!;
  };
  const batchOf = (samples: readonly Sample[]): Batch => ({
    ...stackTaps(
      taps,
      samples.map((sample) => sample.taps),
    ),
    ...stackMasks(samples, side),
  });
  return {
    async step(samples) {
      const batch = batchOf(samples);
      // Both see the parameters before the step, as when they are learnt together; each counts its own steps for Adam.
      if (adaptersAlone && steps % adaptersAlone.promptEvery === 0) {
        const promptStep = steps / adaptersAlone.promptEvery + 1;
        state.text_features = await advance(session, batch, promptStep, ofPrompts, 'text_features');
      }
      steps++;
      const loss = adaptersAlone
        ? await advance(adaptersAlone.session, batch, steps, ofAdapters, 'loss')
        : await advance(session, batch, steps, learnt, 'loss');
      return loss.data[0] as number;
    },
    state: () => ({ steps, tensors: new Map(Object.entries(state)) }),
    restore(saved) {
      steps = saved.steps;
      for (const [name, value] of saved.tensors) state[name] = value;
    },
    parameters: () => new Map(parameters.map(({ name }) => [name, state[name]!])),
    textFeatures: (samples) => advance(session, batchOf(samples), steps + 1, [], 'text_features'),
  };
}

/** Taps and masks by the names of their inputs. */
type Batch = Readonly<Record<string, TensorValue>>;

/** `focal_mask` and `dice_mask`, (B, H, H) each. */
function stackMasks(batch: readonly Sample[], side: number): Record<string, TensorValue> {
  const size = side * side;
  const dice = new Float32Array(batch.length * size);
  for (const [index, { mask }] of batch.entries()) dice.set(mask, index * size);
  const dims = [batch.length, side, side];
  return { focal_mask: { dims, data: dice.map(Math.trunc) }, dice_mask: { dims, data: dice } };
}
