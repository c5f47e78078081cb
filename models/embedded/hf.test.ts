import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../main/modelpack/checkpoint.ts';
import { encodeForModel, loadTokeniser, splitWords } from '../../main/modelpack/tokeniser.ts';
import { drawPhantom, HELD_OUT_SEEDS, phantomKinds } from '../../main/phantoms/phantom.ts';

const folder = join(import.meta.dirname, 'hf');

describe('the embedded CLIP', () => {
  it('is a CLIP of the size that the model card states, well under 24 MB', async () => {
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.architecture).toMatchObject({
      embedDim: 192,
      imageSize: 224,
      patchSize: 16,
      vision: { width: 192, layers: 8, heads: 3 },
      text: { width: 128, layers: 4, heads: 2, contextLength: 77 },
      activation: 'quick_gelu',
    });
    expect(checkpoint.precision).toBe('float16');
    expect((await stat(join(folder, 'model.safetensors'))).size).toBeLessThan(12_000_000);
    await checkpoint.close();
  });

  it('has finite weights that training has moved', async () => {
    const checkpoint = await openCheckpoint(folder);
    for (const name of checkpoint.names) {
      const values = await checkpoint.read(name);
      expect(values.every(Number.isFinite), name).toBe(true);
      expect(values.some((value) => value !== values[0]) || values.length === 1, name).toBe(true);
    }
    await checkpoint.close();
  });

  it('marks the end of a text by the highest id, where CLIP looks for it', async () => {
    const checkpoint = await openCheckpoint(folder);
    const tokeniser = await loadTokeniser(checkpoint.tokeniserFiles!);
    expect(tokeniser.endToken).toBe(checkpoint.architecture.text.vocabularySize - 1);
    const ids = encodeForModel(tokeniser, 'No evidence of disease.');
    expect(Math.max(...ids)).toBe(tokeniser.endToken);
    await checkpoint.close();
  });

  it('spells captions and phrases in whole words', async () => {
    const checkpoint = await openCheckpoint(folder);
    const tokeniser = await loadTokeniser(checkpoint.tokeniserFiles!);
    const texts = phantomKinds.map((kind) => drawPhantom(kind, HELD_OUT_SEEDS, { size: 64, lesion: 'any' }).caption);
    for (const text of [...texts, 'pathological abnormality.', 'in good health.', 'no evidence of disease.'])
      expect(tokeniser.encode(text).length, text).toBeLessThanOrEqual(splitWords(text).length + 2);
    await checkpoint.close();
  });
});
