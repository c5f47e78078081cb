/** A vision network that is no ViT, with token maps of two sizes, from its pack to a finding. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomWeights } from '../../tests/support/small-clip.ts';
import { smallArchitecture, stripedPictures } from '../../tests/support/small-pack.ts';
import { anyBatch, Graph, type Value } from '../method/graph/graph.ts';
import { encodeModel } from '../method/graph/onnx.ts';
import { reshape, transpose } from '../method/graph/operators.ts';
import { type Weights, weight } from '../method/graph/weights.ts';
import { Random } from '../method/random.ts';
import { clipNormalisation } from '../method/resize.ts';
import { publishedSettings } from '../method/settings.ts';
import { canonicalShapes } from '../modelpack/naming.ts';
import { createPack } from '../modelpack/pack.ts';
import { findTokeniserFiles } from '../modelpack/tokeniser-files.ts';
import { runInProcess } from '../process/in-process.ts';
import { createEngineHandlers } from './handlers.ts';

/** Kernels of two convolutions without overlap, (out, in, side, side): 32 x 32 pixels to 8 x 8, these to 4 x 4. */
const kernels: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'visual.fine': [6, 3, 4, 4],
  'visual.coarse': [10, 6, 2, 2],
};

function twoGridGraph(weights: Weights): Uint8Array {
  const g = new Graph('float32');
  const convolve = (x: Value, name: string) => {
    const [out, , side] = kernels[name]!;
    const grid = x.shape[2]! / side;
    return g.emit('Conv', [x, weight(g, weights, name)], [anyBatch, out, grid, grid], { strides: [side, side] });
  };
  const tokens = (x: Value) =>
    transpose(g, reshape(g, x, [anyBatch, x.shape[1]!, x.shape[2]! * x.shape[3]!]), [0, 2, 1]);
  const fine = convolve(g.input('pixels', [anyBatch, 3, 32, 32]), 'visual.fine');
  g.output('tap.0', tokens(fine));
  g.output('tap.1', tokens(convolve(fine, 'visual.coarse')));
  return encodeModel(g, 'two-grids');
}

const vocabularyFolder = join(import.meta.dirname, '../../models/embedded/pack');
const engine = runInProcess(createEngineHandlers());
let folder: string;
let packFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-two-grids-'));
  const random = new Random(1);
  const visual = new Map(
    Object.entries(kernels).map(([name, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, { shape, data: Float32Array.from({ length: size }, () => 0.2 * random.normal()) }];
    }),
  );
  const text = randomWeights(smallArchitecture);
  const { embedDim, activation, layerNormEpsilon, text: shape } = smallArchitecture;
  packFolder = await createPack(folder, {
    family: 'vision-graph',
    architecture: { embedDim, activation, layerNormEpsilon, text: shape },
    name: 'two-grids',
    licence: 'Apache-2.0',
    source: { format: 'made-here', file: 'test', sha256: '0'.repeat(64), bytes: 0 },
    precision: 'float32',
    normalisation: clipNormalisation,
    imageSize: 32,
    taps: [
      { grid: 8, width: 6 },
      { grid: 4, width: 10 },
    ],
    tokeniserFiles: findTokeniserFiles(vocabularyFolder, ['vocab.json', 'merges.txt']),
    reader: {
      shape: (name) => visual.get(name)?.shape ?? text.shape(name),
      read: async (name) => visual.get(name)?.data ?? text.read(name),
    },
    visionTensors: [...visual.keys()],
    textTensors: [...canonicalShapes(smallArchitecture).keys()].filter((name) => !name.startsWith('visual.')),
    visionGraph: twoGridGraph,
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a pack with token maps of two sizes', () => {
  it('calibrates, points at a bright disc and names the normals nearest to it', { timeout: 120_000 }, async () => {
    const { profile } = await engine.run('calibrate', {
      packFolder,
      support: stripedPictures(8, 1),
      heldOut: stripedPictures(9, 2),
      preset: 'default',
      method: publishedSettings('causal'),
      seed: 7,
      provider: 'cpu',
      toleratedShare: 0.1,
      preprocessing: 'test',
    });
    const profilePath = join(folder, 'profile.safetensors');
    await writeFile(profilePath, profile);
    const [image] = stripedPictures(1, 4, true);
    const common = { packFolder, profilePath, provider: 'cpu' as const };
    const { detections } = await engine.run('detect', { ...common, images: [image!] });
    const { map, side, flagged } = detections[0]!;
    expect(flagged).toBe(true);
    // The disc lies around (15, 30) of 48 pixels, radius 8: (10, 20) of 32, radius 5.
    const highest = map.indexOf(Math.max(...map));
    expect(Math.hypot((highest % side) - 10, Math.floor(highest / side) - 20)).toBeLessThan(7);

    const region = [0.15, 0.45, 0.35, 0.35] as const;
    const { box, matches } = await engine.run('nearestNormals', { ...common, image: image!, region, support: [] });
    expect(box.slice(2)).toEqual([3 / 8, 3 / 8]); // 3 x 3 places of the finer grid
    expect(matches).toHaveLength(8);
  });
});
