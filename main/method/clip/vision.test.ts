import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asWeightFile, randomWeights, smallClip } from '../../../tests/support/small-clip.ts';
import { type OpenOptions, openSession } from '../../engine/sessions.ts';
import type { ClipArchitecture } from '../architecture.ts';
import type { Weights } from '../graph/weights.ts';
import { Random } from '../random.ts';
import { type VisionGraphOptions, visionGraph, visionTaps } from './vision.ts';

const weights = randomWeights();
const architecture = smallClip;
const grid = 3;
const { width } = smallClip.vision;

function pixels(side: number, batch = 2) {
  const random = new Random(3);
  return {
    dims: [batch, 3, side, side],
    data: Float32Array.from({ length: batch * 3 * side * side }, () => random.normal()),
  };
}

async function run(options: Partial<VisionGraphOptions>, open: OpenOptions = {}) {
  const graph = visionGraph({ architecture, weights, taps: [1, 3], ...options });
  const session = await openSession(graph, open);
  const out = await session.run({ pixels: pixels(options.imageSize ?? smallClip.imageSize) });
  await session.close();
  return out;
}

function largestDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(Number(value) - Number(b[i]))));
}

describe('the vision graph', () => {
  it('gives one map of patch tokens per tap, and the embedding when asked', async () => {
    const out = await run({ embedding: true });
    expect(Object.keys(out).sort()).toEqual(['embedding', 'tap.0', 'tap.1']);
    expect(out['tap.0']!.dims).toEqual([2, grid * grid, width]);
    expect(out.embedding!.dims).toEqual([2, smallClip.embedDim]);
    expect(visionTaps(smallClip, [1, 3])).toEqual([
      { grid, width },
      { grid, width },
    ]);
  });

  it('puts the class token first when it is kept', async () => {
    const [plain, whole] = [await run({}), await run({ classToken: true })];
    expect(whole['tap.1']!.dims).toEqual([2, 1 + grid * grid, width]);
    const firstImage = whole['tap.1']!.data.subarray(width, (1 + grid * grid) * width) as Float32Array;
    const plainFirst = plain['tap.1']!.data.subarray(0, grid * grid * width) as Float32Array;
    expect(largestDifference(firstImage, plainFirst)).toBe(0);
  });

  it('ends at the last tapped block and reads no weight beyond it', async () => {
    const read = new Set<string>();
    await run({ weights: randomWeights(smallClip, read), taps: [1, 2] });
    expect(read).toContain('visual.transformer.resblocks.1.mlp.c_proj.weight');
    expect([...read].filter((name) => name.includes('resblocks.2') || /ln_post|proj$/.test(name))).toEqual([]);
  });

  it('takes another image size with resized positional embeddings', async () => {
    const out = await run({ imageSize: 20 });
    expect(out['tap.0']!.dims).toEqual([2, 25, width]);
    expect(Array.from(out['tap.0']!.data as Float32Array).every(Number.isFinite)).toBe(true);
  });

  it('uses equal positional embeddings unchanged at every size', async () => {
    // With the same embedding at every place, and the same pixels in every patch, all patch tokens are equal.
    const flat = {
      shape: weights.shape,
      read: (name: string) => {
        const values = weights.read(name);
        return name === 'visual.positional_embedding' ? values.map((_, i) => values[i % width]!) : values;
      },
    };
    const graph = visionGraph({ architecture, weights: flat, taps: [3], imageSize: 20 });
    const session = await openSession(graph);
    const out = await session.run({ pixels: { dims: [1, 3, 20, 20], data: new Float32Array(1200).fill(0.5) } });
    const tokens = out['tap.0']!.data as Float32Array;
    const first = Array.from({ length: tokens.length }, (_, i) => tokens[i % width]!);
    expect(largestDifference(tokens, first)).toBeLessThan(1e-5);
    await session.close();
  });

  it('computes exact GELU for checkpoints that were trained with it', async () => {
    const gelu: ClipArchitecture = { ...smallClip, activation: 'gelu' };
    const difference = largestDifference(
      (await run({ architecture: gelu }))['tap.1']!.data,
      (await run({}))['tap.1']!.data,
    );
    expect(difference).toBeGreaterThan(1e-4); // another function than QuickGELU
    expect(difference).toBeLessThan(1); // and close to it
    expect(() => visionGraph({ architecture: gelu, weights, taps: [1], precision: 'float64' })).toThrow('float64');
  });

  it.each([[[0]], [[4]], [[2, 1]], [[1, 1]]])('refuses taps %j', (taps) => {
    expect(() => visionGraph({ architecture, weights, taps })).toThrow('cannot be read');
  });

  it('refuses a size that the patches do not divide', () => {
    expect(() => visionGraph({ architecture, weights, taps: [1], imageSize: 13 })).toThrow('patches of 4');
  });
});

describe('weights in a file beside the model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vision-weights-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function fromFile(dtype: 'float32' | 'float16', open: OpenOptions): Promise<Record<string, ArrayLike<number>>> {
    const { bytes, layout } = asWeightFile(weights, dtype, `weights.${dtype}`);
    await writeFile(join(folder, layout.file), bytes);
    const out = await run({ weights: layout as Weights, embedding: true }, { dataFolder: folder, ...open });
    return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data as Float32Array]));
  }

  it.each([true, false])('give the same as weights inside the model (mapped: %s)', async (mapWeights) => {
    const inside = await run({ embedding: true });
    const beside = await fromFile('float32', { mapWeights });
    for (const [name, { data }] of Object.entries(inside))
      expect(largestDifference(beside[name]!, data)).toBeLessThan(1e-5);
  });

  it('may be stored in half precision', async () => {
    const inside = await run({ embedding: true });
    const beside = await fromFile('float16', {});
    for (const [name, { data }] of Object.entries(inside)) {
      expect(largestDifference(beside[name]!, data)).toBeGreaterThan(0);
      expect(largestDifference(beside[name]!, data)).toBeLessThan(0.05);
    }
  });

  it('are refused where their length does not fit their shape', () => {
    const { layout } = asWeightFile(weights, 'float32', 'weights');
    const name = 'visual.ln_pre.bias';
    const wrong = { ...layout, tensors: { ...layout.tensors, [name]: { ...layout.tensors[name]!, length: 4 } } };
    expect(() => visionGraph({ architecture, weights: wrong, taps: [1] })).toThrow(/visual.ln_pre.bias has 4 bytes/);
  });

  it('are refused where one is missing', () => {
    const { layout } = asWeightFile(weights, 'float32', 'weights');
    const { 'visual.ln_pre.bias': _, ...tensors } = layout.tensors;
    expect(() => visionGraph({ architecture, weights: { ...layout, tensors }, taps: [1] })).toThrow(
      /lacks the tensor visual.ln_pre.bias/,
    );
  });
});
