import { describe, expect, it } from 'vitest';
import { openSession, type TensorValue } from '../engine/sessions.ts';
import type { TapShape } from './architecture.ts';
import { detectionHeadGraph } from './detection.ts';
import { bilinearMatrix } from './graph/resampling.ts';
import { Random } from './random.ts';

const embedDim = 5;
const side = 9;
const batch = 2;
const random = new Random(11);
const numbers = (length: number) => Float64Array.from({ length }, () => random.normal());

interface Input {
  readonly shapes: readonly TapShape[];
  readonly taps: readonly Float64Array[];
  readonly weights: readonly Float64Array[];
  readonly biases: readonly Float64Array[];
  readonly text: Float64Array;
}

function randomInput(shapes: readonly TapShape[]): Input {
  return {
    shapes,
    taps: shapes.map(({ grid, width }) => numbers(batch * grid * grid * width)),
    weights: shapes.map(({ width }) => numbers(embedDim * width)),
    biases: shapes.map(() => numbers(embedDim)),
    text: numbers(embedDim * 2),
  };
}

async function run({ shapes, taps, weights, biases, text }: Input) {
  const graph = detectionHeadGraph({ taps: shapes, embedDim, side, precision: 'float64' });
  const session = await openSession(graph, { withoutFusion: true });
  const feeds: Record<string, TensorValue> = { text_features: { dims: [embedDim, 2], data: text } };
  for (const [i, { grid, width }] of shapes.entries()) {
    feeds[`tap.${i}`] = { dims: [batch, grid * grid, width], data: taps[i]! };
    feeds[`adapter.${i}.weight`] = { dims: [embedDim, width], data: weights[i]! };
    feeds[`adapter.${i}.bias`] = { dims: [embedDim], data: biases[i]! };
  }
  const out = await session.run(feeds);
  await session.close();
  expect(out.map!.dims).toEqual([batch, side, side]);
  return { map: out.map!.data as Float64Array, score: Array.from(out.score!.data, Number) };
}

/** The method as it is written, pixel by pixel: both channels, all cosines, softmax last. */
function mapOfPaper({ shapes, taps, weights, biases, text }: Input, image: number): Float64Array {
  const grid = Math.max(...shapes.map((shape) => shape.grid));
  const channels = [new Float64Array(grid * grid), new Float64Array(grid * grid)];
  for (const [i, { grid: from, width }] of shapes.entries()) {
    const up = bilinearMatrix(from, grid);
    for (let place = 0; place < grid * grid; place++) {
      const [row, column] = [Math.floor(place / grid), place % grid];
      const token = new Float64Array(width);
      for (let v = 0; v < from; v++)
        for (let u = 0; u < from; u++)
          for (let k = 0; k < width; k++)
            token[k]! +=
              up[row * from + v]! * up[column * from + u]! * taps[i]![((image * from + v) * from + u) * width + k]!;
      const adapted = Array.from({ length: embedDim }, (_, e) =>
        token.reduce((sum, t, k) => sum + t * weights[i]![e * width + k]!, biases[i]![e]!),
      );
      const length = Math.hypot(...adapted);
      for (const [c, channel] of channels.entries())
        channel[place]! += adapted.reduce((sum, a, e) => sum + (a / length) * text[e * 2 + c]!, 0) / shapes.length;
    }
  }
  const up = bilinearMatrix(grid, side);
  return Float64Array.from({ length: side * side }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / side), pixel % side];
    const [normal, abnormal] = channels.map((channel) =>
      channel.reduce(
        (sum, c, j) => sum + c * up[row * grid + Math.floor(j / grid)]! * up[column * grid + (j % grid)]!,
        0,
      ),
    );
    return Math.exp(abnormal!) / (Math.exp(normal!) + Math.exp(abnormal!));
  });
}

describe('the detection head', () => {
  it.each<[string, TapShape[]]>([
    [
      'taps of one shape',
      [
        { grid: 4, width: 6 },
        { grid: 4, width: 6 },
      ],
    ],
    [
      'taps of different grids and widths',
      [
        { grid: 4, width: 3 },
        { grid: 2, width: 6 },
        { grid: 1, width: 4 },
      ],
    ],
  ])('gives the map of the paper for %s', async (_, shapes) => {
    const input = randomInput(shapes);
    const { map, score } = await run(input);
    for (let image = 0; image < batch; image++) {
      const expected = mapOfPaper(input, image);
      for (const [i, value] of expected.entries()) expect(map[image * side * side + i]).toBeCloseTo(value, 12);
      expect(score[image]).toBeCloseTo(Math.max(...expected), 12);
    }
  });
});
