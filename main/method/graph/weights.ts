/** Frozen weights as initializers of a graph: read into the model, or left in a file beside it. */
import { Fault } from '../../fault.ts';
import type { Graph, Shape, Value } from './graph.ts';
import { elementCount } from './graph.ts';
import { cast } from './operators.ts';

/** A raw little-endian file of tensors, in the folder that the session resolves external data against. */
export interface WeightFile {
  readonly file: string;
  readonly tensors: Readonly<Record<string, WeightRange>>;
}

/** `offset` and `length` in bytes. float16 halves the file; it is widened when the session opens. */
export interface WeightRange {
  readonly offset: number;
  readonly length: number;
  readonly dtype: 'float32' | 'float16';
  readonly shape: readonly number[];
}

/** Tensors that can be read; an open checkpoint is one. Their values travel inside the model. */
export interface WeightReader {
  shape(name: string): readonly number[];
  read(name: string): Float32Array;
}

/** By the canonical names of architecture.ts. */
export type Weights = WeightFile | WeightReader;

export interface WeightPart {
  /** Another shape for the same bytes. */
  readonly shape?: Shape;
  /** Rows from .. to - 1 of the first axis only. */
  readonly rows?: readonly [from: number, to: number];
}

/**
 * The tensor of that name in the graph's precision.
 * @throws Fault `bad-model` where the weights lack it or have it in another size.
 */
export function weight(g: Graph, weights: Weights, name: string, part: WeightPart = {}): Value {
  const full = shapeOf(weights, name);
  const [from, to] = part.rows ?? [0, full[0] ?? 1];
  const rowSize = elementCount(full.slice(1));
  const shape = part.shape ?? (part.rows ? [to - from, ...full.slice(1)] : full);
  if (elementCount(shape) !== (to - from) * rowSize || to > (full[0] ?? 1))
    throw new Fault('bad-model', `The model's tensor ${name} is [${full}], which does not fit its description.`);

  const key = part.rows ? `${name}[${from}:${to}]` : name;
  if (!isFile(weights))
    return g.named(key, shape, g.precision, () => weights.read(name).subarray(from * rowSize, to * rowSize));
  const { offset, length, dtype } = weights.tensors[name]!;
  const elementSize = dtype === 'float32' ? 4 : 2;
  if (length !== elementCount(full) * elementSize)
    throw new Fault('bad-model', `The model's tensor ${name} has ${length} bytes, which its shape [${full}] denies.`);
  const range = {
    file: weights.file,
    offset: offset + from * rowSize * elementSize,
    length: (to - from) * rowSize * elementSize,
  };
  return cast(
    g,
    g.named(key, shape, dtype, () => range),
  );
}

function shapeOf(weights: Weights, name: string): readonly number[] {
  if (!isFile(weights)) return weights.shape(name);
  const range = weights.tensors[name];
  if (!range) throw new Fault('bad-model', `The model lacks the tensor ${name}. Import it again.`);
  return range.shape;
}

function isFile(weights: Weights): weights is WeightFile {
  return 'file' in weights;
}
