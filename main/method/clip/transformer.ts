/** The residual attention blocks that both towers of CLIP consist of. Weights are frozen; gradients pass through. */
import type { ClipArchitecture, TransformerShape } from '../architecture.ts';
import { recomputed } from '../graph/differentiator.ts';
import type { Graph, Value } from '../graph/graph.ts';
import { add, gelu, layerNorm, linear, matrixProduct, reshape, silu, softmax, transpose } from '../graph/operators.ts';
import { type Weights, weight } from '../graph/weights.ts';

/** Tokens of several sequences as rows of one matrix: (count * length, width). */
export interface Tokens {
  readonly rows: Value;
  /** Sequences; `anyBatch` where only the run knows. */
  readonly count: number;
  /** Tokens in each sequence. */
  readonly length: number;
}

/** One tower: its weights, its blocks' prefix ('' for text, 'visual.' for vision) and its shape. */
export interface Tower {
  readonly weights: Weights;
  readonly prefix: '' | 'visual.';
  readonly shape: TransformerShape;
  readonly activation: ClipArchitecture['activation'];
  readonly layerNormEpsilon: number;
}

/** Which positions may attend to which. */
export interface Attention {
  /** Added to the scores, (length, length): 0 where a row may look at a column, a large negative number elsewhere. */
  readonly mask?: Value;
}

/** Block `index`, counted from 0. */
export function block(g: Graph, tower: Tower, index: number, x: Tokens, attention: Attention = {}): Tokens {
  const layer = blockLayers(g, tower, index);
  const h = layer.norm('ln_1', x.rows);
  const attended = layer.attend(h, h, x, x.length, attention.mask);
  const residual = add(g, x.rows, attended);
  // The hidden layer's tensors are the largest by far, and its first product a ninth of the work.
  const mlp = g.sparing ? recomputed(g, residual, (rows) => layer.mlp(rows)) : layer.mlp(residual);
  return { ...x, rows: add(g, residual, mlp) };
}

/**
 * Block `index` for one token of each sequence alone. `select` (count, 1, length) is 1 at that token and 0 elsewhere.
 * Exact: keys and values still come from the whole sequence. Returns (count, width).
 */
export function blockForOneToken(
  g: Graph,
  tower: Tower,
  index: number,
  x: Tokens,
  select: Value,
  attention: Attention = {},
): Value {
  const { width } = tower.shape;
  const layer = blockLayers(g, tower, index);
  const pick = (rows: Value) =>
    reshape(g, matrixProduct(g, select, reshape(g, rows, [x.count, x.length, width])), [x.count, width]);
  const h = layer.norm('ln_1', x.rows);
  // The mask's rows of the chosen tokens: (count, 1, 1, length).
  const mask = attention.mask && reshape(g, matrixProduct(g, select, attention.mask), [x.count, 1, 1, x.length]);
  const attended = layer.attend(pick(h), h, x, 1, mask);
  const residual = add(g, pick(x.rows), attended);
  return add(g, residual, layer.mlp(residual));
}

/** The parts of one block, as functions on rows of tokens. */
function blockLayers(g: Graph, tower: Tower, index: number) {
  const { weights, shape, activation, layerNormEpsilon } = tower;
  const { width, heads } = shape;
  const headWidth = width / heads;
  const name = (suffix: string) => `${tower.prefix}transformer.resblocks.${index}.${suffix}`;
  const tensor = (suffix: string) => weight(g, weights, name(suffix));

  /** Rows of tokens (count * length, width) by head, (count, heads, length, width / heads) or in another order. */
  const byHead = (rows: Value, count: number, length: number, order: readonly number[]) =>
    transpose(g, reshape(g, rows, [count, length, heads, headWidth]), order);

  return {
    norm: (which: 'ln_1' | 'ln_2', rows: Value) =>
      layerNorm(g, rows, tensor(`${which}.weight`), tensor(`${which}.bias`), layerNormEpsilon),

    /** Attention of `queries` tokens per sequence, rows (count * queries, width), to all of `h`. */
    attend(from: Value, h: Value, x: Tokens, queries: number, mask: Value | undefined): Value {
      // in_proj holds query, key and value one below the other; each is a range of its rows.
      const project = (part: 0 | 1 | 2, rows: Value, factor = 1) => {
        const range = { rows: [part * width, (part + 1) * width] as const };
        const w = weight(g, weights, name('attn.in_proj_weight'), range);
        return linear(g, rows, w, weight(g, weights, name('attn.in_proj_bias'), range), { factor, biasFactor: factor });
      };
      const query = byHead(project(0, from, 1 / Math.sqrt(headWidth)), x.count, queries, [0, 2, 1, 3]);
      const keyTransposed = byHead(project(1, h), x.count, x.length, [0, 2, 3, 1]);
      const value = byHead(project(2, h), x.count, x.length, [0, 2, 1, 3]);
      let scores = matrixProduct(g, query, keyTransposed); // (count, heads, queries, length)
      if (mask) scores = add(g, scores, mask);
      const mixed = transpose(g, matrixProduct(g, softmax(g, scores), value), [0, 2, 1, 3]);
      const rows = reshape(g, mixed, [x.count * queries, width]);
      return linear(g, rows, tensor('attn.out_proj.weight'), tensor('attn.out_proj.bias'));
    },

    /** LayerNorm, hidden layer, activation, and back to the width of the residual stream. */
    mlp(rows: Value): Value {
      const h = this.norm('ln_2', rows);
      const [up, upBias] = [tensor('mlp.c_fc.weight'), tensor('mlp.c_fc.bias')];
      const [down, downBias] = [tensor('mlp.c_proj.weight'), tensor('mlp.c_proj.bias')];
      if (activation === 'gelu') return linear(g, gelu(g, linear(g, h, up, upBias)), down, downBias);
      // QuickGELU, x * sigmoid(1.702 x), as silu(1.702 x) / 1.702: the factors cost nothing inside the Gemms.
      const hidden = silu(g, linear(g, h, up, upBias, { factor: 1.702, biasFactor: 1.702 }));
      return linear(g, hidden, down, downBias, { factor: 1 / 1.702 });
    },
  };
}
