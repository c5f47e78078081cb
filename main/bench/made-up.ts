/** Pictures and a profile for measurements: what they show does not matter, that they differ does. */
import { encodeProfile } from '../engine/profile.ts';
import type { TapShape } from '../method/architecture.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { preprocessingOf } from '../services/model-input.ts';

/** Grey waves with noise, each from its own seed. */
export function wavyPicture(seed: number, side: number): Image8 {
  const random = new Random(seed);
  const [height, length, phase] = [random.between(20, 60), random.between(8, 40), random.between(0, 6)];
  const data = new Uint8Array(side * side);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % side, Math.floor(at / side)];
    data[at] = 110 + height * Math.sin(phase + (x + 2 * y) / length) + (random.uint32() & 15);
  }
  return { width: side, height: side, channels: 1, data };
}

export const wavyPictures = (count: number, side: number, firstSeed = 1): Image8[] =>
  Array.from({ length: count }, (_, index) => wavyPicture(firstSeed + index, side));

/** A profile of the preset `parity` with random adapters, which costs what a real one does. */
export function randomProfile(
  model: { readonly name: string; readonly identity: string; readonly embedDim: number },
  taps: readonly TapShape[],
): Uint8Array {
  const random = new Random(1);
  const { name, identity, embedDim } = model;
  const tensor = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, () =>
      random.normal(0, 0.02),
    ),
  });
  return encodeProfile({
    manifest: {
      format: 'mediclip-profile',
      version: 1,
      modelName: name,
      modelSha256: identity,
      preset: 'parity',
      seed: 1,
      shots: 16,
      steps: 0,
      toleratedShare: 0.05,
      threshold: 0.9,
      evidence: 'held-out',
      provider: 'cpu',
      providerVersion: '',
      precision: 'float32',
      preprocessing: preprocessingOf(),
      appVersion: '',
      imagesSha256: '',
    },
    tensors: new Map([
      ...taps.flatMap(({ width }, tap) => [
        [`adapter.${tap}.weight`, tensor(embedDim, width)] as const,
        [`adapter.${tap}.bias`, tensor(embedDim)] as const,
      ]),
      ['text.features', tensor(embedDim, 2)],
      ['evidence.normal_scores', tensor(16)],
    ]),
  });
}
