/** One step of MediCLIP's training as one graph: forward, backward and Adam (paper, section 2.4). */
import { Fault } from '../fault.ts';
import type { TapShape, TextArchitecture } from './architecture.ts';
import { abnormalMinusNormal, anomalyMap, tapInputs } from './detection.ts';
import { type AdamOptions, type AdamState, adamCorrections, adamStep, publishedAdam } from './graph/adam.ts';
import { gradients } from './graph/differentiator.ts';
import { anyBatch, Graph, type Precision, type Value } from './graph/graph.ts';
import { encodeModel } from './graph/onnx.ts';
import { add, transpose } from './graph/operators.ts';
import type { Weights } from './graph/weights.ts';
import { diceLoss, focalLoss } from './loss.ts';
import { contextShape, initialContext, type PromptPlan, promptFeatures } from './prompts.ts';
import type { Random } from './random.ts';

export interface TrainingOptions {
  readonly architecture: TextArchitecture;
  readonly taps: readonly TapShape[];
  /** The prompts to learn. Left out, only the adapters learn and the text features are an input. */
  readonly prompts?: PromptPlan;
}

export interface TrainingGraphOptions extends TrainingOptions {
  readonly weights: Weights;
  /** Side H of maps and masks in pixels; the image's. */
  readonly side: number;
  readonly precision?: Precision;
  /** Images per step; any number where it is left out, so that an epoch's last batch may be smaller. */
  readonly batch?: number;
  /**
   * Steps of a run, where the adapters alone learn; 1 where it is left out. The state comes out of onnxruntime once a run,
   * which costs about a fifth as much as a step (docs/performance.md).
   */
  readonly steps?: number;
  readonly adam?: Partial<AdamOptions>;
  /** Less memory for a tenth more work: see GraphOptions. */
  readonly sparing?: boolean;
  /** Also give the gradients. */
  readonly gradients?: boolean;
}

/** A tensor that is learnt. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
}

export const PROMPT_CONTEXT = 'prompt.context';

type LearntState = AdamState & { readonly name: string };

/** What is learnt: `adapter.N.weight` (embedDim, width), `adapter.N.bias` (embedDim), `prompt.context`. */
export function trainableParameters({ architecture, taps, prompts }: TrainingOptions): Parameter[] {
  const { embedDim } = architecture;
  const adapters = taps.flatMap(({ width }, i) => [
    { name: `adapter.${i}.weight`, shape: [embedDim, width] },
    { name: `adapter.${i}.bias`, shape: [embedDim] },
  ]);
  return prompts ? [...adapters, { name: PROMPT_CONTEXT, shape: contextShape(architecture, prompts) }] : adapters;
}

/**
 * Parameters to start from, by name: context tokens N(0, 0.02), adapters as torch initialises a convolution, uniform
 * within 1 / sqrt(width) for weight and bias.
 */
export function initialParameters(options: TrainingOptions, random: Random): Map<string, Float32Array> {
  const { architecture, taps, prompts } = options;
  const parameters = new Map<string, Float32Array>();
  for (const [i, { width }] of taps.entries()) {
    const bound = 1 / Math.sqrt(width);
    const draw = (length: number) => Float32Array.from({ length }, () => random.between(-bound, bound));
    parameters.set(`adapter.${i}.weight`, draw(architecture.embedDim * width));
    parameters.set(`adapter.${i}.bias`, draw(architecture.embedDim));
  }
  if (prompts) parameters.set(PROMPT_CONTEXT, initialContext(architecture, prompts, random));
  return parameters;
}

/** What an input or output that every step has is called for the k-th step of a run, counted from 0. */
export const ofStep = (name: string, k: number): string => (k === 0 ? name : `${name}.step${k}`);

/**
 * One run is `steps` training steps, one after the other.
 *
 * Inputs: for each step (see `ofStep`) `tap.N` (B, grid^2, width); `focal_mask` (B, H, H), 0 or 1; `dice_mask` (B, H, H),
 * 0..1, with the same B in all; `step` int64 (), of the first, counted from 1; with prompts `prompt_step` likewise, of the
 * steps at which these learn; for every parameter P of `trainableParameters` P, `first_moment.P` and `second_moment.P`
 * (zeros before step 1); without prompts also `text_features` (embedDim, 2).
 * Outputs: for each step `loss`, `focal`, `dice` (), at the parameters before it; `next.P`, `next.first_moment.P`,
 * `next.second_moment.P` after the last; with prompts `text_features` (embedDim, 2); with `gradients` also `gradient.P`.
 */
export function trainingStepGraph(options: TrainingGraphOptions): Uint8Array {
  const { architecture, taps: shapes, prompts, weights, side, precision = 'float32' } = options;
  const { batch = anyBatch, steps = 1 } = options;
  const adam = { ...publishedAdam, ...options.adam };
  if (steps > 1 && prompts) throw new Fault('internal', 'Prompts learn one step at a time.');
  const g = new Graph(precision, { sparing: options.sparing ?? false });

  const step = g.input('step', [], 'int64');
  const promptStep = prompts && g.input('prompt_step', [], 'int64');
  let states: readonly LearntState[] = trainableParameters(options).map(({ name, shape }) => ({
    name,
    parameter: g.input(name, shape),
    firstMoment: g.input(`first_moment.${name}`, shape),
    secondMoment: g.input(`second_moment.${name}`, shape),
  }));

  let textFeatures: Value; // (embedDim, 2)
  if (prompts) {
    const context = states.find(({ name }) => name === PROMPT_CONTEXT)!.parameter;
    textFeatures = transpose(g, promptFeatures(g, architecture, weights, prompts, context), [1, 0]);
    g.output('text_features', textFeatures);
  } else {
    textFeatures = g.input('text_features', [architecture.embedDim, 2]);
  }
  const towardsAbnormal = abnormalMinusNormal(g, textFeatures);

  for (let k = 0; k < steps; k++) {
    const named = (name: string) => ofStep(name, k);
    const taps = tapInputs(g, shapes, batch, named);
    const focalMask = g.input(named('focal_mask'), [batch, side, side]);
    const diceMask = g.input(named('dice_mask'), [batch, side, side]);
    const parameter = (wanted: string) => states.find(({ name }) => name === wanted)!.parameter;
    const adapters = shapes.map((_, i) => ({
      weight: parameter(`adapter.${i}.weight`),
      bias: parameter(`adapter.${i}.bias`),
    }));
    const map = anomalyMap(g, taps, shapes, adapters, towardsAbnormal, side);
    const focal = focalLoss(g, map, focalMask);
    const dice = diceLoss(g, map, diceMask);
    const loss = add(g, focal, dice);
    g.output(named('loss'), loss);
    g.output(named('focal'), focal);
    g.output(named('dice'), dice);

    const derivatives = gradients(
      g,
      loss,
      states.map((state) => state.parameter),
    );
    const corrections = adamCorrections(g, step, adam, k);
    const ofPrompts = promptStep && adamCorrections(g, promptStep, adam);
    states = states.map((state, i) => {
      if (options.gradients) g.output(named(`gradient.${state.name}`), derivatives[i]!);
      const own = state.name === PROMPT_CONTEXT && ofPrompts ? ofPrompts : corrections;
      return { name: state.name, ...adamStep(g, state, derivatives[i]!, own, adam) };
    });
  }
  for (const { name, parameter, firstMoment, secondMoment } of states) {
    g.output(`next.${name}`, parameter);
    g.output(`next.first_moment.${name}`, firstMoment);
    g.output(`next.second_moment.${name}`, secondMoment);
  }
  return encodeModel(g, 'mediclip-training-step');
}
