/**
 * The operators that MediCLIP needs, each with its derivative beside it. All are operators of the ONNX standard (opset
 * 18), so that every execution provider of onnxruntime can run forward and backward alike.
 *
 * In the comments dy is the derivative of the loss by the operator's output y, and dx the one by its input x.
 */
import { Fault } from '../../fault.ts';
import { elementCount, type Graph, isStatic, type Shape, type Value } from './graph.ts';

// ------------------------------------------------------------------------------------------------------- arithmetic

export function add(g: Graph, a: Value, b: Value): Value {
  const y = g.emit('Add', [a, b], broadcastShape(a.shape, b.shape));
  return g.differentiable(y, [a, b], (dy) => [() => sumTo(g, dy, a.shape), () => sumTo(g, dy, b.shape)]);
}

export function subtract(g: Graph, a: Value, b: Value): Value {
  const y = g.emit('Sub', [a, b], broadcastShape(a.shape, b.shape));
  return g.differentiable(y, [a, b], (dy) => [() => sumTo(g, dy, a.shape), () => sumTo(g, negate(g, dy), b.shape)]);
}

export function multiply(g: Graph, a: Value, b: Value): Value {
  const y = g.emit('Mul', [a, b], broadcastShape(a.shape, b.shape));
  return g.differentiable(y, [a, b], (dy) => [
    () => sumTo(g, multiply(g, dy, b), a.shape),
    () => sumTo(g, multiply(g, dy, a), b.shape),
  ]);
}

export function divide(g: Graph, a: Value, b: Value): Value {
  const y = g.emit('Div', [a, b], broadcastShape(a.shape, b.shape));
  return g.differentiable(y, [a, b], (dy) => [
    () => sumTo(g, divide(g, dy, b), a.shape),
    () => sumTo(g, negate(g, divide(g, multiply(g, dy, y), b)), b.shape),
  ]);
}

export function negate(g: Graph, x: Value): Value {
  const y = g.emit('Neg', [x], x.shape);
  return g.differentiable(y, [x], (dy) => [() => negate(g, dy)]);
}

export function square(g: Graph, x: Value): Value {
  const y = g.emit('Mul', [x, x], x.shape);
  return g.differentiable(y, [x], (dy) => [() => multiply(g, dy, multiply(g, g.scalar(2), x))]);
}

export function squareRoot(g: Graph, x: Value): Value {
  const y = g.emit('Sqrt', [x], x.shape);
  return g.differentiable(y, [x], (dy) => [() => divide(g, dy, multiply(g, g.scalar(2), y))]);
}

export function logarithm(g: Graph, x: Value): Value {
  const y = g.emit('Log', [x], x.shape);
  return g.differentiable(y, [x], (dy) => [() => divide(g, dy, x)]);
}

// ------------------------------------------------------------------------------------------------------ activations

export function sigmoid(g: Graph, x: Value): Value {
  const y = g.emit('Sigmoid', [x], x.shape);
  return g.differentiable(y, [x], (dy) => [() => multiply(g, dy, multiply(g, y, subtract(g, g.scalar(1), y)))]);
}

/** x * sigmoid(x). QuickGELU is silu(1.702 x) / 1.702; the two factors ride in the matrix products beside it. */
export function silu(g: Graph, x: Value): Value {
  const s = g.emit('Sigmoid', [x], x.shape);
  const y = g.emit('Mul', [x, s], x.shape);
  // s + x s (1 - s) = s + y (1 - s); x itself need not be kept.
  const slope = () => add(g, s, multiply(g, y, subtract(g, g.scalar(1), s)));
  return g.differentiable(y, [x], (dy) => [() => multiply(g, dy, slope())]);
}

/** GELU in its exact form, x * Phi(x). onnxruntime has no Erf in float64, so this one is float32 only. */
export function gelu(g: Graph, x: Value): Value {
  if (g.precision === 'float64')
    throw new Fault('unsupported', 'A checkpoint with exact GELU cannot be computed in float64. Use float32.');
  const erf = g.emit('Erf', [multiply(g, x, g.scalar(Math.SQRT1_2))], x.shape);
  const phi = multiply(g, g.scalar(0.5), add(g, g.scalar(1), erf));
  const y = g.emit('Mul', [x, phi], x.shape);
  return g.differentiable(y, [x], (dy) => [
    () => {
      const bell = g.emit('Exp', [multiply(g, g.scalar(-0.5), square(g, x))], x.shape);
      const density = multiply(g, bell, g.scalar(1 / Math.sqrt(2 * Math.PI)));
      return multiply(g, dy, add(g, phi, multiply(g, x, density)));
    },
  ]);
}

/** Softmax over the last axis. dx = y (dy - sum(dy y)). */
export function softmax(g: Graph, x: Value): Value {
  const y = g.emit('Softmax', [x], x.shape, { axis: -1 });
  return g.differentiable(y, [x], (dy) => [
    () => {
      const weighted = multiply(g, dy, y);
      const total = reduceSum(g, weighted, [x.shape.length - 1], true);
      return subtract(g, weighted, multiply(g, y, total));
    },
  ]);
}

