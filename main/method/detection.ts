/** From patch tokens to the anomaly map: adapters, cosines with the text features, upsampling (paper, section 2.3). */
import { Fault } from '../fault.ts';
import type { TapShape } from './architecture.ts';
import { anyBatch, Graph, type Precision, type Value } from './graph/graph.ts';
import { encodeModel } from './graph/onnx.ts';
import { add, divide, lengthOfVectors, linear, matrixProduct, multiply, reshape, sigmoid } from './graph/operators.ts';
import { bilinearMatrix, onGrid } from './graph/resampling.ts';

/** A linear layer on every token of one tap. */
export interface Adapter {
  /** (embedDim, width) */
  readonly weight: Value;
  /** (embedDim) */
  readonly bias: Value;
}

/**
 * Probability of "abnormal" for every pixel.
 *
 * The method takes cosines with both text features, averages them over the taps, upsamples both channels and applies
 * softmax. All of that but softmax is linear, and softmax over two channels is the sigmoid of their difference; so one
 * channel is enough: the cosine with (abnormal - normal).
 *
 * @param taps (B, grid^2, width) each; their grids may differ
 * @param towardsAbnormal (embedDim, 1): abnormal minus normal text feature
 * @param side H of the map
 * @returns (B, H, H)
 */
export function anomalyMap(
  g: Graph,
  taps: readonly Value[],
  shapes: readonly TapShape[],
  adapters: readonly Adapter[],
  towardsAbnormal: Value,
  side: number,
): Value {
  const grid = Math.max(...shapes.map((shape) => shape.grid));
  const batch = taps[0]!.shape[0]!;
  const differences = shapes.map(({ grid: from, width }, i) => {
    const tokens = upsampleTokens(g, taps[i]!, from, grid); // (B, grid^2, width)
    const { weight, bias } = adapters[i]!;
    const adapted = linear(g, reshape(g, tokens, [batch * grid * grid, width]), weight, bias); // (B * grid^2, embedDim)
    // (a / |a|) . t = (a . t) / |a|: dividing once per token, not once per element.
    return divide(g, linear(g, adapted, towardsAbnormal, undefined, { inputFirst: true }), lengthOfVectors(g, adapted));
  });
  const mean = multiply(
    g,
    differences.reduce((a, b) => add(g, a, b)),
    g.scalar(1 / shapes.length),
  );

  return sigmoid(g, upsampled(g, reshape(g, mean, [batch, grid, grid]), grid, side));
}

/** Bilinear resize of a map M as U M U^T: (B, grid, grid) -> (B, side, side). */
export function upsampled(g: Graph, map: Value, grid: number, side: number): Value {
  const upsample = bilinearMatrix(grid, side);
  const rows = matrixProduct(g, g.constant(upsample, [side, grid]), map);
  return matrixProduct(g, rows, g.constant(transposed(upsample, side, grid), [grid, side]));
}

/** Brings a tap of a smaller grid to the largest one, bilinear with align_corners. */
function upsampleTokens(g: Graph, tokens: Value, from: number, to: number): Value {
  if (from === to) return tokens;
  const matrix = onGrid(bilinearMatrix(from, to), from, to);
  return matrixProduct(g, g.constant(matrix, [to * to, from * from]), tokens);
}

function transposed(matrix: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]!);
}

/** The inputs `tap.0`, `tap.1`, ... (B, grid^2, width). @param named what they are called instead */
export function tapInputs(
  g: Graph,
  shapes: readonly TapShape[],
  batch: number,
  named: (name: string) => string = (name) => name,
): Value[] {
  if (shapes.length === 0) throw new Fault('internal', 'A head needs at least one tap.');
  return shapes.map(({ grid, width }, i) => g.input(named(`tap.${i}`), [batch, grid * grid, width]));
}

/** From the text features as they are stored, (embedDim, 2), to abnormal minus normal, (embedDim, 1). */
export function abnormalMinusNormal(g: Graph, textFeatures: Value): Value {
  return matrixProduct(g, textFeatures, g.constant([-1, 1], [2, 1]));
}

export interface DetectionHeadOptions {
  readonly taps: readonly TapShape[];
  readonly embedDim: number;
  /** Side H of the map in pixels; the image's. */
  readonly side: number;
  readonly precision?: Precision;
  /** Images per run; any number where it is left out. */
  readonly batch?: number;
  /** Heads that speak together, 1 where it is left out. */
  readonly heads?: number;
}

/** What the inputs of a head among several begin with; those of a single head have no prefix. */
export const headPrefix = (head: number, heads: number) => (heads === 1 ? '' : `head.${head}.`);

/**
 * Inputs: `tap.N` (B, grid^2, width) as the vision graph gives them; `adapter.N.weight` (embedDim, width) and
 * `adapter.N.bias` (embedDim) for each, of several heads behind `headPrefix`; `text_features` (embedDim, 2).
 * Outputs: `map` (B, H, H), probability of "abnormal"; `score` (B), its maximum. Of several heads the means of both.
 */
export function detectionHeadGraph(options: DetectionHeadOptions): Uint8Array {
  const { taps: shapes, embedDim, side, precision = 'float32', batch = anyBatch, heads = 1 } = options;
  const g = new Graph(precision);
  const taps = tapInputs(g, shapes, batch);
  const difference = abnormalMinusNormal(g, g.input('text_features', [embedDim, 2]));
  const maps = Array.from({ length: heads }, (_, head) => {
    const prefix = headPrefix(head, heads);
    const adapters = shapes.map(({ width }, i) => ({
      weight: g.input(`${prefix}adapter.${i}.weight`, [embedDim, width]),
      bias: g.input(`${prefix}adapter.${i}.bias`, [embedDim]),
    }));
    return anomalyMap(g, taps, shapes, adapters, difference, side);
  });
  const scores = maps.map((map) => g.emit('ReduceMax', [map, g.integers([1, 2])], [batch], { keepdims: 0 }));
  g.output('map', meanOf(g, maps));
  g.output('score', meanOf(g, scores));
  return encodeModel(g, 'mediclip-head');
}

function meanOf(g: Graph, values: readonly Value[]): Value {
  const [only] = values;
  if (values.length === 1 && only) return only;
  return multiply(
    g,
    values.reduce((a, b) => add(g, a, b)),
    g.scalar(1 / values.length),
  );
}
