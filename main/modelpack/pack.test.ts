import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../fault.ts';
import { visionGraph } from '../method/clip/vision.ts';
import { clipNormalisation } from '../method/resize.ts';
import { exportPack, importArchive } from './archive.ts';
import { openCheckpoint } from './checkpoint.ts';
import { halfToFloat32 } from './half.ts';
import { importModel } from './import.ts';
import { decodeManifest, defaultLayers, officialModels, type PackManifest, readManifest } from './manifest.ts';
import { type ByteProgress, createPack, listPacks, loadPack, removePack, summarisePack, verifyPack } from './pack.ts';
import { readSafetensors, type Tensor, toFloat32, writeSafetensors } from './safetensors.ts';

const micro = new URL('../../tests/golden/micro', import.meta.url).pathname;

let folder: string;
/** Where packs are kept. */
let packs: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-'));
  packs = join(folder, 'models');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function rejection(promise: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
}

const importMicro = (name = 'micro') =>
  importModel(join(micro, 'hf'), { targetFolder: packs, name, layers: [1, 2, 3] });

/** A word-piece vocabulary of the shape of CLIP's, with one merge and so many tokens in all. */
async function writeVocabulary(into: string, tokens: number): Promise<void> {
  const names = ['a', 'b', 'a</w>', 'b</w>', 'ab</w>', '<start_of_text>', '<end_of_text>'];
  for (let i = names.length; i < tokens; i++) names.push(`unused${i}`);
  await writeFile(join(into, 'vocab.json'), JSON.stringify(Object.fromEntries(names.map((name, id) => [name, id]))));
  await writeFile(join(into, 'merges.txt'), '#version: 0.2\na b</w>\n');
}

/** A tensor of the recorded case. */
async function recorded(name: string): Promise<{ shape: readonly number[]; values: Float32Array }> {
  const { tensors } = await readSafetensors(join(micro, 'golden.safetensors'));
  const tensor = tensors.get(name) as Tensor;
  return { shape: tensor.shape, values: toFloat32(tensor) };
}

/** The taps that a pack's vision graph gives for the recorded images. */
async function runVision(visionPath: string): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(visionPath, { executionProviders: ['cpu'], logSeverityLevel: 3 });
  const { shape, values } = await recorded('in.images');
  const results = await session.run({ pixels: new ort.Tensor('float32', values, shape) });
  await session.release();
  return results as Record<string, ort.Tensor>;
}

