/**
 * Compares this implementation with numbers recorded from the published code: forward pass, gradients and a hundred
 * Adam steps on one fixed batch, on the CPU.
 *
 * A case is a folder with `case.json`, the same weights as `hf/`, OpenCLIP files and `openai.pt`, and the recorded
 * tensors in `golden.safetensors` (float32) and `golden64.safetensors` (float64).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { endOfTextSelection, textGraph } from '../method/clip/text.ts';
import { visionGraph, visionTaps } from '../method/clip/vision.ts';
import { detectionHeadGraph } from '../method/detection.ts';
import type { Precision } from '../method/graph/graph.ts';
import type { WeightReader } from '../method/graph/weights.ts';
import { contextTokens, type PromptPlan, planPrompts, promptGraph } from '../method/prompts.ts';
import { type Parameter, trainableParameters, trainingStepGraph } from '../method/training.ts';
import { openCheckpoint } from '../modelpack/checkpoint.ts';
import { readSafetensors, type Tensor } from '../modelpack/safetensors.ts';
import { openSession, type TensorValue } from './sessions.ts';

export type ParityFormat = 'hf' | 'open_clip' | 'openai';

export interface ParityOptions {
  readonly format: ParityFormat;
  readonly precision: Precision;
  readonly signal?: AbortSignal;
  /** Training steps done, of 100. */
  readonly onProgress?: (step: number) => void;
}

/** Largest absolute differences from the recorded values. */
export interface ParityReport {
  readonly maxAbs: {
    readonly vision: number;
    readonly textCausal: number;
    readonly textFeatures: number;
    readonly map: number;
    readonly loss: number;
    readonly grad: number;
    readonly step1: number;
    readonly step10: number;
    readonly step100: number;
    readonly lossTrace: number;
  };
}

const caseSchema = z.object({ theads: z.number(), outs: z.array(z.number()), batch: z.number() });
const trainingSteps = 100;

/** @throws Fault `not-found` or `bad-model` where the folder is not a whole case, `cancelled`. */
export async function runParity(caseFolder: string, options: ParityOptions): Promise<ParityReport> {
  const parityCase = await openCase(caseFolder, options);
  const vision = await compareVision(parityCase);
  const textCausal = await compareCausalText(parityCase);
  const features = await comparePromptFeatures(parityCase);
  const map = await compareMap(parityCase, vision.taps, features.value);
  const training = await compareTraining(parityCase, vision.taps, options);
  return { maxAbs: { vision: vision.maxAbs, textCausal, textFeatures: features.maxAbs, map, ...training } };
}

// --------------------------------------------------------------------------------------------------------- the case

interface ParityCase {
  readonly architecture: ClipArchitecture;
  readonly weights: WeightReader;
  readonly plan: PromptPlan;
  readonly taps: readonly number[];
  readonly batch: number;
  readonly precision: Precision;
  /** A recorded tensor in the run's precision. */
  recorded(name: string): TensorValue;
  /** A recorded tensor of whole numbers, one array per row. */
  recordedRows(name: string): number[][];
}

