import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPack } from './pack.ts';
import { createRandomPack } from './random-pack.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'random-pack-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const own = (name: string) => join(import.meta.dirname, '../../models', name, 'pack');

async function tapsOfNoise(visionPath: string, side: number): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(visionPath, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  const pixels = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i * i));
  const results = await session.run({ pixels: new ort.Tensor('float32', pixels, [1, 3, side, side]) });
  await session.release();
  return Object.values(results).map(({ data }) => data as Float32Array);
}

describe.each(['embedded', 'mobilenet'])('random weights for %s', (name) => {
  it('keep graph, shapes and vocabulary, draw by the seed, and give tokens of the usual size', async () => {
    const trained = await loadPack(own(name));
    const first = await loadPack(await createRandomPack(own(name), join(folder, 'a'), 1));
    const again = await loadPack(await createRandomPack(own(name), join(folder, 'b'), 1));
    const other = await loadPack(await createRandomPack(own(name), join(folder, 'c'), 2));
    expect(first.identity).toBe(again.identity);
    expect(new Set([trained.identity, first.identity, other.identity]).size).toBe(3);
    expect(first.manifest.vision).toEqual(trained.manifest.vision);
    expect(first.manifest.text).toEqual(trained.manifest.text);
    expect((await first.tokeniser()).encode('no findings')).toEqual((await trained.tokeniser()).encode('no findings'));

    const { imageSize } = trained.manifest.vision;
    const rms = (values: Float32Array) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const sizes = (await tapsOfNoise(trained.visionPath, imageSize)).map(rms);
    for (const [tap, values] of (await tapsOfNoise(first.visionPath, imageSize)).entries()) {
      expect(rms(values)).toBeGreaterThan(sizes[tap]! / 10);
      expect(rms(values)).toBeLessThan(sizes[tap]! * 10);
    }
  });
});
