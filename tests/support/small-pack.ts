/** A model pack small enough for a calibration in seconds, with the embedded model's vocabulary. */
import { join } from 'node:path';
import type { ClipArchitecture } from '../../main/method/architecture.ts';
import { visionGraph, visionTaps } from '../../main/method/clip/vision.ts';
import type { Image8 } from '../../main/method/image.ts';
import { Random } from '../../main/method/random.ts';
import { clipNormalisation } from '../../main/method/resize.ts';
import type { PackPrecision } from '../../main/modelpack/manifest.ts';
import { canonicalShapes } from '../../main/modelpack/naming.ts';
import { createPack } from '../../main/modelpack/pack.ts';
import { randomWeights, smallClip } from './small-clip.ts';

export const smallArchitecture: ClipArchitecture = {
  ...smallClip,
  imageSize: 32,
  patchSize: 8,
  text: { ...smallClip.text, contextLength: 40, vocabularySize: 1328 },
};
const taps = [2, 3];

/** Writes the pack below `folder` and returns its own folder. */
export function createSmallPack(folder: string, precision: PackPrecision = 'float32'): Promise<string> {
  const weights = randomWeights(smallArchitecture);
  const names = [...canonicalShapes(smallArchitecture).keys()];
  const vocabulary = ['vocab.json', 'merges.txt'].map((name) =>
    join(import.meta.dirname, '../../models/embedded/pack', name),
  );
  return createPack(folder, {
    family: 'clip-vit',
    layers: taps,
    architecture: smallArchitecture,
    name: 'small',
    licence: 'Apache-2.0',
    source: { format: 'made-here', file: 'test', sha256: '0'.repeat(64), bytes: 0 },
    precision,
    normalisation: clipNormalisation,
    imageSize: smallArchitecture.imageSize,
    taps: visionTaps(smallArchitecture, taps),
    tokeniserFiles: {
      kind: 'vocab-and-merges',
      paths: vocabulary,
      vocabulary: vocabulary[0]!,
      merges: vocabulary[1]!,
    },
    reader: { shape: weights.shape, read: async (name) => weights.read(name) },
    visionTensors: names.filter((name) => name.startsWith('visual.')),
    textTensors: names.filter((name) => !name.startsWith('visual.')),
    visionGraph: (file) => visionGraph({ architecture: smallArchitecture, weights: file, taps }),
  });
}

/** Striped pictures with noise; with `spot`, a bright disc that the normals lack. */
export function stripedPictures(count: number, seed: number, spot = false): Image8[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const data = new Uint8Array(48 * 48);
    for (let y = 0; y < 48; y++)
      for (let x = 0; x < 48; x++) {
        const inSpot = spot && (x - 15) ** 2 + (y - 30) ** 2 < 60;
        data[y * 48 + x] = inSpot ? 250 : 90 + 30 * Math.sin(y / 4) + random.normal() * 4;
      }
    return { width: 48, height: 48, channels: 1, data };
  });
}
