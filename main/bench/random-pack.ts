/** Packs of the published CLIP sizes with random weights: what a forward pass costs does not depend on what it knows. */
import type { ClipArchitecture } from '../method/architecture.ts';
import { visionGraph, visionTaps } from '../method/clip/vision.ts';
import { Random } from '../method/random.ts';
import { clipNormalisation } from '../method/resize.ts';
import { canonicalShapes } from '../modelpack/naming.ts';
import { createPack } from '../modelpack/pack.ts';

export interface PublishedSize {
  readonly name: string;
  readonly architecture: ClipArchitecture;
  /** The layers that MediCLIP reads, counted from 1. */
  readonly layers: readonly number[];
}

const tower = (width: number, layers: number) => ({ width, layers, heads: width / 64, mlpWidth: 4 * width });
const published = { imageSize: 224, activation: 'quick_gelu', layerNormEpsilon: 1e-5 } as const;
const text = { contextLength: 77, vocabularySize: 49_408 };

export const vitB16: PublishedSize = {
  name: 'ViT-B/16',
  layers: [6, 9, 12],
  architecture: {
    ...published,
    embedDim: 512,
    patchSize: 16,
    vision: tower(768, 12),
    text: { ...tower(512, 12), ...text },
  },
};

export const vitL14: PublishedSize = {
  name: 'ViT-L/14',
  layers: [12, 18, 24],
  architecture: {
    ...published,
    embedDim: 768,
    patchSize: 14,
    vision: tower(1024, 24),
    text: { ...tower(768, 12), ...text },
  },
};

/** Writes the pack below `folder` and returns its own folder. @throws Fault `disk-full`, `cancelled` */
export function writeRandomPack(
  folder: string,
  { name, architecture, layers }: PublishedSize,
  signal: AbortSignal,
): Promise<string> {
  const shapes = canonicalShapes(architecture);
  const names = [...shapes.keys()];
  const random = new Random(1);
  return createPack(
    folder,
    {
      family: 'clip-vit',
      architecture,
      layers: [...layers],
      name: `random-${name.replace('/', '-')}`,
      licence: 'none',
      source: { format: 'made-here', file: 'random weights', sha256: '0'.repeat(64), bytes: 0 },
      precision: 'float32',
      normalisation: clipNormalisation,
      imageSize: architecture.imageSize,
      taps: visionTaps(architecture, layers),
      tokeniserFiles: undefined,
      reader: { shape: (tensor) => shapes.get(tensor)!, read: async (tensor) => values(tensor, shapes, random) },
      visionTensors: names.filter((tensor) => tensor.startsWith('visual.')),
      textTensors: names.filter((tensor) => !tensor.startsWith('visual.')),
      visionGraph: (file) => visionGraph({ architecture, weights: file, taps: layers }),
    },
    { signal },
  );
}

/** Uniform, of the deviation that keeps activations near 1; scales of a LayerNorm are 1. */
function values(name: string, shapes: ReadonlyMap<string, readonly number[]>, random: Random): Float32Array {
  const shape = shapes.get(name)!;
  const length = shape.reduce((product, side) => product * side, 1);
  if (/ln_.*weight$/.test(name)) return new Float32Array(length).fill(1);
  const bound = Math.sqrt(3 / (shape.at(-1) ?? 1));
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = bound * (random.uint32() / 2 ** 31 - 1);
  return data;
}
