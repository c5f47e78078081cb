/** An engine for tests of the services: bright is abnormal. Its maps are the pictures themselves, 16 x 16, in 0..1. */
import { readFileSync } from 'node:fs';
import { decodeProfile, encodeProfile, imagesSha256Of } from '../../main/engine/profile.ts';
import type { Detection, EngineTasks } from '../../main/engine/tasks.ts';
import { patientWeights } from '../../main/method/conformal.ts';
import type { Image8 } from '../../main/method/image.ts';
import type { TaskHandlers } from '../../main/process/tasks.ts';

const SIDE = 16;

type Tasks = 'calibrate' | 'detect' | 'nearestNormals' | 'pictureFeatures' | 'about';

export const brightnessEngine: Pick<TaskHandlers<EngineTasks>, Tasks> = {
  calibrate(input, { progress }) {
    const { support, heldOut, patients, preset, method, seed, toleratedShare, preprocessing, scope } = input;
    const lossTrace = [1, 0.75, 0.5];
    progress({ phase: 'training', done: 3, total: 3, losses: lossTrace });
    const [images, owners] = heldOut.length > 0 ? [heldOut, patients?.heldOut] : [support, patients?.support];
    const weights = patientWeights(owners ?? [...images.keys()]);
    const normals = images.map((image, i) => ({ score: scoreOf(mapOf(image)), weight: weights[i]! }));
    normals.sort((a, b) => a.score - b.score);
    const normalScores = normals.map(({ score }) => score);
    const threshold = (normalScores.at(-1) ?? 0.5) + 0.1;
    const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
    return {
      profile: encodeProfile({
        manifest: {
          format: 'mediclip-profile',
          version: 1,
          modelName: 'brightness',
          modelSha256: 'f'.repeat(64),
          preset,
          method,
          seed,
          shots: support.length,
          steps: lossTrace.length,
          toleratedShare,
          threshold,
          evidence: heldOut.length > 0 ? 'held-out' : 'cross-fit',
          provider: 'cpu',
          providerVersion: 'none',
          precision: 'float32',
          preprocessing,
          appVersion: input.appVersion ?? '',
          imagesSha256: imagesSha256Of(input),
          ...(scope && { scope }),
        },
        tensors: new Map([
          ['adapter.0.weight', { shape: [1, 1], data: Float32Array.of(1) }],
          ['adapter.0.bias', vector(0)],
          ['text.features', { shape: [1, 2], data: Float32Array.of(0, 1) }],
          ['evidence.normal_scores', vector(...normalScores)],
          ['evidence.normal_weights', vector(...normals.map(({ weight }) => weight))],
          ['training.loss', vector(...lossTrace)],
        ]),
      }),
      steps: lossTrace.length,
      seconds: 0.1,
      stepMs: 1,
      lossTrace,
      threshold,
      normalScores,
      provider: 'cpu',
      providerVersion: 'none',
      peakRssMb: 1,
    };
  },
  detect({ images }) {
    const detections = images.map((image): Detection => {
      const map = mapOf(image);
      const score = scoreOf(map);
      return { score, pValue: 0.5, flagged: score > 0.6, map, side: SIDE };
    });
    return { detections, provider: 'cpu', providerVersion: 'none' };
  },
  /** The same place of every support image, the last image first. Its profiles keep no patches. */
  nearestNormals({ profilePath, region, support }) {
    const { shots } = decodeProfile(readFileSync(profilePath)).manifest;
    if (support.length !== shots) throw new Error(`${support.length} images for ${shots} shots`);
    const matches = Array.from({ length: shots }, (_, i) => ({
      support: shots - 1 - i,
      box: region,
      distance: i / 10,
    }));
    return { box: region, matches };
  },
  // Dark pictures are alike, and so are bright ones.
  pictureFeatures: ({ images }) => ({
    features: images.map((image) => {
      const mean = mapOf(image).reduce((sum, value) => sum + value, 0) / SIDE ** 2;
      return mean < 0.5 ? Float32Array.of(1, 0) : Float32Array.of(0, 1);
    }),
  }),
  about: () => ({ onnxruntime: 'none', pid: process.pid, rssMb: 1, peakRssMb: 1 }),
};

function mapOf({ width, height, channels, data }: Image8): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, index) => {
    const x = Math.floor((((index % SIDE) + 0.5) * width) / SIDE);
    const y = Math.floor(((Math.floor(index / SIDE) + 0.5) * height) / SIDE);
    return Number(data[(y * width + x) * channels]) / 255;
  });
}

const scoreOf = (map: Float32Array) => map.reduce((highest, value) => Math.max(highest, value), 0);
