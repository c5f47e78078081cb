/**
 * The manifest of a model pack. A pack is a folder:
 *
 *   manifest.json   this; says what the pack holds, with the size and SHA-256 of every other file
 *   vision.onnx     the vision graph; its weights lie in vision.bin
 *   vision.bin      weights of the vision tower
 *   text.bin        weights of the text tower; its graphs are made when needed, because they depend on the phrases
 *   vocab.json ...  the vocabulary, where the checkpoint came with one
 *
 * manifest.json is JSON whose first line holds the SHA-256 of everything after that line, so that it vouches for itself
 * as it does for the others.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { Fault } from '../fault.ts';
import { contextLength, imageSide, layerCount, vocabularySize, width } from './sizes.ts';

const size = z.number().int().positive();
const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A plain file name: nothing in a pack lies outside its folder. */
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/);
const triple = z.tuple([z.number(), z.number(), z.number()]);

/** A pack's name is also its folder's. */
export const packNamePattern = /^[A-Za-z0-9](?:[A-Za-z0-9 ._@-]{0,78}[A-Za-z0-9_-])?$/;

const transformer = z.object({ width, layers: layerCount, heads: width, mlpWidth: width });
const textSide = {
  embedDim: width,
  activation: z.enum(['quick_gelu', 'gelu']),
  layerNormEpsilon: z.number().positive(),
  text: transformer.extend({ contextLength, vocabularySize }),
};

const tensorRange = z.object({
  offset: count,
  length: count,
  dtype: z.enum(['float32', 'float16']),
  shape: z.array(size),
});
const weightFile = z.object({ file: fileName, tensors: z.record(z.string(), tensorRange) });

const common = {
  format: z.literal('mediclip-pack'),
  version: z.literal(1),
  name: z.string().regex(packNamePattern),
  /** SPDX identifier where it is known, else 'unknown'. */
  licence: z.string().min(1),
  source: z.object({
    format: z.enum(['huggingface', 'open_clip', 'openai', 'made-here']),
    /** Name of the weights file, or of the folder that holds several. */
    file: z.string(),
    /** Of the weights file; of all shards one after the other. */
    sha256,
    bytes: count,
    /** The published model that has this hash. */
    verifiedAs: z.string().optional(),
  }),
  /** How the weights are stored. Computation is in float32. */
  precision: z.enum(['float32', 'float16']),
  vision: z.object({
    graph: fileName,
    weights: weightFile,
    /** Side of the square input in pixels. */
    imageSize: imageSide,
    /** The outputs `tap.0`, `tap.1`, ... in order. */
    taps: z.array(z.object({ grid: imageSide, width })).min(1),
    normalisation: z.object({ mean: triple, deviation: triple }),
  }),
  text: z.object({ weights: weightFile }),
  tokeniser: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('vocab-and-merges'), vocabulary: fileName, merges: fileName }),
    z.object({ kind: z.literal('tokenizer-json'), tokenizer: fileName }),
    z.object({ kind: z.literal('openai-merges'), merges: fileName }),
    /** No vocabulary: the default phrases only. */
    z.object({ kind: z.literal('default-phrases') }),
  ]),
  /** Every file but the manifest. */
  files: z.array(z.object({ name: fileName, bytes: count, sha256 })).min(1),
};

const manifestSchema = z.discriminatedUnion('family', [
  z.object({
    ...common,
    family: z.literal('clip-vit'),
    /** Blocks of the vision tower that the taps are read after, counted from 1. */
    layers: z.array(layerCount).min(1),
    architecture: z.object({ ...textSide, imageSize: imageSide, patchSize: imageSide, vision: transformer }),
  }),
  /** Another network that gives maps of tokens, beside a CLIP text tower. */
  z.object({ ...common, family: z.literal('vision-graph'), architecture: z.object(textSide) }),
]);

export type PackManifest = z.infer<typeof manifestSchema>;
export type PackPrecision = PackManifest['precision'];
export type PackSource = PackManifest['source'];
export type PackFile = PackManifest['files'][number];
export type PackWeights = PackManifest['vision']['weights'];

