/** CLIP's vision tower as a graph: pixels in, the patch tokens that MediCLIP reads out. */

import { Fault } from '../../fault.ts';
import type { ClipArchitecture, TapShape } from '../architecture.ts';
import { anyBatch, Graph, type Precision, type Value } from '../graph/graph.ts';
import { encodeModel } from '../graph/onnx.ts';
import { add, layerNorm, linear, matrixProduct, reshape, transpose } from '../graph/operators.ts';
import { bicubicMatrix } from '../graph/resampling.ts';
import { type Weights, weight } from '../graph/weights.ts';
import { block, type Tokens, type Tower } from './transformer.ts';

export interface VisionGraphOptions {
  readonly architecture: ClipArchitecture;
  readonly weights: Weights;
  /** Blocks to read after, counted from 1, ascending: 12, 18, 24 for ViT-L/14. */
  readonly taps: readonly number[];
  /** Side of the input in pixels; the checkpoint's own where it is left out. */
  readonly imageSize?: number;
  /** Also give the image embedding, which needs every block. */
  readonly embedding?: boolean;
  /** Keep the class token as the first token of every tap. Only comparisons with other code want it. */
  readonly classToken?: boolean;
  readonly precision?: Precision;
  /** Images per run; any number where it is left out. */
  readonly batch?: number;
}

/**
 * Input: `pixels` (B, 3, H, H), normalised with CLIP's mean and deviation.
 * Outputs: `tap.0`, `tap.1`, ... (B, grid^2, width), one per entry of `taps`, without any final LayerNorm; with
 * `embedding` also `embedding` (B, embedDim), not normalised.
 * The graph ends at the last block that an output needs.
 * @throws Fault `usage` for taps or sizes that the architecture does not have, `bad-model` for weights that do not fit.
 */
export function visionGraph(options: VisionGraphOptions): Uint8Array {
  const { architecture, weights, taps, precision = 'float32', batch = anyBatch } = options;
  const { imageSize = architecture.imageSize, embedding = false, classToken = false } = options;
  const { patchSize: p, layerNormEpsilon, embedDim } = architecture;
  const { width, layers } = architecture.vision;
  const grid = gridOf(architecture, imageSize);
  if (taps.some((tap, i) => tap < 1 || tap > layers || tap <= (taps[i - 1] ?? 0)))
    throw new Fault('usage', `Layers ${taps.join(', ')} cannot be read from a vision tower of ${layers} layers.`);

  const g = new Graph(precision);
  const norm = (name: string, rows: Value) =>
    layerNorm(g, rows, weight(g, weights, `${name}.weight`), weight(g, weights, `${name}.bias`), layerNormEpsilon);
  const tower: Tower = { ...architecture, weights, prefix: 'visual.', shape: architecture.vision };

  // The patch convolution has a stride of its own size, so it is a linear layer on cut-out patches.
  const pixels = g.input('pixels', [batch, 3, imageSize, imageSize]);
  const cut = transpose(g, reshape(g, pixels, [batch, 3, grid, p, grid, p]), [0, 2, 4, 1, 3, 5]);
  const kernel = weight(g, weights, 'visual.conv1.weight', { shape: [width, 3 * p * p] });
  const patches = linear(g, reshape(g, cut, [batch * grid * grid, 3 * p * p]), kernel);
  const length = 1 + grid * grid;
  const embedded = add(g, prependZeroToken(g, patches, batch, grid * grid, width), positions(g, options, grid));

  let x: Tokens = { rows: reshape(g, embedded, [batch * length, width]), count: batch, length };
  x = { ...x, rows: norm('visual.ln_pre', x.rows) };
  for (let i = 0; i < (embedding ? layers : taps.at(-1)!); i++) {
    x = block(g, tower, i, x);
    if (taps.includes(i + 1)) {
      const tokens = reshape(g, x.rows, [batch, length, width]);
      g.output(`tap.${taps.indexOf(i + 1)}`, classToken ? tokens : sliceTokens(g, tokens, 1, length));
    }
  }
  if (embedding) {
    const first = sliceTokens(g, reshape(g, x.rows, [batch, length, width]), 0, 1);
    const normalised = norm('visual.ln_post', reshape(g, first, [batch, width]));
    const projection = weight(g, weights, 'visual.proj', { shape: [width, embedDim] });
    g.output('embedding', linear(g, normalised, projection, undefined, { inputFirst: true }));
  }
  return encodeModel(g, 'clip-vision');
}

/** What each tap of `visionGraph` gives. @throws Fault `usage` for a size that the patches do not divide. */
export function visionTaps(architecture: ClipArchitecture, taps: readonly number[], imageSize?: number): TapShape[] {
  const grid = gridOf(architecture, imageSize ?? architecture.imageSize);
  return taps.map(() => ({ grid, width: architecture.vision.width }));
}

function gridOf({ patchSize }: ClipArchitecture, imageSize: number): number {
  if (imageSize % patchSize !== 0)
    throw new Fault('usage', `An image of ${imageSize} pixels a side cannot be cut into patches of ${patchSize}.`);
  return imageSize / patchSize;
}

/**
 * What is added to the tokens, (1 + grid^2, width): positional embeddings, and at the class token its embedding too.
 * For another grid than the checkpoint's, the patches' embeddings are resized bicubically, as open_clip does.
 */
function positions(g: Graph, { architecture, weights }: VisionGraphOptions, grid: number): Value {
  const { width } = architecture.vision;
  const trained = architecture.imageSize / architecture.patchSize;
  const name = 'visual.positional_embedding';
  const classEmbedding = weight(g, weights, 'visual.class_embedding', { shape: [1, width] });
  const atClass = add(g, classEmbedding, weight(g, weights, name, { rows: [0, 1] }));
  let atPatches = weight(g, weights, name, { rows: [1, 1 + trained * trained] });
  if (grid !== trained) {
    const resize = g.constant(bicubicMatrix(trained, grid), [grid, trained]);
    const alongY = matrixProduct(g, resize, reshape(g, atPatches, [trained, trained * width]));
    const alongX = matrixProduct(g, resize, reshape(g, alongY, [grid, trained, width]));
    atPatches = reshape(g, alongX, [grid * grid, width]);
  }
  return g.emit('Concat', [atClass, atPatches], [1 + grid * grid, width], { axis: 0 });
}

/** (batch * length, width) -> (batch, 1 + length, width) with zeros as the first token. */
function prependZeroToken(g: Graph, rows: Value, batch: number, length: number, width: number): Value {
  const tokens = reshape(g, rows, [batch, length, width]);
  return g.emit('Pad', [tokens, g.integers([0, 1, 0, 0, 0, 0])], [batch, 1 + length, width]);
}

/** Tokens from .. to - 1 of (batch, length, width). */
function sliceTokens(g: Graph, tokens: Value, from: number, to: number): Value {
  const [batch, , width] = tokens.shape;
  const range = [g.integers([from]), g.integers([to]), g.integers([1])];
  return g.emit('Slice', [tokens, ...range], [batch!, to - from, width!]);
}
