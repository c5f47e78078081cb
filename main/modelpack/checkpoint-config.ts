/** What the configurations of the published formats say of a CLIP, and which of them we refuse. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault } from '../fault.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { clipNormalisation, type Normalisation } from '../method/resize.ts';
import { contextLength, imageSide, layerCount, vocabularySize, width } from './sizes.ts';

const activation = z.enum(['quick_gelu', 'gelu']);

/** Hugging Face leaves out of config.json whatever equals the default of its CLIPConfig (transformers 4 and 5). */
const huggingFaceTower = {
  hidden_act: z.string().default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  num_hidden_layers: layerCount.default(12),
};
const huggingFaceConfig = z.object({
  projection_dim: width.default(512),
  text_config: z.object({
    ...huggingFaceTower,
    hidden_size: width.default(512),
    intermediate_size: width.default(2048),
    num_attention_heads: width.default(8),
    max_position_embeddings: contextLength.default(77),
    vocab_size: vocabularySize.default(49408),
  }),
  vision_config: z.object({
    ...huggingFaceTower,
    hidden_size: width.default(768),
    intermediate_size: width.default(3072),
    num_attention_heads: width.default(12),
    num_channels: z.literal(3).default(3),
    image_size: imageSide.default(224),
    patch_size: imageSide.default(32),
  }),
});

/** From config.json. @throws Fault `bad-model` where it is of another family, which is named */
export function huggingFaceArchitecture(config: Record<string, unknown>, path: string): ClipArchitecture {
  if (config.model_type !== 'clip') {
    const classes = Array.isArray(config.architectures) ? ` (${config.architectures.join(', ')})` : '';
    throw otherFamily(path, `${String(config.model_type ?? 'model without a type')}${classes}`);
  }
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
  return requireWhole(architecture, path);
}

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** From preprocessor_config.json, where there is one. */
export async function huggingFaceNormalisation(folder: string, names: readonly string[]): Promise<Normalisation> {
  if (!names.includes('preprocessor_config.json')) return clipNormalisation;
  const path = join(folder, 'preprocessor_config.json');
  const shape = z.object({ image_mean: triple.optional(), image_std: triple.optional() });
  const { image_mean, image_std } = parseConfig(shape, await readJson(path), path);
  return { mean: image_mean ?? clipNormalisation.mean, deviation: image_std ?? clipNormalisation.deviation };
}

/** Width of an MLP over that of its tower: 4 or a little more in whatever was published. */
const mlpRatio = z.number().positive().max(64);

const openClipConfig = z.object({
  model_cfg: z.looseObject({
    embed_dim: width,
    quick_gelu: z.boolean().default(false),
    vision_cfg: z.looseObject({
      image_size: z.union([imageSide, z.tuple([imageSide, imageSide])]).default(224),
      layers: z.union([layerCount, z.array(layerCount)]),
      width: width.default(768),
      head_width: width.default(64),
      mlp_ratio: mlpRatio.default(4),
      patch_size: imageSide.default(16),
    }),
    text_cfg: z.looseObject({
      context_length: contextLength.default(77),
      vocab_size: vocabularySize.default(49408),
      width: width.default(512),
      heads: width.default(8),
      layers: layerCount.default(12),
      mlp_ratio: mlpRatio.default(4),
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

/** From open_clip_config.json. @throws Fault `bad-model` where it is no plain CLIP ViT */
export function openClipArchitecture(
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

/** Names and shapes of a file's tensors. */
type StoredTensors = ReadonlyMap<string, { readonly shape: readonly number[] }>;

/** OpenAI's files say nothing of the architecture; it follows from the shapes (as in OpenAI's own loader). */
export function openaiArchitecture(
  tensors: StoredTensors,
  path: string,
  textHeads: number | undefined,
): ClipArchitecture {
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

/** A model that is intact but of no use here; `found` says what it is. */
export function otherFamily(path: string, found: string): Fault {
  return new Fault(
    'bad-model',
    `${path} is not a model that can be used here: found a ${found}, wanted a CLIP with a vision transformer.`,
    { path },
  );
}

/** Configurations are small; whatever is longer is no configuration. */
const longestJson = 64 * 1024 * 1024;

/** A JSON object from a file. @throws Fault `bad-model`, `not-found` */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const { size: bytes } = await stat(path);
    const value: unknown = bytes > longestJson ? undefined : JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw Fault.from(thrown, { path });
  }
  throw new Fault('bad-model', `${path} is damaged or incomplete: it is not a JSON object.`, { path });
}

/** @throws Fault `bad-model` that names the first field that is wrong */
export function parseConfig<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path: where, message } = result.error.issues[0];
  throw new Fault('bad-model', `${path} is not a valid configuration: ${where.join('.')}: ${message}.`, { path });
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