describe('importing a checkpoint', () => {
  test.each([
    ['huggingface', 'hf'],
    ['open_clip', '.'],
    ['openai', 'openai.pt'],
  ])('%s gives a pack whose graph agrees with the recorded numbers', async (format, place) => {
    const pack = await importModel(join(micro, place), {
      targetFolder: packs,
      name: 'm',
      layers: [1, 2, 3],
      textHeads: 2,
    });
    expect(pack.folder).toBe(join(packs, 'm'));
    expect(pack.manifest.source.format).toBe(format);
    const results = await runVision(pack.visionPath);
    for (const layer of [1, 2, 3]) {
      const { shape, values } = await recorded(`vision.layer${layer}`); // with the class token
      const tap = results[`tap.${layer - 1}`];
      expect(tap.dims).toEqual([shape[0], shape[1] - 1, shape[2]]);
      const [images, tokens, width] = shape;
      const withoutClass = Array.from({ length: images }, (_, i) =>
        values.subarray((i * tokens + 1) * width, (i + 1) * tokens * width),
      ).flatMap((part) => [...part]);
      const worst = withoutClass.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(tap.data[i]))), 0);
      expect(worst).toBeLessThan(3e-5);
    }
  });

  test('writes a manifest that describes it', async () => {
    const { manifest } = await importMicro();
    expect(manifest).toMatchObject({
      family: 'clip-vit',
      layers: [1, 2, 3],
      licence: 'unknown',
      precision: 'float32',
      tokeniser: { kind: 'default-phrases' },
      vision: { imageSize: 32, taps: Array(3).fill({ grid: 4, width: 64 }), normalisation: clipNormalisation },
    });
    expect(manifest.source).toEqual({
      format: 'huggingface',
      file: 'model.safetensors',
      bytes: 402602,
      sha256: '961e1f67cf7b61710c77541fe82ead00cb80a97db6a19eadaac4e5b36de2b2f0',
    });
    expect(summarisePack(manifest)).toMatchObject({ name: 'micro', patch: 8, embedDim: 32, layersOut: [1, 2, 3] });
    expect(await readManifest(join(packs, 'micro'))).toEqual(manifest);
  });

  test('knows the four files of OpenAI by their hashes, and shows any other with its hash as unknown', async () => {
    // As OpenAI's own loader has them in the addresses of the files.
    expect(officialModels).toEqual({
      '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af': 'OpenAI CLIP ViT-B/32',
      '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f': 'OpenAI CLIP ViT-B/16',
      b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836: 'OpenAI CLIP ViT-L/14',
      '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02': 'OpenAI CLIP ViT-L/14@336px',
    });
    const path = join(micro, 'openai.pt');
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    const options = { targetFolder: packs, layers: [1, 2, 3], textHeads: 2 };
    const unknown = summarisePack((await importModel(path, options)).manifest);
    expect(unknown).toMatchObject({ name: 'openai', sha256, licence: 'unknown' });
    expect(unknown).not.toHaveProperty('verifiedAs');

    // A file of 900 MB would be wanted to see it with OpenAI's own; a table that has this one's hash goes the same way.
    const table = officialModels as Record<string, string>;
    table[sha256] = 'OpenAI CLIP ViT-S/8';
    try {
      const known = summarisePack((await importModel(path, options)).manifest);
      expect(known).toMatchObject({ name: 'ViT-S-8', sha256, licence: 'MIT', verifiedAs: 'OpenAI CLIP ViT-S/8' });
    } finally {
      delete table[sha256];
    }
  });

  test('names the source where a weight cannot be read, and leaves nothing behind', async () => {
    const bytes = await readFile(join(micro, 'openai.pt'));
    const path = join(folder, 'cut.pt');
    await writeFile(path, bytes.fill(1, 40_000, 40_100));
    const fault = await rejection(importModel(path, { targetFolder: packs, textHeads: 2, layers: [1, 2, 3] }));
    expect(fault).toMatchObject({ code: 'bad-model', path });
    expect(await readdir(packs)).toEqual([]);
  });

  test('stores the text tower for graphs that are made later', async () => {
    const { manifest, textWeights, folder: place } = await importMicro();
    const { offset, length, dtype, shape } = textWeights.tensors.text_projection;
    expect({ dtype, shape }).toEqual({ dtype: 'float32', shape: [32, 32] });
    const bytes = await readFile(join(place, manifest.text.weights.file));
    const stored = new Float32Array(new Uint8Array(bytes.subarray(offset, offset + length)).buffer);
    const checkpoint = await openCheckpoint(join(micro, 'hf'));
    expect(stored).toEqual(await checkpoint.read('text_projection'));
    await checkpoint.close();
    for (const range of Object.values(textWeights.tensors)) expect(range.offset % 64).toBe(0);
  });

  test('as float16 halves the weights and changes nothing where the source has float16', async () => {
    const wide = await importMicro('wide');
    const narrow = await importModel(join(micro, 'hf'), {
      targetFolder: packs,
      name: 'narrow',
      layers: [1, 2, 3],
      precision: 'float16',
    });
    const size = ({ files }: PackManifest) => files.find(({ name }) => name === 'vision.bin')?.bytes as number;
    expect(size(narrow.manifest)).toBeLessThan(0.55 * size(wide.manifest));
    const [a, b] = [await runVision(wide.visionPath), await runVision(narrow.visionPath)];
    const worst = (a['tap.2'].data as Float32Array).reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(b['tap.2'].data[i]))),
      0,
    );
    expect(worst).toBeLessThan(1e-5);
    const { offset, length } = narrow.textWeights.tensors['ln_final.bias'];
    const bytes = new Uint8Array((await readFile(join(narrow.folder, 'text.bin'))).subarray(offset, offset + length));
    const checkpoint = await openCheckpoint(join(micro, 'hf'));
    expect(halfToFloat32(new Uint16Array(bytes.buffer))).toEqual(await checkpoint.read('ln_final.bias'));
    await checkpoint.close();
  });

  test('twice gives the same model, byte for byte, whatever its name; other layers give another', async () => {
    const first = await importMicro('first');
    const second = await importMicro('second');
    const other = await importModel(join(micro, 'hf'), { targetFolder: packs, name: 'other', layers: [2, 3] });
    expect(second.identity).toBe(first.identity);
    expect(other.identity).not.toBe(first.identity);
    expect(await readFile(second.visionPath)).toEqual(await readFile(first.visionPath));
  });

  test('keeps the vocabulary that lies beside it, and the licence of its card', async () => {
    const source = join(folder, 'source');
    await cp(join(micro, 'hf'), source, { recursive: true });
    await writeVocabulary(source, 47);
    await writeFile(join(source, 'README.md'), '---\ntags:\n- vision\nlicense: apache-2.0\n---\n# A model\n');
    const pack = await importModel(source, { targetFolder: packs });
    expect(pack.manifest.name).toBe('source');
    expect(pack.manifest.licence).toBe('apache-2.0');
    await rm(source, { recursive: true });
    expect((await pack.tokeniser()).encode('ab b')).toEqual([4, 3]);
  });

  test('refuses a vocabulary that is larger than the model', async () => {
    const source = join(folder, 'source');
    await cp(join(micro, 'hf'), source, { recursive: true });
    await writeVocabulary(source, 48);
    const fault = await rejection(importModel(source, { targetFolder: packs }));
    expect(fault.message).toContain('48 tokens');
  });

  test('without a vocabulary and with a size that is not the published one says so when phrases are needed', async () => {
    const pack = await importMicro();
    await expect(pack.tokeniser()).rejects.toMatchObject({ code: 'unsupported' });
  });

  test('reports every byte, up to the total', async () => {
    const seen: ByteProgress[] = [];
    await importModel(join(micro, 'hf'), { targetFolder: packs, onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(10);
    for (const [i, { done }] of seen.entries()) expect(done).toBeGreaterThan(seen[i - 1]?.done ?? 0);
    expect(seen.at(-1)?.done).toBe(seen.at(-1)?.total);
  });

  test.each([
    [24, [12, 18, 24]],
    [12, [6, 9, 12]],
    [32, [16, 24, 32]],
    [3, [2, 3]],
    [1, [1]],
  ])('reads a tower of %i blocks after blocks %j unless told otherwise', (depth, layers) => {
    expect(defaultLayers(depth)).toEqual(layers);
  });
});

