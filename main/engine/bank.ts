/** Runs the memory bank (method/memory-bank.ts) on the sessions of a model. */
import { throwIfCancelled } from '../fault.ts';
import { distanceOf, pictureFeature } from '../method/memory-bank.ts';
import type { BankDistances } from '../method/second-opinion.ts';
import type { Networks } from './networks.ts';
import type { TensorValue } from './sessions.ts';
import { inOnePiece, stackTaps, type Taps } from './taps.ts';

/** Pictures per run, and support images that they are compared with in it: the cosines take 17 MB per tap for ViT-L/14. */
const BATCH = 8;
const REFERENCES = 8;

/** Patch features of a picture, one array per tap: (grid^2, width), unit vectors. */
export type Features = readonly Float32Array[];

/** @throws Fault `cancelled`, `provider-failed` */
export async function extractFeatures(
  networks: Networks,
  pictures: readonly Taps[],
  signal: AbortSignal,
): Promise<Features[]> {
  const session = await networks.patchFeatures();
  const features: Features[] = [];
  for (let start = 0; start < pictures.length; start += BATCH) {
    throwIfCancelled(signal);
    const batch = pictures.slice(start, start + BATCH);
    const outputs = await session.run(stackTaps(networks.taps, batch));
    for (const i of batch.keys())
      features.push(
        networks.taps.map(({ grid, width }, n) => {
          const size = grid * grid * width;
          return (outputs[`feature.${n}`]!.data as Float32Array).subarray(i * size, (i + 1) * size);
        }),
      );
  }
  return features;
}

/**
 * Distances of pictures from a bank, per picture one entry per tap. `sameAs` names the bank's image that a picture is,
 * which then does not count: a normal must not be compared with itself.
 * @throws Fault `cancelled`, `provider-failed`
 */
export async function bankDistances(
  networks: Networks,
  pictures: readonly Features[],
  bank: readonly Features[],
  signal: AbortSignal,
  sameAs: (picture: number) => number | undefined = () => undefined,
): Promise<(readonly BankDistances[])[]> {
  const { taps } = networks;
  const wholes = bank.map((image) => image.map((patches, n) => wholeOf(patches, taps[n]!.width)));
  const distances: (readonly BankDistances[])[] = [];
  for (let start = 0; start < pictures.length; start += BATCH) {
    const batch = pictures.slice(start, start + BATCH);
    const nearest = await nearestPatches(networks, batch, bank, signal, (i) => sameAs(start + i));
    for (const [i, picture] of batch.entries()) {
      const same = sameAs(start + i);
      distances.push(
        taps.map(({ width }, n) => {
          const whole = pictureFeature(picture[n]!, width);
          const others = wholes.filter((_, r) => r !== same).map((image) => distanceOf(whole, image[n]!));
          return { patches: nearest[i]![n]!, picture: Math.min(...others) };
        }),
      );
    }
  }
  return distances;
}

/** Per picture and tap (grid^2): every patch's distance from the nearest patch of the bank. */
async function nearestPatches(
  { taps, nearestPatch }: Networks,
  pictures: readonly Features[],
  bank: readonly Features[],
  signal: AbortSignal,
  sameAs: (picture: number) => number | undefined,
): Promise<Float32Array[][]> {
  const session = await nearestPatch();
  const query = Object.fromEntries(
    Object.entries(stackTaps(taps, pictures)).map(([name, value]) => [name.replace('tap', 'query'), value]),
  );
  const nearest = pictures.map(() => taps.map(({ grid }) => new Float32Array(grid * grid).fill(1)));
  for (let first = 0; first < bank.length; first += REFERENCES) {
    throwIfCancelled(signal);
    const references = bank.slice(first, first + REFERENCES);
    const against = Object.fromEntries(
      taps.map(({ width }, n): [string, TensorValue] => {
        const data = inOnePiece(references.map((image) => image[n]!));
        return [`reference.${n}`, { dims: [data.length / width, width], data }];
      }),
    );
    const outputs = await session.run({ ...query, ...against });
    for (const [i, picture] of nearest.entries())
      for (const [n, best] of picture.entries()) {
        const similarity = outputs[`similarity.${n}`]!.data as Float32Array; // (B, grid^2, R)
        for (const r of references.keys()) {
          if (sameAs(i) === first + r) continue;
          for (let p = 0, at = i * best.length * references.length + r; p < best.length; p++, at += references.length)
            best[p] = Math.min(best[p]!, 1 - similarity[at]!);
        }
      }
  }
  return nearest;
}

/** Those of a bank are asked for with every batch. */
const wholesOfBanks = new WeakMap<Float32Array, Float32Array>();

function wholeOf(patches: Float32Array, width: number): Float32Array {
  const known = wholesOfBanks.get(patches) ?? pictureFeature(patches, width);
  wholesOfBanks.set(patches, known);
  return known;
}
