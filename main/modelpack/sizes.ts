/**
 * How large the parts of a CLIP may be. Whoever works through a model makes lists as long as these numbers say, so a file
 * that lies about them must be refused before. Each bound is several times what was ever published: EVA-02-E has 64
 * blocks and an MLP of 15,360; the largest multilingual vocabulary has 262,144 tokens.
 */
import { z } from 'zod';

const upTo = (most: number) => z.number().int().positive().max(most);

export const layerCount = upTo(256);
/** Also of embeddings, MLPs and heads. */
export const width = upTo(65_536);
export const vocabularySize = upTo(1_048_576);
/** Tokens of a text. */
export const contextLength = upTo(4096);
/** Pixels: of images, patches and grids. */
export const imageSide = upTo(4096);
