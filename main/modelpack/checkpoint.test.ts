import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../fault.ts';
import { clipNormalisation } from '../method/resize.ts';
import { type Checkpoint, type CheckpointOptions, openCheckpoint } from './checkpoint.ts';
import { float32ToBfloat16, halfToFloat32 } from './half.ts';
import { encodeSafetensors, readSafetensors, type Tensor, toFloat32, writeSafetensors } from './safetensors.ts';

const micro = new URL('../../tests/golden/micro', import.meta.url).pathname;
const tiny = new URL('../../../shared/golden/tiny', import.meta.url).pathname;

/** Both recorded cases have two heads in the text tower, which OpenAI's files do not say. */
const formatsOf = (root: string): [string, CheckpointOptions?][] => [
  [join(root, 'hf')],
  [root],
  [join(root, 'openai.pt'), { textHeads: 2 }],
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function withCheckpoint<T>(
  path: string,
  use: (checkpoint: Checkpoint) => Promise<T>,
  options?: CheckpointOptions,
) {
  const checkpoint = await openCheckpoint(path, options);
  try {
    return await use(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

/** Every tensor of a checkpoint. */
async function readAll(path: string, options?: CheckpointOptions): Promise<Map<string, Float32Array>> {
  return withCheckpoint(
    path,
    async (checkpoint) => {
      const all = new Map<string, Float32Array>();
      for (const name of checkpoint.names) all.set(name, await checkpoint.read(name));
      return all;
    },
    options,
  );
}

async function faultOf(path: string, options?: CheckpointOptions): Promise<Fault> {
  const thrown: unknown = await readAll(path, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
}

/** A copy of micro/hf whose config.json and weights can be changed. */
async function editedHuggingFace(edit: {
  config?: (config: Record<string, unknown>) => unknown;
  tensors?: (tensors: Map<string, Tensor>) => void;
}): Promise<string> {
  const copy = join(folder, 'hf');
  await cp(join(micro, 'hf'), copy, { recursive: true });
  const config = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(copy, 'config.json'), JSON.stringify(edit.config?.(config) ?? config));
  const weights = join(copy, 'model.safetensors');
  const tensors = new Map((await readSafetensors(weights)).tensors);
  edit.tensors?.(tensors);
  await writeSafetensors(weights, tensors);
  return copy;
}

async function editedOpenClip(edit: (model: Record<string, Record<string, unknown>>) => void): Promise<string> {
  const config = JSON.parse(await readFile(join(micro, 'open_clip_config.json'), 'utf8'));
  edit(config.model_cfg);
  await writeFile(join(folder, 'open_clip_config.json'), JSON.stringify(config));
  await cp(join(micro, 'open_clip_model.safetensors'), join(folder, 'open_clip_model.safetensors'));
  return folder;
}

describe.each([
  ['micro', micro],
  ['tiny', tiny],
])('the recorded case %s', (_, root) => {
  test.skipIf(!existsSync(root))('says the same in all three formats (tiny needs ../shared)', async () => {
    const formats = formatsOf(root);
    const [huggingFace, openClip, openai] = await Promise.all(formats.map(([path, options]) => readAll(path, options)));
    expect([...openClip.keys()]).toEqual([...huggingFace.keys()]);
    for (const [name, values] of huggingFace) {
      expect(openClip.get(name), name).toEqual(values);
      expect(openai.get(name), name).toEqual(values);
    }
    const described = await Promise.all(
      formats.map(([path, options]) => withCheckpoint(path, async (checkpoint) => checkpoint, options)),
    );
    expect(described.map(({ source }) => source)).toEqual(['huggingface', 'open_clip', 'openai']);
    expect(described.map(({ precision }) => precision)).toEqual(['float16', 'float32', 'float16']);
    for (const { architecture, normalisation } of described) {
      expect(architecture).toEqual(described[0].architecture);
      expect(normalisation).toEqual(clipNormalisation);
    }
  });
});

test('the architecture is what the configuration says', () =>
  withCheckpoint(join(micro, 'hf'), async ({ architecture, names, shape, has }) => {
    expect(architecture).toEqual({
      embedDim: 32,
      imageSize: 32,
      patchSize: 8,
      vision: { width: 64, layers: 3, heads: 1, mlpWidth: 256 },
      text: { width: 32, layers: 2, heads: 2, mlpWidth: 128, contextLength: 77, vocabularySize: 47 },
      activation: 'quick_gelu',
      layerNormEpsilon: 1e-5,
    });
    expect(shape('visual.transformer.resblocks.2.attn.in_proj_weight')).toEqual([192, 64]);
    expect(names.at(-1)).toBe('text_projection');
    expect(has('visual.transformer.resblocks.3.ln_1.weight')).toBe(false);
    expect(() => shape('nothing')).toThrow(Fault);
  }));

test('q, k and v are stacked and the projections transposed', async () => {
  const stored = (await readSafetensors(join(micro, 'hf/model.safetensors'))).tensors;
  const of = (name: string) => toFloat32(stored.get(name) as Tensor);
  const all = await readAll(join(micro, 'hf'));
  const layer = 'text_model.encoder.layers.1.self_attn';
  expect(all.get('transformer.resblocks.1.attn.in_proj_bias')).toEqual(
    Float32Array.from([...of(`${layer}.q_proj.bias`), ...of(`${layer}.k_proj.bias`), ...of(`${layer}.v_proj.bias`)]),
  );
  // visual_projection.weight is (embedDim 32, width 64); visual.proj is (64, 32).
  expect(all.get('visual.proj')?.[5 * 32 + 7]).toBe(of('visual_projection.weight')[7 * 64 + 5]);
});

describe('weights', () => {
  test('in bfloat16 and float64 are read', async () => {
    const original = await readAll(join(micro, 'hf'));
    const path = await editedHuggingFace({
      tensors: (tensors) => {
        for (const [name, { shape, data }] of tensors) {
          const values = halfToFloat32(data as Uint16Array);
          tensors.set(
            name,
            name.startsWith('text')
              ? { dtype: 'BF16', shape, data: float32ToBfloat16(values) }
              : { dtype: 'F64', shape, data: Float64Array.from(values) },
          );
        }
      },
    });
    const all = await readAll(path);
    expect(all.get('visual.proj')).toEqual(original.get('visual.proj'));
    const [a, b] = [original, all].map((tensors) => tensors.get('text_projection') as Float32Array);
    for (let i = 0; i < a.length; i++) expect(Math.abs(a[i] - b[i])).toBeLessThanOrEqual(Math.abs(a[i]) * 2 ** -8);
  });

  test('in shards are found through their index', async () => {
    const copy = join(folder, 'hf');
    await cp(join(micro, 'hf'), copy, { recursive: true });
    await rm(join(copy, 'model.safetensors'));
    const { tensors } = await readSafetensors(join(micro, 'hf/model.safetensors'));
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const shardOf = (name: string) => shards[name.startsWith('text') ? 0 : 1];
    for (const shard of shards)
      await writeSafetensors(join(copy, shard), new Map([...tensors].filter(([name]) => shardOf(name) === shard)));
    const index = join(copy, 'model.safetensors.index.json');
    const weight_map = Object.fromEntries([...tensors.keys()].map((name) => [name, shardOf(name)]));
    await writeFile(index, JSON.stringify({ metadata: {}, weight_map }));
    expect(await readAll(copy)).toEqual(await readAll(join(micro, 'hf')));
    await withCheckpoint(copy, async ({ weights }) => expect(weights).toEqual(shards.map((name) => join(copy, name))));

    await writeFile(index, JSON.stringify({ weight_map: { ...weight_map, logit_scale: shards[0] } }));
    expect((await faultOf(copy)).message).toContain('lacks logit_scale');
    await writeFile(index, JSON.stringify({ weight_map: { logit_scale: '../../elsewhere.safetensors' } }));
    expect((await faultOf(copy)).message).toContain('not a file beside it');
    await writeFile(index, JSON.stringify({ weight_map }));
    await rm(join(copy, shards[1]));
    expect((await faultOf(copy)).code).toBe('not-found');
  });

  test('a folder with both formats is read by the weights that are there', async () => {
    await cp(join(micro, 'hf/config.json'), join(folder, 'config.json'));
    await cp(join(micro, 'open_clip_config.json'), join(folder, 'open_clip_config.json'));
    await cp(join(micro, 'open_clip_model.safetensors'), join(folder, 'open_clip_model.safetensors'));
    await withCheckpoint(folder, async ({ source }) => expect(source).toBe('open_clip'));
    await cp(join(micro, 'hf/model.safetensors'), join(folder, 'model.safetensors'));
    await withCheckpoint(folder, async ({ source }) => expect(source).toBe('huggingface'));
    await withCheckpoint(join(folder, 'open_clip_model.safetensors'), async ({ source }) =>
      expect(source).toBe('open_clip'),
    );
  });
});

describe('the activation', () => {
  test('is the one the configuration names', async () => {
    const gelu = (config: Record<string, unknown>) => ({
      ...config,
      text_config: { ...(config.text_config as object), hidden_act: 'gelu' },
      vision_config: { ...(config.vision_config as object), hidden_act: 'gelu' },
    });
    await withCheckpoint(await editedHuggingFace({ config: gelu }), async ({ architecture }) =>
      expect(architecture.activation).toBe('gelu'),
    );
    const path = await editedOpenClip((model) => {
      delete (model as Record<string, unknown>).quick_gelu;
    });
    await withCheckpoint(path, async ({ architecture }) => expect(architecture.activation).toBe('gelu'));
  });

  test('must be the same in both towers and one that CLIP has', async () => {
    const vision = (hidden_act: string) => (config: Record<string, unknown>) => ({
      ...config,
      vision_config: { ...(config.vision_config as object), hidden_act },
    });
    expect((await faultOf(await editedHuggingFace({ config: vision('gelu') }))).message).toContain(
      'different activations',
    );
    const both = (config: Record<string, unknown>) => ({
      ...vision('silu')(config),
      text_config: { ...(config.text_config as object), hidden_act: 'silu' },
    });
    expect((await faultOf(await editedHuggingFace({ config: both }))).message).toContain('activation silu');
  });
});

describe('another family is refused with what was found', () => {
  test.each(['siglip', 'blip', 'bert', 'clip_text_model', undefined])('Hugging Face %s', async (model_type) => {
    const path = await editedHuggingFace({
      config: (config) => ({ ...config, model_type, architectures: ['SomeModel'] }),
    });
    const fault = await faultOf(path);
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain(`${model_type ?? 'model without a type'} (SomeModel)`);
  });

  test.each<[string, (model: Record<string, Record<string, unknown>>) => void, string]>([
    ['ResNet', (model) => Object.assign(model.vision_cfg, { layers: [3, 4, 6, 3] }), 'ResNet'],
    ['timm', (model) => Object.assign(model.vision_cfg, { timm_model_name: 'vit_so400m' }), 'vit_so400m'],
    ['another text tower', (model) => Object.assign(model.text_cfg, { hf_model_name: 'PubMedBERT' }), 'PubMedBERT'],
    ['CoCa', (model) => Object.assign(model, { multimodal_cfg: {} }), 'CoCa'],
    ['average pooling', (model) => Object.assign(model.vision_cfg, { pool_type: 'avg' }), 'pool_type'],
    ['wide images', (model) => Object.assign(model.vision_cfg, { image_size: [32, 64] }), 'not square'],
  ])('OpenCLIP with %s', async (_, edit, found) => {
    const fault = await faultOf(await editedOpenClip(edit));
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain(found);
  });

  test('weights with a part that a plain CLIP lacks', async () => {
    const path = await editedHuggingFace({
      tensors: (tensors) => tensors.set('vision_model.head.probe', tensors.get('logit_scale') as Tensor),
    });
    expect((await faultOf(path)).message).toContain('vision_model.head.probe');
  });

  test('things that are no model at all', async () => {
    expect((await faultOf(join(folder, 'nothing'))).code).toBe('not-found');
    expect((await faultOf(folder)).message).toContain('neither config.json');
    await writeFile(join(folder, 'notes.pt'), 'some text');
    expect((await faultOf(join(folder, 'notes.pt'))).message).toContain('not a model file');
    expect((await faultOf(folder)).message).toContain('notes.pt');
    await writeFile(join(folder, 'config.json'), '{"model_type":"clip"}');
    await writeFile(join(folder, 'pytorch_model.bin'), '');
    expect((await faultOf(folder)).message).toContain('only as pytorch_model.bin');
  });
});

describe('damage gives one sentence that names the file', () => {
  test('tensors missing or of another shape than the configuration says', async () => {
    const without = await editedHuggingFace({ tensors: (tensors) => tensors.delete('text_projection.weight') });
    expect((await faultOf(without)).message).toContain('lacks the tensor text_projection.weight');
    const fault = await faultOf(await editedHuggingFace({ config: (config) => ({ ...config, projection_dim: 64 }) }));
    expect(fault.message).toContain('[32,64]');
    expect(fault.path).toContain('model.safetensors');
  });

  test.each(['{', '[]', '{"model_type":"clip","vision_config":{"patch_size":-1}}', ''])(
    'config.json is %s',
    async (text) => {
      const path = await editedHuggingFace({});
      await writeFile(join(path, 'config.json'), text);
      const fault = await faultOf(path);
      expect(fault.code).toBe('bad-model');
      expect(fault.message).toContain('config.json');
    },
  );

  // Working through as many layers as these claim would exhaust the memory long before anything is found to be wrong.
  test.each([
    ['vision_config', 'num_hidden_layers', 3e7],
    ['text_config', 'num_hidden_layers', 1e9],
    ['text_config', 'vocab_size', 1e12],
    ['text_config', 'max_position_embeddings', 1e9],
    ['vision_config', 'hidden_size', 1e8],
    ['vision_config', 'image_size', 8e6],
  ])('config.json claims in %s a %s of %d', async (part, field, value) => {
    const config = (config: Record<string, unknown>) => ({
      ...config,
      [part]: { ...(config[part] as object), [field]: value },
    });
    const fault = await faultOf(await editedHuggingFace({ config }));
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain(`${part}.${field}: Too big`);
    expect(fault.path).toContain('config.json');
  });

  test.each([
    ['vision_cfg', 'layers', 3e7],
    ['vision_cfg', 'image_size', 8e6],
    ['vision_cfg', 'mlp_ratio', 1e6],
    ['text_cfg', 'layers', 1e9],
    ['text_cfg', 'vocab_size', 1e12],
  ])('open_clip_config.json claims in %s a %s of %d', async (part, field, value) => {
    const fault = await faultOf(await editedOpenClip((model) => Object.assign(model[part], { [field]: value })));
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain(`model_cfg.${part}.${field}`);
    expect(fault.path).toContain('open_clip_config.json');
  });

  test.each(['hf/model.safetensors', 'open_clip_model.safetensors'])('%s cut anywhere', async (name) => {
    const root = join(folder, 'case');
    await mkdir(root);
    await cp(micro, root, { recursive: true });
    const whole = await readFile(join(micro, name));
    for (const length of cutsOf(whole.length, 60)) {
      await writeFile(join(root, name), whole.subarray(0, length));
      const fault = await faultOf(name.startsWith('hf') ? join(root, 'hf') : root);
      expect(fault.code).toBe('bad-model');
      expect(fault.message).toContain(name);
    }
  });
});

test('an aborted signal is heeded', async () => {
  await expect(openCheckpoint(micro, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
});

test('encodeSafetensors writes what openCheckpoint reads from a file chosen directly', async () => {
  const { tensors, metadata } = await readSafetensors(join(micro, 'hf/model.safetensors'));
  await cp(join(micro, 'hf/config.json'), join(folder, 'config.json'));
  await writeFile(join(folder, 'other.safetensors'), encodeSafetensors(tensors, metadata));
  expect(await readAll(join(folder, 'other.safetensors'))).toEqual(await readAll(join(micro, 'hf')));
});

/** So many lengths below `size`, spread evenly. */
function cutsOf(size: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}
