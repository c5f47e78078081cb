/** Runs the memory bank (method/memory-bank.ts) on the sessions of a model. */
import { throwIfCancelled } from '../fault.ts';
import { distanceOf, pictureFeature } from '../method/memory-bank.ts';
import type { BankDistances } from '../method/second-opinion.ts';
import type { Networks } from './networks.ts';
import { stackTaps, type Taps } from './taps.ts';

/** Pictures per run; the matrix of cosines with one support image is small. */
const BATCH = 8;

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
          return (outputs[`feature.${n}`]!.data as Float32Array).slice(i * size, (i + 1) * size);
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
  const session = await networks.nearestPatch();
  const { taps } = networks;
  const wholes = bank.map((image) => image.map((patches, n) => pictureFeature(patches, taps[n]!.width)));
  const distances: (readonly BankDistances[])[] = [];
  for (let start = 0; start < pictures.length; start += BATCH) {
    const batch = pictures.slice(start, start + BATCH);
    const query = Object.fromEntries(
      Object.entries(stackTaps(taps, batch)).map(([name, value]) => [name.replace('tap', 'query'), value]),
    );
    const nearest = batch.map(() => taps.map(({ grid }) => new Float32Array(grid * grid).fill(1)));
    for (const [r, reference] of bank.entries()) {
      throwIfCancelled(signal);
      const against = Object.fromEntries(
        taps.map(({ grid, width }, n) => [`reference.${n}`, { dims: [grid * grid, width], data: reference[n]! }]),
      );
      const outputs = await session.run({ ...query, ...against });
      for (const i of batch.keys()) {
        if (sameAs(start + i) === r) continue;
        for (const [n, best] of nearest[i]!.entries()) {
          const similarity = outputs[`similarity.${n}`]!.data as Float32Array;
          for (let p = 0; p < best.length; p++) best[p] = Math.min(best[p]!, 1 - similarity[i * best.length + p]!);
        }
      }
    }
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