describe('nothing half-imported remains', () => {
  beforeEach(() => mkdir(packs));

  async function expectEmpty(): Promise<void> {
    expect(await readdir(packs)).toEqual([]);
  }

  test('after cancelling at any point', async () => {
    for (let stopAt = 0; stopAt < 40; stopAt += 3) {
      const stop = new AbortController();
      let calls = 0;
      const options = {
        targetFolder: packs,
        signal: stop.signal,
        onProgress: () => {
          if (calls++ === stopAt) stop.abort();
        },
      };
      expect((await rejection(importModel(join(micro, 'hf'), options))).code).toBe('cancelled');
      await expectEmpty();
    }
  });

  test.each([
    ['not a number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
  ])('after finding a weight that is %s', async (_, value) => {
    const source = join(folder, 'source');
    await cp(join(micro, 'hf'), source, { recursive: true });
    const weights = join(source, 'model.safetensors');
    const tensors = new Map((await readSafetensors(weights)).tensors);
    const { shape } = tensors.get('text_projection.weight') as Tensor;
    tensors.set('text_projection.weight', { dtype: 'F32', shape, data: new Float32Array(32 * 32).fill(value, 5, 6) });
    await writeSafetensors(weights, tensors);
    const fault = await rejection(importModel(source, { targetFolder: packs }));
    expect(fault.message).toMatch(/text_projection .*not a finite number/);
    expect(fault.path).toBe(source);
    await expectEmpty();
  });

  test('after a weight too large for float16', async () => {
    const source = join(folder, 'source');
    await cp(join(micro, 'hf'), source, { recursive: true });
    const weights = join(source, 'model.safetensors');
    const tensors = new Map((await readSafetensors(weights)).tensors);
    tensors.set('vision_model.post_layernorm.bias', {
      dtype: 'F32',
      shape: [64],
      data: new Float32Array(64).fill(1e5),
    });
    await writeSafetensors(weights, tensors);
    const fault = await rejection(importModel(source, { targetFolder: packs, precision: 'float16' }));
    expect(fault.message).toContain('visual.ln_post.bias');
    await expectEmpty();
    await importModel(source, { targetFolder: packs });
  });

  test('after an import that was killed: the next one clears up', async () => {
    const orphan = join(packs, '.partial-999999999-left');
    await mkdir(orphan);
    const mine = join(packs, `.partial-${process.pid}-running`);
    await mkdir(mine);
    await importMicro();
    expect((await readdir(packs)).sort()).toEqual([`.partial-${process.pid}-running`, 'micro']);
    expect((await listPacks(packs)).map(({ name }) => name)).toEqual(['micro']);
  });

  test('and an existing model is never touched', async () => {
    await importMicro();
    const fault = await rejection(importMicro());
    expect(fault.code).toBe('not-allowed');
    expect(fault.message).toContain('"micro"');
    await verifyPack(join(packs, 'micro'));
  });

  test.each(['', '.hidden', '../up', 'a/b', 'x'.repeat(90)])('and %j is no name', async (name) => {
    expect((await rejection(importMicro(name))).code).toBe('usage');
  });

  test('and a licence cannot be left blank', async () => {
    const fault = await rejection(importModel(join(micro, 'hf'), { targetFolder: packs, licence: '' }));
    expect(fault.code).toBe('usage');
    expect(fault.message).toContain('licence');
    await expectEmpty();
  });

  test('and layers that the model lacks are refused', async () => {
    const fault = await rejection(importModel(join(micro, 'hf'), { targetFolder: packs, layers: [4] }));
    expect(fault.code).toBe('usage');
    await expectEmpty();
  });
});

describe('a pack that was altered is refused by the file that was', () => {
  /** Flips one bit in each of some places of a file of the pack, and expects loading to name it. */
  async function expectRefused(name: string, places: number): Promise<void> {
    const path = join(packs, 'micro', name);
    const whole = await readFile(path);
    for (let i = 0; i < places; i++) {
      const flipped = Buffer.from(whole);
      flipped[Math.floor(((i + 0.5) * whole.length) / places)] ^= 1 << (i % 8);
      await writeFile(path, flipped);
      const fault = await rejection(loadPack(join(packs, 'micro')));
      expect(fault.code).toBe('bad-model');
      expect(fault.message).toContain(name);
    }
    await writeFile(path, whole);
    await loadPack(join(packs, 'micro'));
  }

  test('any bit of any file', async () => {
    await importMicro();
    for (const [name, places] of [
      ['manifest.json', 120],
      ['vision.onnx', 20],
      ['vision.bin', 20],
      ['text.bin', 20],
    ] as const)
      await expectRefused(name, places);
  });

  test('a file cut or missing, even where hashes are not compared', async () => {
    const { folder: place } = await importMicro();
    for (const name of ['vision.onnx', 'vision.bin', 'text.bin']) {
      const whole = await readFile(join(place, name));
      await writeFile(join(place, name), whole.subarray(0, -1));
      expect((await rejection(loadPack(place, { verify: false }))).message).toContain(`${name} has`);
      await rm(join(place, name));
      expect((await rejection(loadPack(place, { verify: false }))).message).toContain(`${name} is missing`);
      await writeFile(join(place, name), whole);
    }
    const manifest = await readFile(join(place, 'manifest.json'));
    for (let length = 0; length < manifest.length; length += 1000) {
      await writeFile(join(place, 'manifest.json'), manifest.subarray(0, length));
      expect((await rejection(loadPack(place))).message).toContain('manifest.json');
    }
    await rm(join(place, 'manifest.json'));
    expect((await rejection(loadPack(place))).code).toBe('not-found');
  });

  test('a manifest with its own hash but a content that cannot be', async () => {
    const { manifest } = await importMicro();
    const other = (edit: (copy: PackManifest) => void) => {
      const copy = structuredClone(manifest);
      edit(copy);
      const body = `${JSON.stringify(copy).slice(1)}\n`;
      const seal = createHash('sha256').update(body).digest('hex');
      return () => decodeManifest(Buffer.from(`{"seal": "${seal}",\n${body}`), 'manifest.json');
    };
    expect(other(() => undefined)()).toEqual(manifest);
    expect(other((copy) => Object.assign(copy, { version: 2 }))).toThrow(/not written by this version/);
    expect(other((copy) => Object.assign(copy.vision, { graph: '../../etc/passwd' }))).toThrow(Fault);
    expect(other((copy) => Object.assign(copy.vision, { graph: 'other.onnx' }))).toThrow(/does not list other.onnx/);
    expect(other((copy) => Object.assign(copy.vision, { taps: [] }))).toThrow(Fault);
    expect(other((copy) => (copy.text.weights.tensors['ln_final.bias'].offset = 1e9))).toThrow(/outside text.bin/);
    // Graphs are built layer by layer, long before a weight is found to be missing.
    expect(other((copy) => (copy.architecture.text.layers = 3e7))).toThrow(/architecture.text.layers: Too big/);
    expect(other((copy) => (copy.vision.imageSize = 1e6))).toThrow(/vision.imageSize: Too big/);
    expect(other((copy) => Object.assign(copy, { layers: [3e7] }))).toThrow(/layers.0: Too big/);
  });
});

describe('the folder of packs', () => {
  test('is listed by name, with what is wrong where something is', async () => {
    expect(await listPacks(packs)).toEqual([]);
    await importMicro('b');
    await importMicro('a');
    await writeFile(join(packs, 'a', 'text.bin'), '');
    await mkdir(join(packs, 'c'));
    await writeFile(join(packs, 'notes.txt'), '');
    const [a, b, c, ...rest] = await listPacks(packs);
    expect(rest).toEqual([]);
    expect(a.fault?.message).toContain('text.bin');
    expect(b.manifest?.name).toBe('b');
    expect(c.fault?.code).toBe('not-found');
  });

  test('lets a pack go', async () => {
    await importMicro();
    await removePack(packs, 'micro');
    expect(await readdir(packs)).toEqual([]);
    expect((await rejection(removePack(packs, 'micro'))).code).toBe('not-found');
    expect((await rejection(removePack(packs, '..'))).code).toBe('not-found');
  });
});

describe('a pack as one file', () => {
  const archive = () => join(folder, 'model.mclip');

  test('arrives as it left, under its own or another name', async () => {
    const { folder: place, identity } = await importMicro();
    await exportPack(place, archive());
    const elsewhere = join(folder, 'elsewhere');
    const arrived = await importModel(archive(), { targetFolder: elsewhere });
    expect(arrived.manifest.name).toBe('micro');
    expect(arrived.identity).toBe(identity);
    for (const name of await readdir(place))
      expect(await readFile(join(elsewhere, 'micro', name)), name).toEqual(await readFile(join(place, name)));
    const renamed = await importModel(archive(), { targetFolder: elsewhere, name: 'again' });
    expect(renamed.manifest.name).toBe('again');
    await verifyPack(renamed.folder);
  });

  test('has the same bytes every time, and replaces a file of its name', async () => {
    const { folder: place } = await importMicro();
    await exportPack(place, archive());
    const first = await readFile(archive());
    await exportPack(place, archive());
    expect(await readFile(archive())).toEqual(first);
  });

  test('is not made of a damaged pack, and not left half-written', async () => {
    const { folder: place } = await importMicro();
    const stop = new AbortController();
    const cancelled = exportPack(place, archive(), {
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        if (done > 0.8 * total) stop.abort();
      },
    });
    expect((await rejection(cancelled)).code).toBe('cancelled');
    await rename(join(place, 'text.bin'), join(place, 'text.bak'));
    expect((await rejection(exportPack(place, archive()))).message).toContain('text.bin');
    expect(await readdir(folder)).toEqual(['models']);
  });

  test('cut or altered anywhere is refused, and leaves nothing behind', async () => {
    const { folder: place } = await importMicro();
    await exportPack(place, archive());
    const whole = await readFile(archive());
    const elsewhere = join(folder, 'elsewhere');
    const arrive = (bytes: Uint8Array) =>
      writeFile(archive(), bytes).then(() => importArchive(archive(), { targetFolder: elsewhere }));
    for (let i = 0; i < 20; i++) {
      const fault = await rejection(arrive(whole.subarray(0, Math.floor((i * whole.length) / 20))));
      expect(fault.code).toBe('bad-model');
      expect(fault.message).toContain('model.mclip');
    }
    let accepted = 0;
    for (let i = 0; i < 60; i++) {
      const position = Math.floor(((i + 0.5) * whole.length) / 60);
      const flipped = Buffer.from(whole);
      flipped[position] ^= 1 << (i % 8);
      // Only fields of the zip that carry nothing (dates, versions) may change without notice.
      const pack = await arrive(flipped).catch((thrown: unknown) => {
        expect(thrown).toBeInstanceOf(Fault);
      });
      if (pack === undefined) continue;
      accepted++;
      await verifyPack(pack.folder);
      await removePack(elsewhere, 'micro');
    }
    expect(accepted).toBeLessThan(3);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test('of another kind is refused', async () => {
    await cp(join(micro, 'openai.pt'), archive());
    expect((await rejection(importModel(archive(), { targetFolder: packs }))).message).toContain('not a packed model');
    await writeFile(archive(), 'text');
    expect((await rejection(importModel(archive(), { targetFolder: packs }))).code).toBe('bad-model');
  });
});

test('a vision graph that is no ViT makes a pack too, with taps of several sizes', async () => {
  const checkpoint = await openCheckpoint(join(micro, 'hf'));
  const { architecture, names } = checkpoint;
  const { embedDim, activation, layerNormEpsilon, text } = architecture;
  const place = await createPack(packs, {
    family: 'vision-graph',
    architecture: { embedDim, activation, layerNormEpsilon, text },
    name: 'other',
    licence: 'Apache-2.0',
    source: { format: 'made-here', file: 'recipe', sha256: '0'.repeat(64), bytes: 0 },
    precision: 'float32',
    normalisation: clipNormalisation,
    imageSize: 32,
    taps: [
      { grid: 8, width: 24 },
      { grid: 4, width: 64 },
    ],
    tokeniserFiles: undefined,
    reader: checkpoint,
    visionTensors: names.filter((name) => name.startsWith('visual.')),
    textTensors: names.filter((name) => !name.startsWith('visual.')),
    visionGraph: (weights) => visionGraph({ architecture, weights, taps: [3] }),
  });
  await checkpoint.close();
  const { manifest } = await loadPack(place);
  expect(manifest.family).toBe('vision-graph');
  expect(manifest.architecture).not.toHaveProperty('vision');
  expect(summarisePack(manifest)).toMatchObject({ patch: 4, layersOut: [1, 2] });
});