// -------------------------------------------------------------------------------------------------- matrix products

/** Product of the last two axes, the leading ones broadcast: (..., m, k) x (..., k, n) -> (..., m, n). */
export function matrixProduct(g: Graph, a: Value, b: Value): Value {
  if (a.shape.at(-1) !== b.shape.at(-2)) throw shapesDisagree('A matrix product', a, b);
  const leading = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const y = g.emit('MatMul', [a, b], [...leading, a.shape.at(-2)!, b.shape.at(-1)!]);
  return g.differentiable(y, [a, b], (dy) => [
    () => sumTo(g, matrixProduct(g, dy, swapLastAxes(g, b)), a.shape),
    () => sumTo(g, matrixProduct(g, swapLastAxes(g, a), dy), b.shape),
  ]);
}

export interface LinearOptions {
  /** Factor on the product. */
  readonly factor?: number;
  /** Factor on the bias. */
  readonly biasFactor?: number;
  /** The weight lies as (in, out); otherwise as (out, in), as torch's Linear has it. */
  readonly inputFirst?: boolean;
}

/**
 * Linear layer: (m, in) -> (m, out), factor * x W^T + biasFactor * bias. One Gemm forward and one backward read the same weight, so it is held once.
 */
export function linear(g: Graph, x: Value, weight: Value, bias?: Value, options: LinearOptions = {}): Value {
  const { factor = 1, biasFactor = 1, inputFirst = false } = options;
  const out = weight.shape[inputFirst ? 1 : 0]!;
  if (x.shape.length !== 2 || x.shape[1] !== weight.shape[inputFirst ? 0 : 1])
    throw shapesDisagree('A linear layer', x, weight);
  if (g.precision === 'float64' && [factor, biasFactor].some((f) => f !== Math.fround(f))) {
    // Gemm's factors are float32 attributes, which would leave float64 only seven digits.
    const product = multiply(g, linear(g, x, weight, undefined, { inputFirst }), g.scalar(factor));
    return bias ? add(g, product, multiply(g, bias, g.scalar(biasFactor))) : product;
  }
  const alpha = { alpha: { float: factor } };
  const y = g.emit('Gemm', bias ? [x, weight, bias] : [x, weight], [x.shape[0]!, out], {
    ...alpha,
    beta: { float: biasFactor },
    transB: inputFirst ? 0 : 1,
  });
  return g.differentiable(y, bias ? [x, weight, bias] : [x, weight], (dy) => [
    () => g.emit('Gemm', [dy, weight], x.shape, { ...alpha, transB: inputFirst ? 1 : 0 }),
    () => g.emit('Gemm', inputFirst ? [x, dy] : [dy, x], weight.shape, { ...alpha, transA: 1 }),
    () => multiply(g, reduceSum(g, dy, [0], false), g.scalar(biasFactor)),
  ]);
}

// ----------------------------------------------------------------------------------------------------------- shapes

export function reshape(g: Graph, x: Value, shape: Shape): Value {
  if (elementCount(shape) !== elementCount(x.shape))
    throw new Fault('internal', `Shape [${x.shape}] cannot become [${shape}].`);
  const target = g.integers(shape.map((side) => (side < 0 ? -1 : side)));
  const y = g.emit('Reshape', [x, target], shape, {}, x.type);
  return g.differentiable(y, [x], (dy) => [() => reshape(g, dy, x.shape)]);
}

export function transpose(g: Graph, x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis]!);
  const y = g.emit('Transpose', [x], shape, { perm: order });
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return g.differentiable(y, [x], (dy) => [() => transpose(g, dy, inverse)]);
}

