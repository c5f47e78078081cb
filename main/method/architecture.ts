/**
 * What a CLIP vision transformer pair looks like, and the names of its tensors.
 *
 * Canonical tensor names are those of the OpenAI release (OpenCLIP keeps them):
 *   visual.conv1.weight (width, 3, patch, patch), visual.class_embedding (width),
 *   visual.positional_embedding (1 + grid^2, width), visual.ln_pre.{weight,bias},
 *   visual.transformer.resblocks.N.{ln_1,ln_2}.{weight,bias}, .attn.in_proj_weight (3*width, width), .attn.in_proj_bias,
 *   .attn.out_proj.{weight,bias}, .mlp.c_fc.{weight,bias}, .mlp.c_proj.{weight,bias},
 *   visual.ln_post.{weight,bias}, visual.proj (width, embedDim),
 *   token_embedding.weight (vocabularySize, textWidth), positional_embedding (contextLength, textWidth),
 *   transformer.resblocks.N.* as above, ln_final.{weight,bias}, text_projection (textWidth, embedDim).
 */
export interface TransformerShape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the hidden layer of the MLP; 4 * width in every published CLIP. */
  readonly mlpWidth: number;
}

export interface ClipArchitecture {
  readonly embedDim: number;
  /** Side of the square input in pixels that the positional embeddings were made for. */
  readonly imageSize: number;
  readonly patchSize: number;
  readonly vision: TransformerShape;
  readonly text: TransformerShape & { readonly contextLength: number; readonly vocabularySize: number };
  /** Kept as the checkpoint was trained, whatever the image size (method.md, known traps). */
  readonly activation: 'quick_gelu' | 'gelu';
  readonly layerNormEpsilon: number;
}

/** What the text tower and the heads need to know; a pack may bring another vision network than a ViT. */
export type TextArchitecture = Omit<ClipArchitecture, 'imageSize' | 'patchSize' | 'vision'>;

/** One output of a vision graph that MediCLIP reads: a square map of tokens, (B, grid * grid, width). */
export interface TapShape {
  readonly grid: number;
  readonly width: number;
}
