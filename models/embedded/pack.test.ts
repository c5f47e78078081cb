import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { halfToFloat32 } from '../../main/modelpack/half.ts';
import { loadPack, packBytes } from '../../main/modelpack/pack.ts';
import { encodeForModel, splitWords } from '../../main/modelpack/tokeniser.ts';
import { drawPhantom, HELD_OUT_SEEDS, phantomKinds } from '../../main/phantoms/phantom.ts';

const folder = join(import.meta.dirname, 'pack');

describe('the embedded model', () => {
  it('is of the size that the model card states, well under 24 MB', async () => {
    const { manifest } = await loadPack(folder);
    expect(manifest.family).toBe('vision-graph');
    expect(manifest.precision).toBe('float16');
    expect(manifest.vision).toMatchObject({
      imageSize: 224,
      taps: [
        { grid: 14, width: 384 },
        { grid: 14, width: 96 },
      ],
    });
    expect(manifest.architecture).toMatchObject({ embedDim: 192, text: { width: 128, layers: 4, heads: 2 } });
    expect(packBytes(manifest)).toBeLessThan(4_000_000);
  });

  it('has finite weights, no tensor of them all alike', async () => {
    const { manifest } = await loadPack(folder);
    for (const { file, tensors } of [manifest.vision.weights, manifest.text.weights]) {
      const bytes = await readFile(join(folder, file));
      for (const [name, { offset, length }] of Object.entries(tensors)) {
        const values = halfToFloat32(new Uint16Array(Uint8Array.from(bytes.subarray(offset, offset + length)).buffer));
        expect(values.every(Number.isFinite), name).toBe(true);
        expect(
          values.some((value) => value !== values[0]),
          name,
        ).toBe(true);
      }
    }
  });

  it('marks the end of a text by the highest id, where CLIP looks for it', async () => {
    const pack = await loadPack(folder);
    const tokeniser = await pack.tokeniser();
    expect(tokeniser.endToken).toBe(pack.manifest.architecture.text.vocabularySize - 1);
    expect(Math.max(...encodeForModel(tokeniser, 'No evidence of disease.'))).toBe(tokeniser.endToken);
  });

  it('spells captions and phrases in whole words', async () => {
    const tokeniser = await (await loadPack(folder)).tokeniser();
    const texts = phantomKinds.map((kind) => drawPhantom(kind, HELD_OUT_SEEDS, { size: 64, lesion: 'any' }).caption);
    for (const text of [...texts, 'pathological abnormality.', 'in good health.', 'no evidence of disease.'])
      expect(tokeniser.encode(text).length, text).toBeLessThanOrEqual(splitWords(text).length + 2);
  });
});
