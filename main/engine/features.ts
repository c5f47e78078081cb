/** What whole pictures look like to the frozen tower, for telling the odd one out among normals. */
import type { Image8 } from '../method/image.ts';
import { pictureFeature } from '../method/memory-bank.ts';
import { toTestRgb } from '../method/resize.ts';
import { extractFeatures } from './bank.ts';
import type { Networks } from './networks.ts';
import { extractTaps, type TapCache } from './taps.ts';

/**
 * One vector per picture: the mean patch directions of all taps, one after the other, of unit length in all. The taps
 * stay in the cache for the calibration that follows.
 * @throws Fault `cancelled`, `provider-failed`
 */
export async function pictureFeatures(
  images: readonly Image8[],
  networks: Networks,
  { signal, cache }: { readonly signal: AbortSignal; readonly cache: TapCache },
): Promise<Float32Array[]> {
  const rgb = images.map((image) => toTestRgb(image, networks.side));
  const taps = await extractTaps(await networks.tower(), rgb, { signal, cache });
  const pictures = await extractFeatures(networks, taps, signal);
  const scale = 1 / Math.sqrt(networks.taps.length);
  return pictures.map((picture) =>
    Float32Array.from(
      picture.flatMap((patches, n) => Array.from(pictureFeature(patches, networks.taps[n]!.width), (x) => x * scale)),
    ),
  );
}
