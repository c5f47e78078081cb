import { describe, expect, it } from 'vitest';
import { openSession, type TensorValue } from '../../engine/sessions.ts';
import { Random } from '../random.ts';
import { gradients, recomputed } from './differentiator.ts';
import { elementCount, Graph, type Precision, type Shape, type Value } from './graph.ts';
import { encodeModel } from './onnx.ts';
import {
  add,
  batchMean,
  divide,
  gelu,
  layerNorm,
  lengthOfVectors,
  linear,
  logarithm,
  matrixProduct,
  multiply,
  negate,
  reduceMean,
  reduceSum,
  reshape,
  sigmoid,
  silu,
  softmax,
  square,
  squareRoot,
  subtract,
  transpose,
} from './operators.ts';

type Build = (g: Graph, inputs: readonly Value[]) => Value;

/** A random, fixed weighting of `build`'s result summed to a scalar, so that every element of it counts differently. */
function lossGraph(precision: Precision, shapes: readonly Shape[], build: Build): Uint8Array {
  const g = new Graph(precision);
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, shape));
  const y = build(g, inputs);
  const known = y.shape.map((side) => Math.abs(side));
  const weighted = multiply(g, y, g.constant(randomNumbers(elementCount(known), 99), known));
  const loss = reduceSum(
    g,
    weighted,
    y.shape.map((_, axis) => axis),
    false,
  );
  g.output('loss', loss);
  for (const [i, gradient] of gradients(g, loss, inputs).entries()) g.output(`gradient${i}`, gradient);
  return encodeModel(g, 'test');
}

/** Between 0.5 and 1.5, so that roots, logarithms and quotients are well defined. */
function randomNumbers(length: number, seed: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length }, () => random.between(0.5, 1.5));
}

function inPrecision(values: Float64Array, precision: Precision): Float64Array | Float32Array {
  return precision === 'float64' ? values : Float32Array.from(values);
}

/** Largest difference between emitted gradients and central differences of the loss. */
async function gradientError(
  shapes: readonly Shape[],
  build: Build,
  precision: Precision = 'float64',
): Promise<number> {
  const session = await openSession(lossGraph(precision, shapes, build), { withoutFusion: true });
  const known = shapes.map((shape) => shape.map((side) => Math.abs(side)));
  const values = known.map((shape, i) => randomNumbers(elementCount(shape), i + 1));
  const feeds = () => {
    const named = known.map((dims, i): [string, TensorValue] => [
      `x${i}`,
      { dims, data: inPrecision(values[i]!, precision) },
    ]);
    return Object.fromEntries(named);
  };
  const loss = async () => Number((await session.run(feeds(), ['loss'])).loss!.data[0]);

  const emitted = await session.run(feeds());
  const width = precision === 'float64' ? 1e-5 : 1e-2;
  let largest = 0;
  for (const [i, numbers] of values.entries()) {
    expect(emitted[`gradient${i}`]!.dims).toEqual(known[i]);
    for (const j of numbers.keys()) {
      const at = numbers[j]!;
      numbers[j] = at + width;
      const above = await loss();
      numbers[j] = at - width;
      const below = await loss();
      numbers[j] = at;
      const difference = (above - below) / (2 * width) - Number(emitted[`gradient${i}`]!.data[j]);
      largest = Math.max(largest, Math.abs(difference));
    }
  }
  await session.close();
  return largest;
}

