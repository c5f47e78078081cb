/**
 * MediCLIP's prompts: learnable context tokens around fixed phrases, and the text features that they give
 * (paper, section 2.2, "Learnable prompts").
 */
import { Fault } from '../fault.ts';
import type { TextArchitecture } from './architecture.ts';
import { endOfTextSelection, requireLength, type TextAttention, textTower } from './clip/text.ts';
import { Graph, type Precision, type Value } from './graph/graph.ts';
import { encodeModel } from './graph/onnx.ts';
import { add, divide, gatherRows, lengthOfVectors, matrixProduct, reshape, transpose } from './graph/operators.ts';
import { type Weights, weight } from './graph/weights.ts';
import type { Random } from './random.ts';

export const defaultPhrases = {
  normal: [
    'normal',
    'healthy',
    'negative',
    'unremarkable',
    'clear',
    'asymptomatic',
    'normal findings',
    'no findings',
    'in good health',
    'no evidence of disease',
  ],
  abnormal: [
    'abnormal',
    'positive',
    'symptomatic',
    'disease',
    'lesion',
    'pathological',
    'impaired',
    'evidence of disease',
    'abnormal finding',
    'pathological condition',
    'pathological abnormality',
  ],
} as const;

/** Learnable tokens of each prompt. */
export const contextTokens = 8;

/** Where the phrase stands: after the context, between its halves, or before it. */
export type PhrasePosition = 'end' | 'middle' | 'front';

export interface PromptOptions {
  /** Token ids of each phrase alone: no SOT, full stop or EOT. */
  readonly normal: readonly (readonly number[])[];
  readonly abnormal: readonly (readonly number[])[];
  readonly special: { readonly startOfText: number; readonly endOfText: number; readonly fullStop: number };
  readonly attention: TextAttention;
  readonly position?: PhrasePosition;
  /** One context for all normal phrases and one for all abnormal ones, instead of one for each phrase. */
  readonly sharedContext?: boolean;
}

/** Prompts laid out as tokens. Phrases are the normal ones, then the abnormal ones. */
export interface PromptPlan {
  readonly attention: TextAttention;
  /** Tokens per prompt: the whole context with `full`, the longest prompt's with `causal`. */
  readonly length: number;
  /** One row of `length` ids per phrase, padded with 0; the context's places hold 0 too. */
  readonly ids: readonly (readonly number[])[];
  /** For each phrase the places of its context tokens, ascending. */
  readonly contextPlaces: readonly (readonly number[])[];
  /** For each phrase the place of EOT. */
  readonly endOfText: readonly number[];
  readonly normalPhrases: number;
  readonly sharedContext: boolean;
}

/**
 * Lays out the prompts.
 * @throws Fault `usage` where there is no phrase of one kind, or a phrase is empty or too long for the model.
 */
export function planPrompts(architecture: TextArchitecture, options: PromptOptions): PromptPlan {
  const { normal, abnormal, special, attention, position = 'end', sharedContext = false } = options;
  const phrases = [...normal, ...abnormal];
  if (normal.length === 0 || abnormal.length === 0)
    throw new Fault('usage', 'Give at least one phrase for normal and one for abnormal.');
  if (phrases.some((phrase) => phrase.length === 0)) throw new Fault('usage', 'A phrase is empty. Remove it.');

  const rows = phrases.map((phrase) => layOut(phrase, position));
  const longest = Math.max(...rows.map((row) => row.length)) + 3; // SOT, full stop, EOT
  const length = attention === 'full' ? architecture.text.contextLength : longest;
  requireLength(architecture, attention, Math.max(length, longest));
  return {
    attention,
    length,
    ids: rows.map((row) => {
      const written = [special.startOfText, ...row.map((token) => token ?? 0), special.fullStop, special.endOfText];
      return [...written, ...Array<number>(length - written.length).fill(0)];
    }),
    contextPlaces: rows.map((row) => row.flatMap((token, i) => (token === undefined ? [i + 1] : []))),
    endOfText: rows.map((row) => row.length + 2),
    normalPhrases: normal.length,
    sharedContext,
  };
}

/** A phrase with its context around it; `undefined` stands for a context token. */
function layOut(phrase: readonly number[], position: PhrasePosition): (number | undefined)[] {
  const before = { end: contextTokens, middle: contextTokens / 2, front: 0 }[position];
  const blank = (count: number) => Array<undefined>(count).fill(undefined);
  return [...blank(before), ...phrase, ...blank(contextTokens - before)];
}

