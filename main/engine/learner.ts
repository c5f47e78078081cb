/** Training steps: keeps parameters and moments between runs (paper, section 2.4; Adam). */
import type { TapShape } from '../method/architecture.ts';
import { ofStep, type Parameter, PROMPT_CONTEXT } from '../method/training.ts';
import type { Session, TensorValue } from './sessions.ts';
import { type Place, stackTaps, type Taps } from './taps.ts';

/** One training picture: what the tower made of it, and where it was changed. */
export interface Sample {
  readonly taps: Taps;
  /** (H, H), 0..1; the focal loss takes its whole part, as published. */
  readonly mask: Float32Array;
}

/** The training pictures of one step. */
export type Batch = readonly Sample[];

/** All that further steps depend on. */
export interface LearnerState {
  /** Steps so far. */
  readonly steps: number;
  /** By name: parameters P, `first_moment.P`, `second_moment.P`; where prompts learn, `text_features` of when they last did. */
  readonly tensors: ReadonlyMap<string, TensorValue>;
}

export interface Learner {
  /** How many of the next steps are best made together: that costs less. */
  readonly ahead: number;
  /** One Adam step on each batch, in their order. @returns the loss before each */
  steps(batches: readonly Batch[]): Promise<number[]>;
  /** The parameters after the steps so far, by name. */
  parameters(): ReadonlyMap<string, TensorValue>;
  state(): LearnerState;
  /** Continues from a state of the same parameters; what it leaves out stays as it is. */
  restore(state: LearnerState): void;
  /**
   * Text features (embedDim, 2) at the present parameters, where prompts learn. They are an output of the training graph, so
   * this costs one more run of it (on any batch, discarded) and no further session.
   */
  textFeatures(batch: Batch): Promise<TensorValue>;
}

export interface LearnerOptions {
  /** Prompts and adapters learn at every n-th step; in between the adapters alone, at the text features of then. */
  readonly prompts?: { readonly session: Session; readonly every: number };
  /** The adapters alone learn, so many steps a run: 1 or STEPS_TOGETHER. Not needed where prompts learn at every step. */
  readonly adapters?: (steps: number) => Promise<Session>;
  readonly taps: readonly TapShape[];
  readonly side: number;
  readonly parameters: readonly Parameter[];
  readonly initial: ReadonlyMap<string, Float32Array>;
  /** Inputs that stay the same, e.g. `text_features` where the prompts do not learn. */
  readonly fixed?: Readonly<Record<string, TensorValue>>;
}

/** Steps of the adapters that one run makes where so many follow one another: more would save little, and take memory. */
export const STEPS_TOGETHER = 4;

const TEXT_FEATURES = 'text_features';

export function startLearner(options: LearnerOptions): Learner {
  const { prompts, adapters, taps, side, parameters, initial, fixed = {} } = options;
  const every = prompts?.every ?? Number.POSITIVE_INFINITY;
  const state: Record<string, TensorValue> = {};
  for (const { name, shape } of parameters) {
    const data = initial.get(name)!;
    state[name] = { dims: shape, data };
    state[`first_moment.${name}`] = { dims: shape, data: new Float32Array(data.length) };
    state[`second_moment.${name}`] = { dims: shape, data: new Float32Array(data.length) };
  }
  const all = Object.keys(state);
  const ofAdapters = all.filter((name) => !name.endsWith(PROMPT_CONTEXT));
  let done = 0;

  const promptsAreNext = () => prompts !== undefined && done % every === 0;
  const ahead = () => (promptsAreNext() ? 1 : Math.min(STEPS_TOGETHER, every - (done % every)));

  const places = new Map<string, Float32Array>();
  const place: Place = (name, length) => {
    const known = places.get(name);
    if (known?.length === length) return known;
    const fresh = new Float32Array(length);
    places.set(name, fresh);
    return fresh;
  };
  const inputsOf = (batch: Batch, k: number): [string, TensorValue][] => {
    const pictures = batch.map((sample) => sample.taps);
    const placeOfStep: Place = (name, length) => place(ofStep(name, k), length);
    const inputs = { ...stackTaps(taps, pictures, placeOfStep), ...stackMasks(batch, side, placeOfStep) };
    return Object.entries(inputs).map(([name, value]) => [ofStep(name, k), value]);
  };
  const run = (session: Session, batches: readonly Batch[], fetch: readonly string[]) => {
    const counter = (count: number) => ({ dims: [], data: BigInt64Array.of(BigInt(count)) });
    // Prompts and adapters each count their own steps for Adam.
    const counters = { step: counter(done + 1), prompt_step: counter(Math.floor(done / every) + 1) };
    const batchInputs = Object.fromEntries(batches.flatMap(inputsOf));
    const known: Readonly<Record<string, TensorValue>> = { ...fixed, ...state, ...counters, ...batchInputs };
    return session.run(Object.fromEntries(session.inputs.map((name) => [name, known[name]!])), fetch);
  };
  /** Makes the next steps by one run, and takes over what it makes of the named tensors. */
  const advance = async (session: Session, batches: readonly Batch[], names: readonly string[]) => {
    const losses = batches.map((_, k) => ofStep('loss', k));
    const next = (name: string) => (name === TEXT_FEATURES ? name : `next.${name}`);
    const outputs = await run(session, batches, [...losses, ...names.map(next)]);
    for (const name of names) state[name] = outputs[next(name)]!;
    done += batches.length;
    return losses.map((name) => outputs[name]!.data[0] as number);
  };
  return {
    get ahead() {
      return ahead();
    },
    async steps(batches) {
      const losses: number[] = [];
      while (losses.length < batches.length) {
        const next = batches.slice(losses.length, losses.length + ahead());
        if (promptsAreNext()) {
          losses.push(...(await advance(prompts!.session, next, [...all, TEXT_FEATURES])));
        } else {
          // One run takes batches of one size only: the last of an epoch may be smaller.
          const together = next.length === STEPS_TOGETHER && next.every(({ length }) => length === next[0]!.length);
          const taken = together ? next : next.slice(0, 1);
          losses.push(...(await advance(await adapters!(taken.length), taken, ofAdapters)));
        }
      }
      return losses;
    },
    state: () => ({ steps: done, tensors: new Map(Object.entries(state)) }),
    restore(saved) {
      done = saved.steps;
      for (const [name, value] of saved.tensors) state[name] = value;
    },
    parameters: () => new Map(parameters.map(({ name }) => [name, state[name]!])),
    async textFeatures(batch) {
      return (await run(prompts!.session, [batch], [TEXT_FEATURES]))[TEXT_FEATURES]!;
    },
  };
}

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
