import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importModel } from './import.ts';
import { loadPack } from './pack.ts';
import { createRandomPack } from './random-pack.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'random-pack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The application's own, a convolutional network, and a ViT. */
const packs: Readonly<Record<string, () => Promise<string>>> = {
  embedded: async () => join(import.meta.dirname, '../../models/embedded/pack'),
  micro: async () => {
    const source = join(import.meta.dirname, '../../tests/golden/micro/hf');
    return (await importModel(source, { targetFolder: folder, name: 'micro', layers: [1, 2, 3] })).folder;
  },
};

async function tapsOfNoise(visionPath: string, side: number): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(visionPath, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  const pixels = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * i));
  const results = await session.run({ pixels: new ort.Tensor('float32', pixels, [1, 3, side, side]) });
  await session.release();
  return Object.values(results).map(({ data }) => data as Float32Array);
}

describe.each(Object.keys(packs))('random weights for %s', (name) => {
  it('keep graph, shapes and vocabulary, draw by the seed, and give tokens of the usual size', async () => {
    const source = await packs[name]!();
    const make = async (seed: number, place: string) =>
      await loadPack(await createRandomPack(source, join(folder, place), seed));
    const trained = await loadPack(source);
    const [first, again, other] = [await make(1, 'a'), await make(1, 'b'), await make(2, 'c')];
    expect(first.identity).toBe(again.identity);
    expect(new Set([trained.identity, first.identity, other.identity]).size).toBe(3);
    expect(first.manifest.vision).toEqual(trained.manifest.vision);
    expect(first.manifest.text).toEqual(trained.manifest.text);
    expect(first.manifest.tokeniser).toEqual(trained.manifest.tokeniser);

    const { imageSize } = trained.manifest.vision;
    const rms = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const sizes = (await tapsOfNoise(trained.visionPath, imageSize)).map(rms);
    for (const [tap, values] of (await tapsOfNoise(first.visionPath, imageSize)).entries()) {
      expect(rms(values)).toBeGreaterThan(sizes[tap]! / 10);
      expect(rms(values)).toBeLessThan(sizes[tap]! * 10);
    }
  });
});
