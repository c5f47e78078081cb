import { describe, expect, it } from 'vitest';
import { randomWeights, smallClip } from '../../../tests/support/small-clip.ts';
import { openSession } from '../../engine/sessions.ts';
import type { Precision } from '../graph/graph.ts';
import { endOfTextSelection, type TextAttention, textGraph } from './text.ts';

const texts = [
  [1, 5, 6, 29],
  [1, 7, 8, 9, 10, 11, 29],
];
const endOfText = texts.map((text) => text.length - 1);

/** Embeddings of `texts` in a context of `length` tokens, `padding` after EOT. */
async function embed(attention: TextAttention, length: number, padding = 0, precision: Precision = 'float64') {
  const architecture = smallClip;
  const graph = textGraph({ architecture, weights: randomWeights(), attention, length, precision });
  const session = await openSession(graph, { withoutFusion: precision === 'float64' });
  const selection = endOfTextSelection(endOfText, length);
  const ids = texts.flatMap((text) => [...text, ...Array(length - text.length).fill(padding)]);
  const out = await session.run({
    token_ids: { dims: [texts.length, length], data: BigInt64Array.from(ids, BigInt) },
    end_of_text: {
      dims: [texts.length, 1, length],
      data: precision === 'float64' ? selection : Float32Array.from(selection),
    },
  });
  await session.close();
  expect(out.embedding!.dims).toEqual([texts.length, smallClip.embedDim]);
  return Array.from(out.embedding!.data, Number);
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

const { contextLength } = smallClip.text;

describe('causal text attention', () => {
  it('gives the same with the context cut to the longest text', async () => {
    const cut = await embed('causal', 7);
    expect(largestDifference(cut, await embed('causal', contextLength))).toBeLessThan(1e-14);
  });

  it('gives the same whatever follows EOT', async () => {
    expect(await embed('causal', contextLength, 3)).toEqual(await embed('causal', contextLength, 0));
  });
});

describe('full text attention', () => {
  it('sees the padding', async () => {
    const [a, b] = [await embed('full', contextLength, 3), await embed('full', contextLength, 0)];
    expect(largestDifference(a, b)).toBeGreaterThan(1e-3);
  });

  it('refuses a cut context', async () => {
    await expect(embed('full', 7)).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('the text graph', () => {
  it('computes in float32 what it computes in float64', async () => {
    const exact = await embed('causal', 7);
    expect(largestDifference(await embed('causal', 7, 0, 'float32'), exact)).toBeLessThan(1e-5);
  });

  it('refuses a text longer than the context', async () => {
    await expect(embed('causal', contextLength + 1)).rejects.toMatchObject({ code: 'usage' });
  });
});
