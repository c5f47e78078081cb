/** Scores and maps of pictures under a calibration profile (paper, section 2.3). */
import { throwIfCancelled } from '../fault.ts';
import { conformalPValue } from '../method/conformal.ts';
import { headPrefix } from '../method/detection.ts';
import type { Image8 } from '../method/image.ts';
import { toTestRgb } from '../method/resize.ts';
import type { Networks } from './networks.ts';
import { judge, opinionsOf } from './opinions.ts';
import { normalScores, type Profile, type ProfileTensor, profileTensor } from './profile.ts';
import type { TensorValue } from './sessions.ts';
import { extractTaps, stackTaps, type TapCache, type Taps } from './taps.ts';
import type { Detection } from './tasks.ts';

/** What a calibration learnt, as the head's inputs. */
export interface DetectionHead {
  /** `adapter.N.weight`, `adapter.N.bias` */
  readonly adapters: Readonly<Record<string, TensorValue>>;
  /** (embedDim, 2) */
  readonly textFeatures: TensorValue;
}

/** Pictures per run of the head; its maps are small. */
const HEAD_BATCH = 16;

export function profileHead(tensors: ReadonlyMap<string, ProfileTensor>, taps: number): DetectionHead {
  const value = (name: string): TensorValue => {
    const { shape, data } = profileTensor({ tensors }, name);
    return { dims: shape, data };
  };
  const names = Array.from({ length: taps }, (_, n) => [`adapter.${n}.weight`, `adapter.${n}.bias`]).flat();
  return {
    adapters: Object.fromEntries(names.map((name) => [name, value(name)])),
    textFeatures: value('text.features'),
  };
}

export interface HeadResult {
  /** Highest value of the map. */
  readonly score: number;
  /** (side, side), 0..1 */
  readonly map: Float32Array;
}

/** @throws Fault `cancelled`, `provider-failed` */
export async function runHead(
  { head, taps: shapes, side }: Pick<Networks, 'head' | 'taps' | 'side'>,
  heads: readonly [DetectionHead, ...DetectionHead[]],
  pictures: readonly Taps[],
  signal: AbortSignal,
): Promise<HeadResult[]> {
  const session = await head(heads.length);
  const all = heads.flatMap(({ adapters }, place) =>
    Object.entries(adapters).map(([name, value]) => [headPrefix(place, heads.length) + name, value] as const),
  );
  const known = Object.fromEntries(all.filter(([name]) => session.inputs.includes(name)));
  const [{ textFeatures }] = heads;
  const results: HeadResult[] = [];
  for (let start = 0; start < pictures.length; start += HEAD_BATCH) {
    throwIfCancelled(signal);
    const batch = pictures.slice(start, start + HEAD_BATCH);
    const outputs = await session.run({ ...known, text_features: textFeatures, ...stackTaps(shapes, batch) });
    const maps = outputs.map!.data as Float32Array;
    batch.forEach((_, i) => {
      results.push({
        score: outputs.score!.data[i] as number,
        map: maps.subarray(i * side * side, (i + 1) * side * side),
      });
    });
  }
  return results;
}

/** Heads of a cross-fit in the profile: `fold.F.adapter.N.weight`, `fold.F.adapter.N.bias`. */
export function foldTensors(heads: readonly DetectionHead[]): Map<string, ProfileTensor> {
  return new Map(
    heads.flatMap(({ adapters }, fold) =>
      Object.entries(adapters).map(([name, { dims, data }]) => [
        `fold.${fold}.${name}`,
        { shape: dims, data: data as Float32Array },
      ]),
    ),
  );
}

/** The heads of the cross-fit, all with the profile's text features; none where the profile has none. */
function foldHeads(tensors: Profile['tensors'], taps: number): DetectionHead[] {
  const heads: DetectionHead[] = [];
  while (tensors.has(`fold.${heads.length}.adapter.0.weight`)) {
    const prefix = `fold.${heads.length}.`;
    const own = [...tensors].flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
    );
    heads.push(profileHead(new Map([...own, ['text.features', profileTensor({ tensors }, 'text.features')]]), taps));
  }
  return heads;
}

/**
 * Scores and maps as the profile's preset makes them. Where there are heads of a cross-fit, they speak together: the
 * normals that set the threshold were judged by the same heads, each by one that had not seen it, so that a new picture
 * and the normals are measured alike.
 */
export async function score(
  networks: Networks,
  tensors: Profile['tensors'],
  pictures: readonly Taps[],
  signal: AbortSignal,
): Promise<HeadResult[]> {
  const taps = networks.taps.length;
  const [first, ...others] = foldHeads(tensors, taps);
  const heads = first ? ([first, ...others] as const) : ([profileHead(tensors, taps)] as const);
  const said = await runHead(networks, heads, pictures, signal);
  const opinions = opinionsOf(tensors, networks.taps);
  return opinions ? await judge(networks, opinions, pictures, said, signal) : said;
}

/**
 * Detections of pictures of any size, in their order.
 * @throws Fault `bad-pixels`, `cancelled`, `provider-failed`
 */
export async function detect(
  images: readonly Image8[],
  networks: Networks,
  profile: Profile,
  { signal, cache, onProgress }: { signal: AbortSignal; cache: TapCache; onProgress?: (done: number) => void },
): Promise<Detection[]> {
  const rgb = images.map((image) => toTestRgb(image, networks.side));
  const taps = await extractTaps(await networks.tower(), rgb, { signal, cache, onProgress });
  const results = await score(networks, profile.tensors, taps, signal);
  const normals = normalScores(profile);
  return results.map(({ score, map }) => ({
    score,
    pValue: conformalPValue(score, normals),
    flagged: score >= profile.manifest.threshold,
    map: map.slice(), // alone: what is sent elsewhere takes its whole batch along
    side: networks.side,
  }));
}
