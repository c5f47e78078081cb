/**
 * Opens a CLIP as it was published and gives its tensors under one set of names, whatever the format:
 * a Hugging Face folder, an OpenCLIP folder, or one of OpenAI's `.pt` files.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import {
  canonicalShapes,
  huggingFaceRecipe,
  isBystander,
  openaiRecipe,
  openClipRecipe,
  type Recipe,
} from './naming.ts';
import { type Dtype, elementCount, openSafetensors, type Tensor, toFloat32 } from './safetensors.ts';
import { findTokeniserFiles, type TokeniserFiles } from './tokeniser-files.ts';
import { openTorchFile } from './torchscript.ts';

/** How pixels in 0..1 become the input: (value - mean) / deviation, per colour. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** CLIP's own (Radford et al. 2021); every ViT that OpenAI published uses it. */
export const clipNormalisation: Normalisation = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

export type CheckpointSource = 'huggingface' | 'open_clip' | 'openai';

/** An open CLIP. Only headers are in memory; each `read` goes to the disk. Close it after use. */
export interface Checkpoint {
  readonly source: CheckpointSource;
  readonly architecture: ClipArchitecture;
  readonly normalisation: Normalisation;
  /** Absolute or relative as the path was given. The files that hold weights come in `weights`, also listed here. */
  readonly files: readonly string[];
  readonly weights: readonly string[];
  /** The widest number format that the weights are stored in. */
  readonly precision: 'float32' | 'float16' | 'bfloat16';
  /** Undefined where no vocabulary lies beside the weights. */
  readonly tokeniserFiles: TokeniserFiles | undefined;
  /** Canonical names (method/architecture.ts), in the order of the forward pass. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** @throws Fault `internal` for a name that no CLIP has. */
  shape(name: string): readonly number[];
  /**
   * One tensor as float32, row-major, freshly read (not cached).
   * @throws Fault `bad-model` where the file is damaged at that place.
   */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface CheckpointOptions {
  readonly signal?: AbortSignal;
  /** Heads of the text tower of an OpenAI file, which does not say. OpenAI's rule is one per 64 of width. */
  readonly textHeads?: number;
}

/**
 * Opens the CLIP at `path`: a folder with config.json (Hugging Face) or open_clip_config.json (OpenCLIP), the
 * `.safetensors` file inside such a folder, or a `.pt` file of OpenAI's. Every tensor's presence and shape is checked.
 * @throws Fault `not-found`; `bad-model` for a damaged file, or for a model of another family, which is named.
 */
export async function openCheckpoint(path: string, options: CheckpointOptions = {}): Promise<Checkpoint> {
  throwIfCancelled(options.signal);
  const info = await stat(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  if (info.isDirectory()) return openFolder(path, undefined);
  if (path.endsWith('.safetensors')) return openFolder(dirname(path), basename(path));
  if (await isZip(path)) return openOpenai(path, options.textHeads);
  throw new Fault(
    'bad-model',
    `${path} is not a model file. Choose a Hugging Face or OpenCLIP folder, or a .pt file of OpenAI's CLIP.`,
    { path },
  );
}

async function openFolder(folder: string, weightsName: string | undefined): Promise<Checkpoint> {
  const names = await readdir(folder);
  const safetensors = names.filter((name) => name.endsWith('.safetensors'));
  // Some published folders hold both formats: each config with its own weights file.
  const hasBoth = names.includes('config.json') && names.includes('open_clip_config.json');
  const prefersOpenClip = hasBoth && (weightsName ?? '').startsWith('open_clip');
  if (names.includes('config.json') && !prefersOpenClip) {
    const weights = huggingFaceWeights(names, safetensors, weightsName);
    if (weights !== undefined || !hasBoth)
      return openHuggingFace(folder, names, requireWeights(folder, names, weights));
  }
  if (names.includes('open_clip_config.json'))
    return openOpenClip(folder, names, requireWeights(folder, names, weightsName ?? openClipWeights(safetensors)));
  const pt = names.filter((name) => name.endsWith('.pt'));
  throw new Fault(
    'bad-model',
    pt.length > 0
      ? `${folder} has no config.json. To import OpenAI's CLIP choose the file itself, for instance ${pt[0]}.`
      : `${folder} has neither config.json nor open_clip_config.json, so it is not a CLIP folder.`,
    { path: folder },
  );
}

const shardIndex = 'model.safetensors.index.json';

function huggingFaceWeights(names: readonly string[], safetensors: readonly string[], chosen: string | undefined) {
  if (chosen !== undefined) return chosen;
  if (names.includes('model.safetensors')) return 'model.safetensors';
  if (names.includes(shardIndex)) return shardIndex;
  const own = safetensors.filter((name) => !name.startsWith('open_clip'));
  return own.length === 1 ? own[0] : undefined;
}

function openClipWeights(safetensors: readonly string[]): string | undefined {
  const own = safetensors.find((name) => name.startsWith('open_clip'));
  return own ?? (safetensors.length === 1 ? safetensors[0] : undefined);
}

function requireWeights(folder: string, names: readonly string[], weights: string | undefined): string {
  if (weights !== undefined) return weights;
  const other = names.find((name) => name.endsWith('.bin') || name.endsWith('.h5') || name.endsWith('.msgpack'));
  const found = other === undefined ? 'no weights' : `weights only as ${other}`;
  throw new Fault('bad-model', `${folder} has ${found}. Add the weights in the safetensors format.`, { path: folder });
}

async function isZip(path: string): Promise<boolean> {
  const handle = await open(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(4), 0, 4, 0);
    return bytesRead === 4 && buffer[0] === 0x50 && buffer[1] === 0x4b && buffer[2] === 3 && buffer[3] === 4;
  } finally {
    await handle.close();
  }
}

// ------------------------------------------------------------------------------------------------------ the formats

/** A file's tensors under its own names. */
interface TensorFile {
  readonly tensors: ReadonlyMap<string, { readonly dtype: Dtype; readonly shape: readonly number[] }>;
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

async function openHuggingFace(folder: string, names: readonly string[], weightsName: string): Promise<Checkpoint> {
  const configPath = join(folder, 'config.json');
  const config = await readJson(configPath);
  const { architecture, family } = huggingFaceArchitecture(config, configPath);
  if (architecture === undefined) throw otherFamily(folder, family);
  const normalisation = await huggingFaceNormalisation(folder, names);
  const weightsPath = join(folder, weightsName);
  const { file, weights } = weightsName.endsWith('.json')
    ? await openShards(weightsPath)
    : { file: await openSafetensors(weightsPath), weights: [weightsPath] };
  return assemble({
    source: 'huggingface',
    path: weightsPath,
    architecture,
    normalisation,
    file,
    recipe: huggingFaceRecipe,
    weights,
    configFiles: [configPath],
    tokeniserFiles: findTokeniserFiles(folder, names),
  });
}

async function openOpenClip(folder: string, names: readonly string[], weightsName: string): Promise<Checkpoint> {
  const configPath = join(folder, 'open_clip_config.json');
  const { architecture, normalisation } = openClipArchitecture(await readJson(configPath), configPath);
  const weightsPath = join(folder, weightsName);
  const file = await openSafetensors(weightsPath);
  const hasTextPrefix = file.tensors.has('text.token_embedding.weight');
  return assemble({
    source: 'open_clip',
    path: weightsPath,
    architecture,
    normalisation,
    file,
    recipe: (name) => openClipRecipe(name, hasTextPrefix),
    weights: [weightsPath],
    configFiles: [configPath],
    tokeniserFiles: findTokeniserFiles(folder, names),
  });
}

async function openOpenai(path: string, textHeads: number | undefined): Promise<Checkpoint> {
  const file = await openTorchFile(path);
  try {
    const architecture = openaiArchitecture(file.tensors, path, textHeads);
    const folder = dirname(path);
    return await assemble({
      source: 'openai',
      path,
      architecture,
      normalisation: clipNormalisation,
      file,
      recipe: openaiRecipe,
      weights: [path],
      configFiles: [],
      tokeniserFiles: findTokeniserFiles(folder, await readdir(folder)),
    });
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** A checkpoint in several files, with an index that says which tensor is where. */
async function openShards(indexPath: string): Promise<{ file: TensorFile; weights: string[] }> {
  const index = parseConfig(
    z.object({ weight_map: z.record(z.string(), z.string()) }),
    await readJson(indexPath),
    indexPath,
  );
  const shardNames = [...new Set(Object.values(index.weight_map))].sort();
  const stray = shardNames.find((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (stray !== undefined)
    throw new Fault('bad-model', `${indexPath} refers to "${stray}", which is not a file beside it.`, {
      path: indexPath,
    });
  const weights = shardNames.map((name) => join(dirname(indexPath), name));
  const shards = new Map<string, TensorFile>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const [i, name] of shardNames.entries()) shards.set(name, await openSafetensors(weights[i]));
    const places = new Map<string, TensorFile>();
    const tensors = new Map<string, { dtype: Dtype; shape: readonly number[] }>();
    for (const [name, shardName] of Object.entries(index.weight_map)) {
      const shard = shards.get(shardName) as TensorFile;
      const tensor = shard.tensors.get(name);
      if (tensor === undefined)
        throw new Fault(
          'bad-model',
          `${join(dirname(indexPath), shardName)} lacks ${name}, which its index promises.`,
          {
            path: indexPath,
          },
        );
      places.set(name, shard);
      tensors.set(name, tensor);
    }
    return { file: { tensors, read: (name) => (places.get(name) as TensorFile).read(name), close }, weights };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

// ------------------------------------------------------------------------------------------- what the configs say

const activation = z.enum(['quick_gelu', 'gelu']);
const size = z.number().int().positive();

/** Hugging Face leaves out of config.json whatever equals the default of its CLIPConfig (transformers 4 and 5). */
const huggingFaceTower = {
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  num_hidden_layers: size.default(12),
};
const huggingFaceConfig = z.object({
  projection_dim: size.default(512),
  text_config: z.object({
    ...huggingFaceTower,
    hidden_size: size.default(512),
    intermediate_size: size.default(2048),
    num_attention_heads: size.default(8),
    max_position_embeddings: size.default(77),
    vocab_size: size.default(49408),
  }),
  vision_config: z.object({
    ...huggingFaceTower,
    hidden_size: size.default(768),
    intermediate_size: size.default(3072),
    num_attention_heads: size.default(12),
    num_channels: z.literal(3).default(3),
    image_size: size.default(224),
    patch_size: size.default(32),
  }),
});

function huggingFaceArchitecture(
  config: Record<string, unknown>,
  path: string,
): { architecture?: ClipArchitecture; family: string } {
  const classes = Array.isArray(config.architectures) ? ` (${config.architectures.join(', ')})` : '';
  const family = `${String(config.model_type ?? 'unnamed')}${classes}`;
  if (config.model_type !== 'clip') return { family };
  const { projection_dim, text_config, vision_config } = parseConfig(
    huggingFaceConfig,
    {
      ...config,
      // Files of 2022 repeat each part under a second name, which then counts.
      text_config: { ...asRecord(config.text_config), ...asRecord(config.text_config_dict) },
      vision_config: { ...asRecord(config.vision_config), ...asRecord(config.vision_config_dict) },
    },
    path,
  );
  if (
    text_config.hidden_act !== vision_config.hidden_act ||
    text_config.layer_norm_eps !== vision_config.layer_norm_eps
  )
    throw new Fault('bad-model', `${path} gives its two towers different activations, which is not supported.`, {
      path,
    });
  const architecture: ClipArchitecture = {
    embedDim: projection_dim,
    imageSize: vision_config.image_size,
    patchSize: vision_config.patch_size,
    vision: {
      width: vision_config.hidden_size,
      layers: vision_config.num_hidden_layers,
      heads: vision_config.num_attention_heads,
      mlpWidth: vision_config.intermediate_size,
    },
    text: {
      width: text_config.hidden_size,
      layers: text_config.num_hidden_layers,
      heads: text_config.num_attention_heads,
      mlpWidth: text_config.intermediate_size,
      contextLength: text_config.max_position_embeddings,
      vocabularySize: text_config.vocab_size,
    },
    activation: requireActivation(vision_config.hidden_act, path),
    layerNormEpsilon: vision_config.layer_norm_eps,
  };
  return { architecture: requireWhole(architecture, path), family };
}

const triple = z.tuple([z.number(), z.number(), z.number()]);

async function huggingFaceNormalisation(folder: string, names: readonly string[]): Promise<Normalisation> {
  if (!names.includes('preprocessor_config.json')) return clipNormalisation;
  const path = join(folder, 'preprocessor_config.json');
  const shape = z.object({ image_mean: triple.optional(), image_std: triple.optional() });
  const { image_mean, image_std } = parseConfig(shape, await readJson(path), path);
  return { mean: image_mean ?? clipNormalisation.mean, deviation: image_std ?? clipNormalisation.deviation };
}

const openClipConfig = z.object({
  model_cfg: z.looseObject({
    embed_dim: size,
    quick_gelu: z.boolean().default(false),
    vision_cfg: z.looseObject({
      image_size: z.union([size, z.tuple([size, size])]).default(224),
      layers: z.union([size, z.array(size)]),
      width: size.default(768),
      head_width: size.default(64),
      mlp_ratio: z.number().positive().default(4),
      patch_size: size.default(16),
    }),
    text_cfg: z.looseObject({
      context_length: size.default(77),
      vocab_size: size.default(49408),
      width: size.default(512),
      heads: size.default(8),
      layers: size.default(12),
      mlp_ratio: z.number().positive().default(4),
    }),
  }),
  preprocess_cfg: z.object({ mean: triple.optional(), std: triple.optional() }).default({}),
});

/** Options of OpenCLIP that make another model of it, with the values that leave it a plain CLIP ViT. */
const plainVision: Readonly<Record<string, readonly unknown[]>> = {
  timm_model_name: [undefined, null],
  ls_init_value: [undefined, null],
  attentional_pool: [undefined, null, false],
  no_ln_pre: [undefined, false],
  input_patchnorm: [undefined, false],
  pos_embed_type: [undefined, 'learnable'],
  pool_type: [undefined, 'tok'],
  act_kwargs: [undefined, null],
  norm_kwargs: [undefined, null],
};
const plainText: Readonly<Record<string, readonly unknown[]>> = {
  hf_model_name: [undefined, null],
  hf_tokenizer_name: [undefined, null],
  tokenizer_kwargs: [undefined, null],
  ls_init_value: [undefined, null],
  embed_cls: [undefined, false],
  no_causal_mask: [undefined, false],
  pool_type: [undefined, 'argmax', 'eos'],
  proj_type: [undefined, 'linear'],
  proj_bias: [undefined, false],
  act_kwargs: [undefined, null],
  norm_kwargs: [undefined, null],
};

function openClipArchitecture(
  json: Record<string, unknown>,
  path: string,
): { architecture: ClipArchitecture; normalisation: Normalisation } {
  requirePlainOpenClip(json, path);
  const { model_cfg, preprocess_cfg } = parseConfig(openClipConfig, json, path);
  const { vision_cfg, text_cfg } = model_cfg;
  if (typeof vision_cfg.layers !== 'number') throw otherFamily(path, 'CLIP with a ResNet');
  const [imageSize, imageWidth] = [vision_cfg.image_size].flat();
  if (imageWidth !== undefined && imageWidth !== imageSize)
    throw otherFamily(path, 'CLIP for images that are not square');
  const architecture: ClipArchitecture = {
    embedDim: model_cfg.embed_dim,
    imageSize,
    patchSize: vision_cfg.patch_size,
    vision: {
      width: vision_cfg.width,
      layers: vision_cfg.layers,
      heads: Math.floor(vision_cfg.width / vision_cfg.head_width),
      mlpWidth: Math.floor(vision_cfg.width * vision_cfg.mlp_ratio),
    },
    text: {
      width: text_cfg.width,
      layers: text_cfg.layers,
      heads: text_cfg.heads,
      mlpWidth: Math.floor(text_cfg.width * text_cfg.mlp_ratio),
      contextLength: text_cfg.context_length,
      vocabularySize: text_cfg.vocab_size,
    },
    activation: model_cfg.quick_gelu ? 'quick_gelu' : 'gelu',
    layerNormEpsilon: 1e-5, // OpenCLIP's own, unless norm_kwargs say otherwise
  };
  const normalisation = {
    mean: preprocess_cfg.mean ?? clipNormalisation.mean,
    deviation: preprocess_cfg.std ?? clipNormalisation.deviation,
  };
  return { architecture: requireWhole(architecture, path), normalisation };
}

function requirePlainOpenClip(json: Record<string, unknown>, path: string): void {
  const model = asRecord(json.model_cfg);
  if (model.multimodal_cfg !== undefined) throw otherFamily(path, 'CoCa');
  const parts: [string, Record<string, unknown>, typeof plainVision][] = [
    ['image', asRecord(model.vision_cfg), plainVision],
    ['text', asRecord(model.text_cfg), plainText],
  ];
  for (const [tower, config, plain] of parts)
    for (const [option, values] of Object.entries(plain))
      if (!values.includes(config[option]))
        throw otherFamily(path, `CLIP whose ${tower} tower has ${option} = ${JSON.stringify(config[option])}`);
}

type StoredTensors = TensorFile['tensors'];

/** OpenAI's files say nothing of the architecture; it follows from the shapes (as in OpenAI's own loader). */
function openaiArchitecture(tensors: StoredTensors, path: string, textHeads: number | undefined): ClipArchitecture {
  const sides = (name: string, rank: number): readonly number[] => {
    const shape = tensors.get(name)?.shape;
    if (shape?.length !== rank) throw otherFamily(path, describeTensors(tensors));
    return shape;
  };
  const [width, , patchSize] = sides('visual.conv1.weight', 4);
  const [tokens] = sides('visual.positional_embedding', 2);
  const [vocabularySize, textWidth] = sides('token_embedding.weight', 2);
  const [contextLength] = sides('positional_embedding', 2);
  const architecture: ClipArchitecture = {
    embedDim: sides('text_projection', 2)[1],
    imageSize: Math.sqrt(tokens - 1) * patchSize,
    patchSize,
    vision: {
      width,
      layers: countLayers(tensors, 'visual.transformer.resblocks.'),
      heads: Math.floor(width / 64),
      mlpWidth: sides('visual.transformer.resblocks.0.mlp.c_fc.weight', 2)[0],
    },
    text: {
      width: textWidth,
      layers: countLayers(tensors, 'transformer.resblocks.'),
      heads: textHeads ?? Math.max(1, Math.floor(textWidth / 64)),
      mlpWidth: sides('transformer.resblocks.0.mlp.c_fc.weight', 2)[0],
      contextLength,
      vocabularySize,
    },
    activation: 'quick_gelu',
    layerNormEpsilon: 1e-5,
  };
  return requireWhole(architecture, path);
}

function countLayers(tensors: StoredTensors, prefix: string): number {
  let layers = 0;
  while (tensors.has(`${prefix}${layers}.ln_1.weight`)) layers++;
  return layers;
}

function describeTensors(tensors: StoredTensors): string {
  if (tensors.has('visual.layer1.0.conv1.weight')) return 'CLIP with a ResNet';
  const some = [...tensors.keys()].slice(0, 3).join(', ');
  return some === '' ? 'file without tensors' : `model with tensors such as ${some}`;
}

/** The patches fill the image, the heads fill the width. */
function requireWhole(architecture: ClipArchitecture, path: string): ClipArchitecture {
  const { imageSize, patchSize, vision, text } = architecture;
  const grid = imageSize / patchSize;
  const whole = Number.isInteger(grid);
  const headsFit = vision.heads > 0 && vision.width % vision.heads === 0 && text.width % text.heads === 0;
  if (whole && headsFit && vision.layers > 0 && text.layers > 0) return architecture;
  throw new Fault(
    'bad-model',
    `${path} describes a CLIP that cannot be: image ${imageSize}, patch ${patchSize}, ` +
      `heads ${vision.heads} of ${vision.width} and ${text.heads} of ${text.width}.`,
    { path },
  );
}

function requireActivation(name: string, path: string): ClipArchitecture['activation'] {
  const parsed = activation.safeParse(name);
  if (!parsed.success) throw otherFamily(path, `CLIP with the activation ${name}`);
  return parsed.data;
}

// ------------------------------------------------------------------------------------------------------ assembling

interface Parts {
  readonly source: CheckpointSource;
  /** The file that is named when something is wrong. */
  readonly path: string;
  readonly architecture: ClipArchitecture;
  readonly normalisation: Normalisation;
  readonly file: TensorFile;
  readonly recipe: (name: string) => Recipe;
  readonly weights: readonly string[];
  readonly configFiles: readonly string[];
  readonly tokeniserFiles: TokeniserFiles | undefined;
}

async function assemble(parts: Parts): Promise<Checkpoint> {
  const { source, path, architecture, normalisation, file, recipe, weights, tokeniserFiles } = parts;
  const shapes = canonicalShapes(architecture);
  try {
    requireExactly(shapes, parts);
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  const shape = (name: string) => {
    const found = shapes.get(name);
    if (found === undefined) throw new Fault('internal', `No CLIP has a tensor named ${name}.`, { path });
    return found;
  };
  return {
    source,
    architecture,
    normalisation,
    weights,
    files: [...parts.configFiles, ...weights, ...(tokeniserFiles?.paths ?? [])],
    precision: widestPrecision(shapes, parts),
    tokeniserFiles,
    names: [...shapes.keys()],
    has: (name) => shapes.has(name),
    shape,
    async read(name) {
      const { from, transposed } = recipe(name);
      const [rows, columns] = shape(name);
      const stored = [];
      for (const own of from) stored.push(toFloat32(await file.read(own)));
      if (transposed) return transpose(stored[0], columns, rows);
      return stored.length === 1 ? stored[0] : concatenate(stored, elementCount(shape(name)));
    },
    close: () => file.close(),
  };
}

/** All of a CLIP's tensors are there, of the right shapes, and nothing beside them that would change the result. */
function requireExactly(shapes: ReadonlyMap<string, readonly number[]>, { file, recipe, path, source }: Parts): void {
  const expected = new Set<string>();
  for (const [name, shape] of shapes) {
    const { from, transposed } = recipe(name);
    const [first, ...rest] = shape;
    const own = transposed ? [...rest, first] : [first / from.length, ...rest];
    for (const stored of from) {
      expected.add(stored);
      const found = file.tensors.get(stored);
      if (found === undefined) {
        if (file.tensors.has('visual.layer1.0.conv1.weight')) throw otherFamily(path, 'CLIP with a ResNet');
        throw new Fault('bad-model', `${path} lacks the tensor ${stored}, which a CLIP of this size has.`, { path });
      }
      if (found.shape.join() !== own.join())
        throw new Fault(
          'bad-model',
          `${path} has ${stored} in the shape [${found.shape}], where ${source === 'openai' ? 'a CLIP' : 'its configuration'} says [${own}].`,
          { path },
        );
    }
  }
  for (const name of file.tensors.keys())
    if (!expected.has(name) && !isBystander(name)) throw otherFamily(path, `model with the tensor ${name}`);
}

function widestPrecision(shapes: ReadonlyMap<string, unknown>, { file, recipe }: Parts): Checkpoint['precision'] {
  const dtypes = new Set<Dtype | undefined>();
  for (const name of shapes.keys()) for (const own of recipe(name).from) dtypes.add(file.tensors.get(own)?.dtype);
  if (dtypes.size === 1 && dtypes.has('F16')) return 'float16';
  if (dtypes.size === 1 && dtypes.has('BF16')) return 'bfloat16';
  return 'float32';
}

/** (rows, columns) to (columns, rows). */
function transpose(values: Float32Array, columns: number, rows: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] = values[j * rows + i];
  return out;
}

function concatenate(pieces: readonly Float32Array[], length: number): Float32Array {
  const out = new Float32Array(length);
  let position = 0;
  for (const piece of pieces) {
    out.set(piece, position);
    position += piece.length;
  }
  return out;
}

// ------------------------------------------------------------------------------------------------------------ small

function otherFamily(path: string, found: string): Fault {
  return new Fault(
    'bad-model',
    `${path} is not a model that can be used here: found a ${found}, wanted a CLIP with a vision transformer.`,
    { path },
  );
}

/** Configurations are small; whatever is longer is no configuration. */
const longestJson = 64 * 1024 * 1024;

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const { size: bytes } = await stat(path);
    const value: unknown = bytes > longestJson ? undefined : JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw Fault.from(thrown, { path });
  }
  throw new Fault('bad-model', `${path} is damaged or incomplete: it is not a JSON object.`, { path });
}

function parseConfig<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path: where, message } = result.error.issues[0];
  throw new Fault('bad-model', `${path} is not a valid configuration: ${where.join('.')}: ${message}.`, { path });
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
