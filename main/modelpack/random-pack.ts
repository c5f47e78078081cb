/**
 * The same architecture at random weights: what a model's figures must be compared with before they say anything about
 * what it has learnt (`cli evaluate --null-baseline`).
 */
import { readFile } from 'node:fs/promises';
import { Random } from '../method/random.ts';
import { createPack, loadPack, type PackContent } from './pack.ts';
import type { WriteOptions } from './pack-writer.ts';
import { elementCount } from './safetensors.ts';
import { findTokeniserFiles } from './tokeniser-files.ts';

/**
 * Writes a pack beside nothing else into `targetFolder`: graph, shapes, precision and vocabulary of the given pack, all
 * weights drawn anew. @returns the new pack's folder
 * @throws Fault as loadPack and createPack
 */
export async function createRandomPack(
  packFolder: string,
  targetFolder: string,
  seed: number,
  options: WriteOptions = {},
): Promise<string> {
  const { manifest, visionPath } = await loadPack(packFolder, options);
  const { vision, text } = manifest;
  const tensors = { ...vision.weights.tensors, ...text.weights.tensors };
  const random = new Random(seed);
  const graph = await readFile(visionPath); // places of the weights in vision.bin follow from names and shapes alone
  const names = manifest.files.map(({ name }) => name);
  const content: PackContent = {
    ...manifest,
    ...vision,
    name: 'random',
    tokeniserFiles: manifest.tokeniser.kind === 'default-phrases' ? undefined : findTokeniserFiles(packFolder, names),
    reader: {
      shape: (name) => tensors[name]!.shape,
      read: async (name) => randomTensor(name, tensors[name]!.shape, random),
    },
    visionTensors: Object.keys(vision.weights.tensors),
    textTensors: Object.keys(text.weights.tensors),
    visionGraph: () => graph,
  };
  return await createPack(targetFolder, content, options);
}

/**
 * Matrices and kernels: normal, variance one over the inputs of an output (twice that for convolutions, which rectify;
 * He et al., 2015). Vectors: ones for the gains of normalisations, zeros for biases, else as matrices.
 */
function randomTensor(name: string, shape: readonly number[], random: Random): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (shape.length === 1 && name.endsWith('bias')) return values;
  if (shape.length === 1 && name.endsWith('weight')) return values.fill(1);
  // CLIP keeps its projections as (in, out), everything else is (out, in, ...).
  const projection = /(^|\.)(text_projection|proj)$/.test(name);
  const inputs = projection || shape.length === 1 ? shape[0]! : elementCount(shape.slice(1));
  const deviation = Math.sqrt((shape.length === 4 ? 2 : 1) / inputs);
  return values.map(() => deviation * random.normal());
}