/** OpenAI's own files (their names in the releases of 2021 and 2022), by SHA-256. */
export const officialModels: Readonly<Record<string, string>> = {
  '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af': 'OpenAI CLIP ViT-B/32',
  '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f': 'OpenAI CLIP ViT-B/16',
  b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836: 'OpenAI CLIP ViT-L/14',
  '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02': 'OpenAI CLIP ViT-L/14@336px',
};

export const manifestName = 'manifest.json';
const longestManifest = 16 * 1024 * 1024;

/**
 * The blocks that are read by default: at one half, three quarters and all of the depth. For ViT-L/14 these are 12, 18
 * and 24, which the method was published with.
 */
export function defaultLayers(depth: number): number[] {
  return [...new Set([Math.ceil(depth / 2), Math.ceil((3 * depth) / 4), depth])];
}

/**
 * The manifest as the bytes of its file, its fields in one order, whoever made it.
 * @throws Fault `usage` where a field has a value that no manifest has
 */
export function encodeManifest(manifest: PackManifest): Uint8Array {
  const result = manifestSchema.safeParse(manifest);
  if (!result.success) throw new Fault('usage', `A model pack cannot have ${describeIssue(result.error)}.`);
  const json = JSON.stringify(result.data, undefined, 1);
  const body = `${json.slice(2)}\n`; // without its opening brace and line break
  return new TextEncoder().encode(`{"seal": "${hashOf(body)}",\n${body}`);
}

/** @throws Fault `bad-model` where the bytes are not an intact manifest of this version. */
export function decodeManifest(bytes: Uint8Array, path: string): PackManifest {
  const text = new TextDecoder().decode(bytes);
  const seal = /^\{"seal": "([0-9a-f]{64})",\n/.exec(text);
  if (seal === null || hashOf(text.slice(seal[0].length)) !== seal[1])
    throw new Fault('bad-model', `${path} is damaged or was altered. Import the model again.`, { path });
  const result = manifestSchema.safeParse(JSON.parse(text));
  if (!result.success)
    throw new Fault(
      'bad-model',
      `${path} was not written by this version of the program (${describeIssue(result.error)}). Import the model again.`,
      { path },
    );
  requireFiles(result.data, path);
  return result.data;
}

/** @throws Fault `not-found` where the folder is no pack, `bad-model` where its manifest is damaged. */
export async function readManifest(folder: string): Promise<PackManifest> {
  const path = join(folder, manifestName);
  try {
    if ((await stat(path)).size <= longestManifest) return decodeManifest(await readFile(path), path);
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-model', path });
  }
  throw new Fault('bad-model', `${path} is damaged or was altered. Import the model again.`, { path });
}

/** Whatever the manifest refers to is among its files, and every tensor lies inside its file. */
function requireFiles(manifest: PackManifest, path: string): void {
  const sizes = new Map(manifest.files.map(({ name, bytes }) => [name, bytes]));
  const { kind, ...tokeniserFiles } = manifest.tokeniser;
  const referred = [manifest.vision.graph, ...Object.values<string>(tokeniserFiles)];
  for (const { file, tensors } of [manifest.vision.weights, manifest.text.weights]) {
    referred.push(file);
    for (const [name, { offset, length }] of Object.entries(tensors))
      if (offset + length > (sizes.get(file) ?? 0))
        throw new Fault('bad-model', `${path} places ${name} outside ${file}.`, { path });
  }
  const missing = referred.find((name) => !sizes.has(name));
  if (missing !== undefined || sizes.has(manifestName))
    throw new Fault('bad-model', `${path} does not list ${missing ?? 'its files as it should'} (${kind}).`, { path });
}

/**
 * What makes two packs the same model: the hash of all files' hashes. Neither the name nor the place counts. Two
 * imports of one checkpoint with the same layers, image size and precision agree.
 */
export function packIdentity({ files }: PackManifest): string {
  const lines = files.map((file) => `${file.sha256} ${file.name}\n`).sort();
  return hashOf(lines.join(''));
}

function describeIssue({ issues: [{ path, message }] }: z.ZodError): string {
  return `${path.join('.')}: ${message}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