async function openCase(folder: string, { format, precision }: ParityOptions): Promise<ParityCase> {
  const path = join(folder, 'case.json');
  const text = await readFile(path, 'utf8').catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  const description = caseSchema.safeParse(parseJson(text));
  if (!description.success)
    throw new Fault('bad-model', `${path} does not describe a parity case.`, { path, cause: description.error });
  const { theads, outs, batch } = description.data;
  const places = { hf: 'hf', open_clip: 'open_clip_model.safetensors', openai: 'openai.pt' };
  const { architecture, weights } = await readWeights(join(folder, places[format]), theads);

  // Whole numbers were recorded once, in the float32 file.
  const golden = (await readSafetensors(join(folder, 'golden.safetensors'))).tensors;
  const golden64 = (await readSafetensors(join(folder, 'golden64.safetensors'))).tensors;
  const find = (tensors: ReadonlyMap<string, Tensor>, name: string): Tensor => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Fault('bad-model', `${folder} lacks the recorded tensor ${name}.`, { path: folder });
    return tensor;
  };
  const recordedRows = (name: string) => {
    const { shape, data } = find(golden, name);
    const [rows, columns] = shape as [number, number];
    return Array.from({ length: rows }, (_, i) => Array.from(data.slice(i * columns, (i + 1) * columns), Number));
  };
  const plan = planFromIds(architecture, recordedRows('prompt.normal.ids'), recordedRows('prompt.abnormal.ids'));
  return {
    architecture,
    weights,
    plan,
    taps: outs,
    batch,
    precision,
    recordedRows,
    recorded(name) {
      const { shape, data } = find(precision === 'float64' ? golden64 : golden, name);
      if (!(data instanceof Float32Array || data instanceof Float64Array))
        throw new Fault('bad-model', `${folder} records ${name} in another type than expected.`, { path: folder });
      return { dims: shape, data };
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All weights of a checkpoint in memory; parity cases are small. */
async function readWeights(path: string, textHeads: number) {
  const checkpoint = await openCheckpoint(path, { textHeads });
  try {
    const tensors = new Map<string, Float32Array>();
    for (const name of checkpoint.names) tensors.set(name, await checkpoint.read(name));
    const { architecture } = checkpoint;
    const weights = { shape: checkpoint.shape, read: (name: string) => tensors.get(name)! };
    return { architecture, weights };
  } finally {
    await checkpoint.close();
  }
}

/** The prompts from their recorded ids, `[SOT] X*8 <phrase> . [EOT]` padded with 0. EOT has the highest id of all. */
function planFromIds(architecture: ClipArchitecture, normal: number[][], abnormal: number[][]): PromptPlan {
  const end = (row: number[]) => row.indexOf(Math.max(...row));
  const phrase = (row: number[]) => row.slice(1 + contextTokens, end(row) - 1);
  const first = normal[0]!;
  return planPrompts(architecture, {
    normal: normal.map(phrase),
    abnormal: abnormal.map(phrase),
    special: { startOfText: first[0]!, endOfText: first[end(first)]!, fullStop: first[end(first) - 1]! },
    attention: 'full',
  });
}

// ------------------------------------------------------------------------------------------------------ forward pass

async function compareVision(c: ParityCase) {
  const { architecture, weights, taps, precision } = c;
  const options = { architecture, weights, taps, precision, embedding: true, classToken: true };
  const out = await runOnce(c, visionGraph(options), { pixels: c.recorded('in.images') });
  const differences = taps.map((layer, i) => maxAbs(out[`tap.${i}`]!, c.recorded(`vision.layer${layer}`)));
  differences.push(maxAbs(out.embedding!, c.recorded('vision.embed')));
  return { maxAbs: Math.max(...differences), taps: taps.map((_, i) => dropClassToken(out[`tap.${i}`]!)) };
}

async function compareCausalText(c: ParityCase): Promise<number> {
  const { architecture, weights, precision } = c;
  const rows = c.recordedRows('text.ids');
  const endOfText = rows.map((row) => row.indexOf(Math.max(...row)));
  const length = Math.max(...endOfText) + 1;
  const ids = BigInt64Array.from(
    rows.flatMap((row) => row.slice(0, length)),
    BigInt,
  );
  const out = await runOnce(c, textGraph({ architecture, weights, precision, attention: 'causal', length }), {
    token_ids: { dims: [rows.length, length], data: ids },
    end_of_text: {
      dims: [rows.length, 1, length],
      data: inPrecision(endOfTextSelection(endOfText, length), precision),
    },
  });
  return maxAbs(out.embedding!, c.recorded('text.embed_causal'));
}

async function comparePromptFeatures(c: ParityCase) {
  const { architecture, weights, plan, precision } = c;
  const [context] = parametersNamed(c, 'init');
  const out = await runOnce(c, promptGraph({ architecture, weights, plan, precision }), context!);
  const value = out.text_features!;
  return { value, maxAbs: maxAbs(value, c.recorded('fwd.text_features')) };
}

/** Compares both channels; ours gives the abnormal one, and the two add up to 1. */
async function compareMap(c: ParityCase, taps: readonly TensorValue[], textFeatures: TensorValue): Promise<number> {
  const recorded = c.recorded('fwd.map'); // (B, 2, H, W)
  const side = recorded.dims[3]!;
  const head = detectionHeadGraph({
    taps: visionTaps(c.architecture, c.taps),
    embedDim: c.architecture.embedDim,
    side,
    precision: c.precision,
  });
  const [, adapters] = parametersNamed(c, 'init');
  const out = await runOnce(c, head, { ...tapFeeds(taps), ...adapters, text_features: textFeatures });
  const map = out.map!.data as Float64Array;
  const pixels = side * side;
  const both = inPrecision(
    Float64Array.from({ length: recorded.data.length }, (_, i) => {
      const image = Math.floor(i / (2 * pixels));
      const abnormal = map[image * pixels + (i % pixels)]!;
      return Math.floor(i / pixels) % 2 === 1 ? abnormal : 1 - abnormal;
    }),
    c.precision,
  );
  return maxAbs({ dims: recorded.dims, data: both }, recorded);
}

// --------------------------------------------------------------------------------------------------------- training

async function compareTraining(c: ParityCase, taps: readonly TensorValue[], options: ParityOptions) {
  const { architecture, weights, plan, precision } = c;
  const shapes = visionTaps(architecture, c.taps);
  const masks = c.recorded('in.masks');
  const parameters = trainableParameters({ architecture, taps: shapes, prompts: plan });
  const graph = trainingStepGraph({
    architecture,
    weights,
    taps: shapes,
    prompts: plan,
    side: masks.dims[2]!,
    precision,
    gradients: true,
  });
  const batch = { ...tapFeeds(taps), focal_mask: { ...masks, data: truncated(masks) }, dice_mask: masks };
  const trace = c.recorded('loss_trace').data as Float64Array;
  const report = { loss: 0, grad: 0, step1: 0, step10: 0, step100: 0, lossTrace: 0 };

  const session = await openSession(graph, { withoutFusion: precision === 'float64' });
  try {
    const [context, adapters] = parametersNamed(c, 'init');
    let state: Record<string, TensorValue> = { ...context, ...adapters, ...zeroMoments(parameters, precision) };
    for (let step = 1; step <= trainingSteps; step++) {
      throwIfCancelled(options.signal);
      const counter = { dims: [], data: BigInt64Array.of(BigInt(step)) };
      const out = await session.run({ ...batch, ...state, step: counter, prompt_step: counter });
      const loss = out.loss!.data[0] as number;
      report.lossTrace = Math.max(report.lossTrace, Math.abs(loss - trace[step - 1]!));
      if (step === 1) {
        const focal = maxAbs(out.focal!, c.recorded('fwd.focal'));
        report.loss = Math.max(focal, maxAbs(out.dice!, c.recorded('fwd.dice')), report.lossTrace);
        report.grad = compareParameters(c, parameters, 'grad', (name) => out[`gradient.${name}`]!);
      }
      state = Object.fromEntries(Object.keys(state).map((name) => [name, out[`next.${name}`]!]));
      if (step === 1 || step === 10 || step === 100)
        report[`step${step}`] = compareParameters(c, parameters, `step${step}`, (name) => state[name]!);
      options.onProgress?.(step);
    }
  } finally {
    await session.close();
  }
  return report;
}

/** Soft labels below 1 count as 0 in the focal loss. */
function truncated(masks: TensorValue): TensorValue['data'] {
  return (masks.data as Float64Array).map(Math.trunc);
}

function zeroMoments(parameters: readonly Parameter[], precision: Precision): Record<string, TensorValue> {
  const zeros = parameters.flatMap(({ name, shape }) => {
    const length = shape.reduce((product, side) => product * side, 1);
    const zero = { dims: shape, data: inPrecision(new Float64Array(length), precision) };
    return [
      [`first_moment.${name}`, zero],
      [`second_moment.${name}`, zero],
    ] as const;
  });
  return Object.fromEntries(zeros);
}

/** Recorded parameters under our names: [the context, the adapters]. */
function parametersNamed(c: ParityCase, when: string): [Record<string, TensorValue>, Record<string, TensorValue>] {
  const adapters: Record<string, TensorValue> = {};
  for (const i of c.taps.keys()) {
    const weight = c.recorded(`${when}.adapter.${i}.weight`); // of a 1x1 convolution: (embedDim, width, 1, 1)
    adapters[`adapter.${i}.weight`] = { ...weight, dims: weight.dims.slice(0, 2) };
    adapters[`adapter.${i}.bias`] = c.recorded(`${when}.adapter.${i}.bias`);
  }
  const normal = c.recorded(`${when}.prompt.normal.ctx`);
  const abnormal = c.recorded(`${when}.prompt.abnormal.ctx`);
  const [normals, tokens, width] = normal.dims as [number, number, number];
  const data = inPrecision(Float64Array.of(...asNumbers(normal), ...asNumbers(abnormal)), c.precision);
  return [{ 'prompt.context': { dims: [normals + abnormal.dims[0]!, tokens, width], data } }, adapters];
}

function compareParameters(
  c: ParityCase,
  parameters: readonly Parameter[],
  when: string,
  ours: (name: string) => TensorValue,
): number {
  const [context, adapters] = parametersNamed(c, when);
  const recorded = { ...context, ...adapters };
  return Math.max(...parameters.map(({ name }) => maxAbs(ours(name), recorded[name]!)));
}

// ---------------------------------------------------------------------------------------------------------- tensors

async function runOnce(
  { precision }: ParityCase,
  model: Uint8Array,
  feeds: Record<string, TensorValue>,
): Promise<Record<string, TensorValue>> {
  const session = await openSession(model, { withoutFusion: precision === 'float64' });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

function tapFeeds(taps: readonly TensorValue[]): Record<string, TensorValue> {
  return Object.fromEntries(taps.map((tap, i) => [`tap.${i}`, tap]));
}

/** (B, 1 + n, width) -> (B, n, width) */
function dropClassToken({ dims, data }: TensorValue): TensorValue {
  const [batch, length, width] = dims as [number, number, number];
  const values = data as Float64Array;
  const kept = values.slice(0, batch * (length - 1) * width);
  for (let b = 0; b < batch; b++)
    kept.set(values.subarray((b * length + 1) * width, (b + 1) * length * width), b * (length - 1) * width);
  return { dims: [batch, length - 1, width], data: kept };
}

function inPrecision(values: Float64Array, precision: Precision): TensorValue['data'] {
  return precision === 'float64' ? values : Float32Array.from(values);
}

function asNumbers({ data }: TensorValue): Float64Array {
  return Float64Array.from(data as Float64Array);
}

/** Largest absolute difference; not a number counts as infinitely far. */
function maxAbs(ours: TensorValue, recorded: TensorValue): number {
  if (ours.data.length !== recorded.data.length)
    throw new Fault('bad-model', `Shapes [${ours.dims}] and [${recorded.dims}] cannot be compared.`);
  const [a, b] = [asNumbers(ours), asNumbers(recorded)];
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    largest = difference <= largest ? largest : Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
