/** CLIP's text tower, with causal attention as trained, or with full attention as MediCLIP's published code runs it. */
import { Fault } from '../../fault.ts';
import type { TextArchitecture } from '../architecture.ts';
import { anyBatch, Graph, type Precision, type Value } from '../graph/graph.ts';
import { encodeModel } from '../graph/onnx.ts';
import { add, gatherRows, layerNorm, linear, reshape } from '../graph/operators.ts';
import { type Weights, weight } from '../graph/weights.ts';
import { block, blockForOneToken, type Tokens, type Tower } from './transformer.ts';

/**
 * `causal`: a token sees itself and those before it, so what follows EOT does not matter and may be cut off.
 * `full`: every token sees all of the context, padding included, so the context must be whole.
 */
export type TextAttention = 'full' | 'causal';

/** Finite, unlike -infinity: a product with 0 must stay 0. exp of it is exactly 0 in float32 and float64. */
const maskedOut = -1e30;

/**
 * Text tower from embedded tokens, positions not yet added.
 * @param tokens (count, length, width)
 * @param endOfText (count, 1, length), 1 at each sequence's EOT, 0 elsewhere
 * @returns (count, embedDim), not normalised
 */
export function textTower(
  g: Graph,
  architecture: TextArchitecture,
  weights: Weights,
  attention: TextAttention,
  tokens: Value,
  endOfText: Value,
): Value {
  const { text, embedDim, layerNormEpsilon } = architecture;
  const [count, length] = tokens.shape as [number, number, number];
  const tower: Tower = { ...architecture, weights, prefix: '', shape: text };
  const masking = attention === 'causal' ? { mask: g.constant(causalMask(length), [length, length]) } : {};

  const positions = weight(g, weights, 'positional_embedding', { rows: [0, length] });
  let x: Tokens = { rows: reshape(g, add(g, tokens, positions), [count * length, text.width]), count, length };
  for (let i = 0; i < text.layers - 1; i++) x = block(g, tower, i, x, masking);
  // Only the EOT token is read, so the last block computes no other.
  const last = blockForOneToken(g, tower, text.layers - 1, x, endOfText, masking);
  const [scale, bias] = [weight(g, weights, 'ln_final.weight'), weight(g, weights, 'ln_final.bias')];
  const normalised = layerNorm(g, last, scale, bias, layerNormEpsilon);
  const projection = weight(g, weights, 'text_projection', { shape: [text.width, embedDim] });
  return linear(g, normalised, projection, undefined, { inputFirst: true });
}

export interface TextGraphOptions {
  readonly architecture: TextArchitecture;
  readonly weights: Weights;
  readonly attention: TextAttention;
  /** Tokens per text; with `causal` it may be the longest text's, otherwise it is the whole context. */
  readonly length?: number;
  readonly precision?: Precision;
}

/**
 * CLIP's text encoder for whole texts.
 * Inputs: `token_ids` (N, length) int64, padded with 0; `end_of_text` (N, 1, length), 1 at EOT (`endOfTextSelection`).
 * Output: `embedding` (N, embedDim), not normalised.
 * @throws Fault `usage` for a length that the attention or the context does not allow.
 */
export function textGraph(options: TextGraphOptions): Uint8Array {
  const { architecture, weights, attention, precision = 'float32' } = options;
  const { contextLength, width, vocabularySize } = architecture.text;
  const { length = contextLength } = options;
  requireLength(architecture, attention, length);

  const g = new Graph(precision);
  const ids = g.input('token_ids', [anyBatch, length], 'int64');
  const endOfText = g.input('end_of_text', [anyBatch, 1, length]);
  const table = weight(g, weights, 'token_embedding.weight', { shape: [vocabularySize, width] });
  const embedded = gatherRows(g, table, ids);
  g.output('embedding', textTower(g, architecture, weights, attention, embedded, endOfText));
  return encodeModel(g, 'clip-text');
}

/** @throws Fault `usage` */
export function requireLength(architecture: TextArchitecture, attention: TextAttention, length: number): void {
  const { contextLength } = architecture.text;
  if (length > contextLength)
    throw new Fault('usage', `A phrase has ${length} tokens and the model takes ${contextLength}. Shorten it.`);
  if (attention === 'full' && length !== contextLength)
    throw new Fault('internal', `Full attention runs over all ${contextLength} tokens, not over ${length}.`);
}

/** (count, 1, length), row-major: 1 at each sequence's EOT position, 0 elsewhere. */
export function endOfTextSelection(positions: readonly number[], length: number): Float64Array {
  const selection = new Float64Array(positions.length * length);
  for (const [i, position] of positions.entries()) selection[i * length + position] = 1;
  return selection;
}

function causalMask(length: number): Float64Array {
  return Float64Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? maskedOut : 0,
  );
}
