/** A CLIP of a few thousand random weights, for tests that need a whole one. */
import type { ClipArchitecture } from '../../main/method/architecture.ts';
import type { WeightFile, WeightReader } from '../../main/method/graph/weights.ts';
import { Random } from '../../main/method/random.ts';
import { float32ToHalf } from '../../main/modelpack/half.ts';
import { canonicalShapes } from '../../main/modelpack/naming.ts';

export const smallClip: ClipArchitecture = {
  embedDim: 6,
  imageSize: 12,
  patchSize: 4,
  vision: { width: 8, layers: 3, heads: 2, mlpWidth: 16 },
  text: { width: 8, layers: 2, heads: 2, mlpWidth: 16, contextLength: 20, vocabularySize: 30 },
  activation: 'quick_gelu',
  layerNormEpsilon: 1e-5,
};

/** Random weights. `readNames` collects the names that were read. */
export function randomWeights(architecture: ClipArchitecture = smallClip, readNames = new Set<string>()): WeightReader {
  const random = new Random(7);
  const tensors = new Map<string, Float32Array>();
  const shapes = canonicalShapes(architecture);
  for (const [name, shape] of shapes) {
    const isScale = /ln_.*weight$/.test(name);
    const length = shape.reduce((product, side) => product * side, 1);
    tensors.set(
      name,
      Float32Array.from({ length }, () => random.normal(isScale ? 1 : 0, 0.3)),
    );
  }
  return {
    shape: (name) => shapes.get(name)!,
    read(name) {
      readNames.add(name);
      return tensors.get(name)!;
    },
  };
}

/** The same weights as a raw file's bytes and its table of contents. */
export function asWeightFile(
  weights: WeightReader,
  dtype: 'float32' | 'float16',
  file: string,
  architecture: ClipArchitecture = smallClip,
): { readonly bytes: Uint8Array; readonly layout: WeightFile } {
  const parts: Uint8Array[] = [];
  const tensors: Record<string, WeightFile['tensors'][string]> = {};
  let offset = 0;
  for (const [name, shape] of canonicalShapes(architecture)) {
    const values = weights.read(name);
    const stored = dtype === 'float32' ? values : float32ToHalf(values);
    parts.push(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength));
    tensors[name] = { offset, length: stored.byteLength, dtype, shape };
    offset += stored.byteLength;
  }
  return { bytes: Buffer.concat(parts), layout: { file, tensors } };
}
