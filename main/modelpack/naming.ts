/**
 * Where the tensors of a CLIP are found in each of the published formats. Canonical names are OpenAI's
 * (method/architecture.ts); OpenCLIP keeps them; Hugging Face has its own, with q, k and v apart and the two
 * projections transposed.
 */
import type { ClipArchitecture } from '../method/architecture.ts';

/** The stored tensors that make up a canonical one: stacked along the first axis, or one transposed. */
export interface Recipe {
  readonly from: readonly string[];
  readonly transposed: boolean;
}

type Shape = readonly number[];

/** Every tensor that a CLIP of this architecture has, in the order of its forward pass, with its shape. */
export function canonicalShapes(architecture: ClipArchitecture): ReadonlyMap<string, Shape> {
  const { embedDim, imageSize, patchSize, vision, text } = architecture;
  const tokens = 1 + (imageSize / patchSize) ** 2;
  return new Map<string, Shape>([
    ['visual.class_embedding', [vision.width]],
    ['visual.positional_embedding', [tokens, vision.width]],
    ['visual.conv1.weight', [vision.width, 3, patchSize, patchSize]],
    ...layerNormShapes('visual.ln_pre', vision.width),
    ...Array.from({ length: vision.layers }, (_, n) =>
      blockShapes(`visual.transformer.resblocks.${n}`, vision.width, vision.mlpWidth),
    ).flat(),
    ...layerNormShapes('visual.ln_post', vision.width),
    ['visual.proj', [vision.width, embedDim]],
    ['token_embedding.weight', [text.vocabularySize, text.width]],
    ['positional_embedding', [text.contextLength, text.width]],
    ...Array.from({ length: text.layers }, (_, n) =>
      blockShapes(`transformer.resblocks.${n}`, text.width, text.mlpWidth),
    ).flat(),
    ...layerNormShapes('ln_final', text.width),
    ['text_projection', [text.width, embedDim]],
  ]);
}

function layerNormShapes(name: string, width: number): [string, Shape][] {
  return [
    [`${name}.weight`, [width]],
    [`${name}.bias`, [width]],
  ];
}

function blockShapes(name: string, width: number, mlpWidth: number): [string, Shape][] {
  return [
    ...layerNormShapes(`${name}.ln_1`, width),
    [`${name}.attn.in_proj_weight`, [3 * width, width]],
    [`${name}.attn.in_proj_bias`, [3 * width]],
    [`${name}.attn.out_proj.weight`, [width, width]],
    [`${name}.attn.out_proj.bias`, [width]],
    ...layerNormShapes(`${name}.ln_2`, width),
    [`${name}.mlp.c_fc.weight`, [mlpWidth, width]],
    [`${name}.mlp.c_fc.bias`, [mlpWidth]],
    [`${name}.mlp.c_proj.weight`, [width, mlpWidth]],
    [`${name}.mlp.c_proj.bias`, [width]],
  ];
}

/** OpenAI's own files. */
export function openaiRecipe(name: string): Recipe {
  return { from: [name], transposed: false };
}

/** OpenCLIP's, where models with a configurable text tower keep it apart under `text.`. */
export function openClipRecipe(name: string, hasTextPrefix: boolean): Recipe {
  return openaiRecipe(hasTextPrefix && !name.startsWith('visual.') ? `text.${name}` : name);
}

const huggingFaceNames: Readonly<Record<string, string>> = {
  'visual.class_embedding': 'vision_model.embeddings.class_embedding',
  'visual.positional_embedding': 'vision_model.embeddings.position_embedding.weight',
  'visual.conv1.weight': 'vision_model.embeddings.patch_embedding.weight',
  'visual.ln_pre.weight': 'vision_model.pre_layrnorm.weight', // spelt so in every published file
  'visual.ln_pre.bias': 'vision_model.pre_layrnorm.bias',
  'visual.ln_post.weight': 'vision_model.post_layernorm.weight',
  'visual.ln_post.bias': 'vision_model.post_layernorm.bias',
  'visual.proj': 'visual_projection.weight',
  'token_embedding.weight': 'text_model.embeddings.token_embedding.weight',
  positional_embedding: 'text_model.embeddings.position_embedding.weight',
  'ln_final.weight': 'text_model.final_layer_norm.weight',
  'ln_final.bias': 'text_model.final_layer_norm.bias',
  text_projection: 'text_projection.weight',
};

const huggingFaceBlockNames: Readonly<Record<string, readonly string[]>> = {
  'attn.in_proj_': ['self_attn.q_proj.', 'self_attn.k_proj.', 'self_attn.v_proj.'],
  'attn.out_proj.': ['self_attn.out_proj.'],
  'ln_1.': ['layer_norm1.'],
  'ln_2.': ['layer_norm2.'],
  'mlp.c_fc.': ['mlp.fc1.'],
  'mlp.c_proj.': ['mlp.fc2.'],
};

/** Hugging Face's `CLIPModel`. Its two projections are linear layers (out, in); ours are matrices (in, out). */
export function huggingFaceRecipe(name: string): Recipe {
  const block = /^(visual\.)?transformer\.resblocks\.(\d+)\.(.*?)(weight|bias)$/.exec(name);
  if (block === null) {
    const transposed = name === 'visual.proj' || name === 'text_projection';
    return { from: [huggingFaceNames[name]], transposed };
  }
  const [, vision, layer, part, kind] = block;
  const tower = vision === undefined ? 'text_model' : 'vision_model';
  const from = huggingFaceBlockNames[part].map((own) => `${tower}.encoder.layers.${layer}.${own}${kind}`);
  return { from, transposed: false };
}

/** Tensors beside the towers that a CLIP file may hold: they play no part here. */
export function isBystander(name: string): boolean {
  return /^(logit_scale|logit_bias|(text\.)?attn_mask|(text|vision)_model\.embeddings\.position_ids)$/.test(name);
}
