import { describe, expect, it } from 'vitest';
import { openSession } from '../engine/sessions.ts';
import { anyBatch, Graph, type Value } from './graph/graph.ts';
import { encodeModel } from './graph/onnx.ts';
import { diceLoss, focalLoss } from './loss.ts';

/** Value of a loss on maps of 1 x 2 pixels, one row per image. */
async function evaluate(
  loss: (g: Graph, abnormal: Value, mask: Value) => Value,
  probabilities: readonly number[][],
  masks: readonly number[][],
): Promise<number> {
  const g = new Graph('float64');
  g.output('loss', loss(g, g.input('abnormal', [anyBatch, 1, 2]), g.input('mask', [anyBatch, 1, 2])));
  const session = await openSession(encodeModel(g, 'loss'), { withoutFusion: true });
  const feed = (rows: readonly number[][]) => ({ dims: [rows.length, 1, 2], data: Float64Array.from(rows.flat()) });
  const out = await session.run({ abnormal: feed(probabilities), mask: feed(masks) });
  await session.close();
  return Number(out.loss!.data[0]);
}

describe('focal loss', () => {
  it('is the mean of -(1 - pt)^2 log(pt) over pixels and images, labels smoothed by 1e-5', async () => {
    const value = await evaluate(
      focalLoss,
      [
        [0.9, 0.2],
        [0.5, 0.6],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    );
    // The probability given to the true class: 0.9, 0.8, 0.5, 0.6.
    const expected = [0.9, 0.8, 0.5, 0.6].map((p) => {
      const pt = p * (1 - 1e-5) + (1 - p) * 1e-5 + 1e-5;
      return -((1 - pt) ** 2) * Math.log(pt);
    });
    expect(value).toBeCloseTo(expected.reduce((sum, each) => sum + each) / 4, 7);
  });
});

describe('dice loss', () => {
  it('is 1 - (2 sum(p m) + 1) / (sum(p) + sum(m) + 1), mean over images; soft labels count', async () => {
    const value = await evaluate(
      diceLoss,
      [
        [0.9, 0.2],
        [0.5, 0.6],
      ],
      [
        [1, 0.5],
        [0, 0],
      ],
    );
    const first = 1 - (2 * (0.9 + 0.1) + 1) / (1.1 + 1.5 + 1);
    const second = 1 - 1 / (1.1 + 1);
    expect(value).toBeCloseTo((first + second) / 2, 12);
  });
});