function swapLastAxes(g: Graph, x: Value): Value {
  const rank = x.shape.length;
  return transpose(g, x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

/** Repeats x to a larger shape by the rules of broadcasting. `like` has that shape. */
function expandLike(g: Graph, x: Value, like: Value): Value {
  const target = isStatic(like.shape)
    ? g.integers(like.shape)
    : g.emit('Shape', [like], [like.shape.length], {}, 'int64');
  return g.emit('Expand', [x, target], like.shape);
}

// ------------------------------------------------------------------------------------------------------- reductions

export function reduceSum(g: Graph, x: Value, axes: readonly number[], keepAxes: boolean): Value {
  const kept = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  const shape = keepAxes ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  const y = g.emit('ReduceSum', [x, g.integers(axes)], shape, { keepdims: keepAxes ? 1 : 0 });
  return g.differentiable(y, [x], (dy) => [() => expandLike(g, keepAxes ? dy : reshape(g, dy, kept), x)]);
}

/** Mean over axes whose length is known when the graph is made. */
export function reduceMean(g: Graph, x: Value, axes: readonly number[], keepAxes: boolean): Value {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  if (count < 0) throw new Fault('internal', 'reduceMean was asked for the mean over the batch; use batchMean.');
  return multiply(g, reduceSum(g, x, axes, keepAxes), g.scalar(1 / count));
}

/** Mean over the batch: (B) -> (). The batch may be unknown until the graph runs. */
export function batchMean(g: Graph, x: Value): Value {
  const size = g.emit('Size', [x], [], {}, 'int64');
  return divide(g, reduceSum(g, x, [0], false), cast(g, size));
}

/** Euclidean length of each vector along the last axis: (..., n) -> (..., 1). dx = x dy / y. */
export function lengthOfVectors(g: Graph, x: Value): Value {
  const last = x.shape.length - 1;
  const y = g.emit('Sqrt', [reduceSum(g, square(g, x), [last], true)], [...x.shape.slice(0, -1), 1]);
  return g.differentiable(y, [x], (dy) => [() => multiply(g, x, divide(g, dy, y))]);
}

// ---------------------------------------------------------------------------------------------------- normalisation

/**
 * LayerNorm over the last axis with frozen scale and bias: y = n * scale + bias, n = (x - mean) / deviation.
 * With h = dy * scale: dx = (h - mean(h) - n * mean(h n)) / deviation.
 *
 * In float64 it is written out: onnxruntime's operator keeps its statistics in float32 even for float64 input.
 */
export function layerNorm(g: Graph, x: Value, scale: Value, bias: Value, epsilon: number): Value {
  const last = x.shape.length - 1;
  const column = [...x.shape.slice(0, -1), 1];
  const mean = (value: Value) => g.emit('ReduceMean', [value, g.integers([last])], column, { keepdims: 1 });

  let y: Value;
  let normalised: () => Value;
  let inverseDeviation: () => Value;
  if (g.precision === 'float64') {
    const centred = subtract(g, x, mean(x));
    const variance = mean(square(g, centred));
    const inverse = divide(g, g.scalar(1), squareRoot(g, add(g, variance, g.scalar(epsilon))));
    const n = multiply(g, centred, inverse);
    y = add(g, multiply(g, n, scale), bias);
    normalised = () => n;
    inverseDeviation = () => inverse;
  } else {
    const node = g.emitNode('LayerNormalization', [x, scale, bias], x.shape, { axis: -1, epsilon: { float: epsilon } });
    y = node.outputs[0]!;
    // Only where a gradient passes is the node asked for its statistics too.
    const statistics = () => {
      if (node.outputs.length === 1) for (let i = 0; i < 2; i++) g.addOutput(node, column);
      return { mean: node.outputs[1]!, inverse: node.outputs[2]! };
    };
    normalised = () => multiply(g, subtract(g, x, statistics().mean), statistics().inverse);
    inverseDeviation = () => statistics().inverse;
  }
  const gradient = (dy: Value) => () => {
    const h = multiply(g, dy, scale);
    const n = normalised();
    const along = multiply(g, n, mean(multiply(g, h, n)));
    return multiply(g, subtract(g, subtract(g, h, mean(h)), along), inverseDeviation());
  };
  const frozen = () => {
    throw new Fault('internal', 'The scale and bias of LayerNorm are frozen and have no gradient.');
  };
  return g.differentiable(y, [x, scale, bias], (dy) => [gradient(dy), frozen, frozen]);
}

// ------------------------------------------------------------------------------------------- without any derivative

/** To the precision that the graph computes in. */
export function cast(g: Graph, x: Value): Value {
  if (x.type === g.precision) return x;
  return g.emit('Cast', [x], x.shape, { to: g.precision });
}

/** Rows of a table: ids (...) of table (n, width) -> (..., width). */
export function gatherRows(g: Graph, table: Value, ids: Value): Value {
  return g.emit('Gather', [table, ids], [...ids.shape, table.shape[1]!], { axis: 0 }, table.type);
}

// ----------------------------------------------------------------------------------------------------- broadcasting

/** Shape of an elementwise operation on two shapes, after numpy's rules. */
function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const sideA = a[a.length - rank + i] ?? 1;
    const sideB = b[b.length - rank + i] ?? 1;
    if (sideA !== sideB && sideA !== 1 && sideB !== 1)
      throw new Fault('internal', `Shapes [${a}] and [${b}] do not go together.`);
    return sideA === 1 ? sideB : sideA;
  });
}

/** Undoes broadcasting: sums a gradient over the axes along which a value of the given shape was repeated. */
function sumTo(g: Graph, gradient: Value, shape: Shape): Value {
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((side, axis) =>
    side !== (shape[axis - extra] ?? 1) || axis < extra ? [axis] : [],
  );
  if (axes.length === 0) return gradient;
  return reshape(g, reduceSum(g, gradient, axes, false), shape);
}

function shapesDisagree(what: string, a: Value, b: Value): Fault {
  return new Fault('internal', `${what} was given [${a.shape}] (${a.name}) and [${b.shape}] (${b.name}).`);
}