/** Shape of the learnable context: (contexts, 8, text width); one context per phrase, or two when shared. */
export function contextShape(architecture: TextArchitecture, plan: PromptPlan): [number, number, number] {
  return [plan.sharedContext ? 2 : plan.ids.length, contextTokens, architecture.text.width];
}

/** Context tokens to start from: N(0, 0.02). */
export function initialContext(architecture: TextArchitecture, plan: PromptPlan, random: Random): Float32Array {
  const [contexts, tokens, width] = contextShape(architecture, plan);
  return Float32Array.from({ length: contexts * tokens * width }, () => random.normal(0, 0.02));
}

/**
 * Text features of the prompts: per class the mean over its phrases, then unit length.
 * @param context of `contextShape`
 * @returns (2, embedDim): normal, abnormal
 */
export function promptFeatures(
  g: Graph,
  architecture: TextArchitecture,
  weights: Weights,
  plan: PromptPlan,
  context: Value,
): Value {
  const { length, endOfText, attention } = plan;
  const { width, vocabularySize } = architecture.text;
  const phrases = plan.ids.length;

  // The phrases' own tokens, (phrases, length, width), zero at the context's places.
  const table = weight(g, weights, 'token_embedding.weight', { shape: [vocabularySize, width] });
  const written = gatherRows(g, table, g.constant(plan.ids.flat(), [phrases, length], 'int64'));
  const fixed = g.emit('Mul', [written, g.constant(outsideContext(plan), [phrases, length, 1])], written.shape);
  // A product with ones and zeros puts the context tokens into their places exactly.
  const placed = matrixProduct(
    g,
    g.constant(placement(plan), [phrases, length, contextTokens]),
    perPhrase(g, plan, context),
  );
  const selection = g.constant(endOfTextSelection(endOfText, length), [phrases, 1, length]);
  const embedded = textTower(g, architecture, weights, attention, add(g, fixed, placed), selection);

  const means = matrixProduct(g, g.constant(classMeans(plan), [2, phrases]), embedded);
  return divide(g, means, lengthOfVectors(g, means));
}

/** The context of every phrase, (phrases, 8, width). */
function perPhrase(g: Graph, plan: PromptPlan, context: Value): Value {
  if (!plan.sharedContext) return context;
  const [, tokens, width] = context.shape as [number, number, number];
  const phrases = plan.ids.length;
  const membership = plan.ids.flatMap((_, i) => (i < plan.normalPhrases ? [1, 0] : [0, 1]));
  const flat = reshape(g, context, [2, tokens * width]);
  return reshape(g, matrixProduct(g, g.constant(membership, [phrases, 2]), flat), [phrases, tokens, width]);
}

/** (phrases, length): 0 at the context's places, 1 elsewhere. */
function outsideContext(plan: PromptPlan): Float64Array {
  const outside = new Float64Array(plan.ids.length * plan.length).fill(1);
  for (const [i, places] of plan.contextPlaces.entries())
    for (const place of places) outside[i * plan.length + place] = 0;
  return outside;
}

/** (phrases, length, 8): 1 where a token of the context belongs. */
function placement(plan: PromptPlan): Float64Array {
  const ones = new Float64Array(plan.ids.length * plan.length * contextTokens);
  for (const [i, places] of plan.contextPlaces.entries())
    for (const [j, place] of places.entries()) ones[(i * plan.length + place) * contextTokens + j] = 1;
  return ones;
}

/** (2, phrases): the mean over each class's phrases as a matrix. */
function classMeans({ ids, normalPhrases }: PromptPlan): Float64Array {
  const phrases = ids.length;
  return Float64Array.from({ length: 2 * phrases }, (_, i) => {
    const isNormal = i % phrases < normalPhrases;
    if (i < phrases) return isNormal ? 1 / normalPhrases : 0;
    return isNormal ? 0 : 1 / (phrases - normalPhrases);
  });
}

export interface PromptGraphOptions {
  readonly architecture: TextArchitecture;
  readonly weights: Weights;
  readonly plan: PromptPlan;
  readonly precision?: Precision;
}

/**
 * Text features after calibration; they are cached and the text tower never runs again.
 * Input: `prompt.context` of `contextShape`. Output: `text_features` (embedDim, 2): column 0 normal, column 1 abnormal.
 */
export function promptGraph({ architecture, weights, plan, precision = 'float32' }: PromptGraphOptions): Uint8Array {
  const g = new Graph(precision);
  const context = g.input('prompt.context', contextShape(architecture, plan));
  const features = promptFeatures(g, architecture, weights, plan, context);
  g.output('text_features', transpose(g, features, [1, 0]));
  return encodeModel(g, 'mediclip-prompts');
}