describe('gradients agree with finite differences', () => {
  const cases: [name: string, shapes: Shape[], build: Build][] = [
    ['sum, broadcast', [[2, 3], [3]], (g, [a, b]) => add(g, a!, b!)],
    [
      'difference, broadcast both ways',
      [
        [2, 1],
        [1, 3],
      ],
      (g, [a, b]) => subtract(g, a!, b!),
    ],
    [
      'product, broadcast',
      [
        [2, 3],
        [1, 3],
      ],
      (g, [a, b]) => multiply(g, a!, b!),
    ],
    ['product with itself', [[2, 3]], (g, [a]) => multiply(g, a!, a!)],
    [
      'quotient, broadcast',
      [
        [2, 3],
        [2, 1],
      ],
      (g, [a, b]) => divide(g, a!, b!),
    ],
    ['negation', [[3]], (g, [a]) => negate(g, a!)],
    ['square', [[3]], (g, [a]) => square(g, a!)],
    ['square root', [[3]], (g, [a]) => squareRoot(g, a!)],
    ['logarithm', [[3]], (g, [a]) => logarithm(g, a!)],
    ['sigmoid', [[3]], (g, [a]) => sigmoid(g, a!)],
    ['SiLU', [[5]], (g, [a]) => silu(g, a!)],
    ['softmax', [[2, 4]], (g, [a]) => softmax(g, a!)],
    [
      'matrix product',
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      (g, [a, b]) => matrixProduct(g, a!, b!),
    ],
    [
      'matrix product, one matrix for all',
      [
        [3, 4],
        [2, 4, 5],
      ],
      (g, [a, b]) => matrixProduct(g, a!, b!),
    ],
    ['linear layer', [[3, 4], [2, 4], [2]], (g, [x, w, b]) => linear(g, x!, w!, b!)],
    [
      'linear layer with factors that float32 does not hold',
      [[3, 4], [2, 4], [2]],
      (g, [x, w, b]) => linear(g, x!, w!, b!, { factor: 1.702, biasFactor: 0.3 }),
    ],
    [
      'linear layer with factors inside the Gemm',
      [[3, 4], [2, 4], [2]],
      (g, [x, w, b]) => linear(g, x!, w!, b!, { factor: 0.5, biasFactor: 0.25 }),
    ],
    [
      'linear layer, input first',
      [
        [3, 4],
        [4, 2],
      ],
      (g, [x, w]) => linear(g, x!, w!, undefined, { inputFirst: true }),
    ],
    ['reshape', [[2, 6]], (g, [a]) => reshape(g, a!, [3, 4])],
    ['transpose', [[2, 3, 4]], (g, [a]) => transpose(g, a!, [2, 0, 1])],
    ['sum over axes', [[2, 3, 4]], (g, [a]) => reduceSum(g, a!, [0, 2], false)],
    ['mean, axis kept', [[2, 3]], (g, [a]) => reduceMean(g, a!, [1], true)],
    ['mean over an open batch', [[-4, 3]], (g, [a]) => batchMean(g, reduceSum(g, square(g, a!), [1], false))],
    ['length of vectors', [[2, 3]], (g, [a]) => lengthOfVectors(g, a!)],
    [
      'LayerNorm',
      [[2, 5]],
      (g, [a]) => layerNorm(g, a!, g.constant([1, 2, 0.5, 1.5, 1], [5]), g.constant([0, 1, 0, 1, 0], [5]), 1e-5),
    ],
  ];
  it.each(cases)('%s', async (_, shapes, build) => {
    expect(await gradientError(shapes, build)).toBeLessThan(1e-8);
  });

  it('exact GELU, as far as float32 can tell', async () => {
    expect(await gradientError([[2, 3]], (g, [a]) => gelu(g, a!), 'float32')).toBeLessThan(3e-3);
  });
});

it('LayerNorm as one operator, in float32, has the gradient of LayerNorm written out in float64', async () => {
  const build: Build = (g, [a]) => layerNorm(g, a!, g.constant([1, 2, 3], [3]), g.constant([0, 1, 0], [3]), 1e-5);
  const gradient = async (precision: Precision) => {
    const session = await openSession(lossGraph(precision, [[2, 3]], build), { withoutFusion: true });
    const out = await session.run({ x0: { dims: [2, 3], data: inPrecision(randomNumbers(6, 1), precision) } });
    await session.close();
    return Array.from(out.gradient0!.data, Number);
  };
  const [single, double] = [await gradient('float32'), await gradient('float64')];
  for (const [i, value] of double.entries()) expect(single[i]).toBeCloseTo(value, 4);
});

describe('the differentiator', () => {
  it('refuses a parameter that the loss does not depend on', () => {
    const g = new Graph('float32');
    const [used, unused] = [g.input('used', [2]), g.input('unused', [2])];
    const loss = reduceSum(g, used, [0], false);
    expect(() => gradients(g, loss, [used, unused])).toThrow('does not depend on unused');
  });

  it('emits nothing for branches without a parameter', () => {
    const g = new Graph('float32');
    const [x, frozen] = [g.input('x', [2]), g.input('frozen', [2])];
    const loss = reduceSum(g, multiply(g, x, sigmoid(g, frozen)), [0], false);
    const before = g.nodes.length;
    gradients(g, loss, [x]);
    // Undoing the sum, and the product's own rule; none for the sigmoid.
    expect(g.nodes.slice(before).map((node) => node.operator)).toEqual(['Reshape', 'Expand', 'Mul']);
  });
});

describe('a part that is computed once more', () => {
  const part = (g: Graph, x: Value) => multiply(g, silu(g, x), square(g, sigmoid(g, x)));
  const plain: Build = (g, [x]) => add(g, x!, square(g, part(g, multiply(g, x!, x!))));
  const sparing: Build = (g, [x]) =>
    add(
      g,
      x!,
      square(
        g,
        recomputed(g, multiply(g, x!, x!), (y) => part(g, y)),
      ),
    );

  it.each(['float32', 'float64'] as const)('gives the same loss and gradients bit for bit in %s', async (precision) => {
    const run = async (build: Build) => {
      const session = await openSession(lossGraph(precision, [[40]], build), { withoutFusion: true });
      const out = await session.run({ x0: { dims: [40], data: inPrecision(randomNumbers(40, 3), precision) } });
      await session.close();
      return out;
    };
    expect(await run(sparing)).toEqual(await run(plain));
  });

  it('keeps nothing but what goes into it, and computes nothing that no gradient needs', () => {
    const count = (build: Build) => {
      const g = new Graph('float32');
      const x = g.input('x', [4]);
      const loss = reduceSum(g, build(g, [x]), [0], false);
      const forward = g.nodes.length;
      const kept = new Set(g.nodes.flatMap((node) => node.outputs));
      g.output('gradient', gradients(g, loss, [x])[0]!);
      const back = g.nodes.slice(forward).flatMap((node) => node.inputs.filter((value) => kept.has(value)));
      return new Set(back).size;
    };
    expect(count(sparing)).toBeLessThan(count(plain));
  });
});
