/** One step of MediCLIP's training as one graph: forward, backward and Adam (paper, section 2.4). */
import type { TapShape, TextArchitecture } from './architecture.ts';
import { abnormalMinusNormal, anomalyMap, tapInputs } from './detection.ts';
import { type AdamOptions, adamCorrections, adamStep, publishedAdam } from './graph/adam.ts';
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

/**
 * One run is one training step.
 *
 * Inputs: `tap.N` (B, grid^2, width); `focal_mask` (B, H, H), 0 or 1; `dice_mask` (B, H, H), 0..1; `step` int64 (),
 * counted from 1; with prompts `prompt_step` likewise, of the steps at which these learn; for every parameter P of `trainableParameters` P, `first_moment.P` and `second_moment.P` (zeros
 * before step 1); without prompts also `text_features` (embedDim, 2).
 * Outputs: `loss`, `focal`, `dice` (), at the parameters that were fed; `next.P`, `next.first_moment.P`,
 * `next.second_moment.P`; with prompts `text_features` (embedDim, 2); with `gradients` also `gradient.P`.
 */
export function trainingStepGraph(options: TrainingGraphOptions): Uint8Array {
  const { architecture, taps: shapes, prompts, weights, side, batch = anyBatch, precision = 'float32' } = options;
  const adam = { ...publishedAdam, ...options.adam };
  const g = new Graph(precision, { sparing: options.sparing ?? false });

  const taps = tapInputs(g, shapes, batch);
  const focalMask = g.input('focal_mask', [batch, side, side]);
  const diceMask = g.input('dice_mask', [batch, side, side]);
  const step = g.input('step', [], 'int64');
  const promptStep = prompts && g.input('prompt_step', [], 'int64');
  const states = trainableParameters(options).map(({ name, shape }) => ({
    parameter: g.input(name, shape),
    firstMoment: g.input(`first_moment.${name}`, shape),
    secondMoment: g.input(`second_moment.${name}`, shape),
  }));
  const parameter = (name: string) => states.find((state) => state.parameter.name === name)!.parameter;

  let textFeatures: Value; // (embedDim, 2)
  if (prompts) {
    const features = promptFeatures(g, architecture, weights, prompts, parameter(PROMPT_CONTEXT));
    textFeatures = transpose(g, features, [1, 0]);
    g.output('text_features', textFeatures);
  } else {
    textFeatures = g.input('text_features', [architecture.embedDim, 2]);
  }
  const adapters = shapes.map((_, i) => ({
    weight: parameter(`adapter.${i}.weight`),
    bias: parameter(`adapter.${i}.bias`),
  }));
  const map = anomalyMap(g, taps, shapes, adapters, abnormalMinusNormal(g, textFeatures), side);

  const focal = focalLoss(g, map, focalMask);
  const dice = diceLoss(g, map, diceMask);
  const loss = add(g, focal, dice);
  g.output('loss', loss);
  g.output('focal', focal);
  g.output('dice', dice);

  const derivatives = gradients(
    g,
    loss,
    states.map((state) => state.parameter),
  );
  const corrections = adamCorrections(g, step, adam);
  const ofPrompts = promptStep && adamCorrections(g, promptStep, adam);
  for (const [i, state] of states.entries()) {
    const { name } = state.parameter;
    const own = name === PROMPT_CONTEXT && ofPrompts ? ofPrompts : corrections;
    const next = adamStep(g, state, derivatives[i]!, own, adam);
    g.output(`next.${name}`, next.parameter);
    g.output(`next.first_moment.${name}`, next.firstMoment);
    g.output(`next.second_moment.${name}`, next.secondMoment);
    if (options.gradients) g.output(`gradient.${name}`, derivatives[i]!);
  }
  return encodeModel(g, 'mediclip-training-step');
}
