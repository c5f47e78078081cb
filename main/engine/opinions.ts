/**
 * The `default` preset's judgement: the trained map and the memory bank together. How much each kind of evidence counts
 * follows from the site's own normals and anomalies made in them; nothing looks at labelled pictures.
 */
import { throwIfCancelled } from '../fault.ts';
import type { TapShape } from '../method/architecture.ts';
import {
  type BankDistances,
  departures,
  type EvidenceScale,
  evidenceOf,
  evidenceScale,
  evidenceWeights,
  fuse,
  type PlaceStatistics,
  placeStatistics,
  scoreOf,
  sharesOf,
  unusualness,
} from '../method/second-opinion.ts';
import { bankDistances, extractFeatures, type Features } from './bank.ts';
import type { HeadResult } from './detect.ts';
import type { Networks } from './networks.ts';
import { keepsPatches, type ProfileTensor, profileTensor } from './profile.ts';
import type { TensorValue } from './sessions.ts';
import { inOnePiece, type Taps } from './taps.ts';

/** Pictures per run of the fused map. */
const MAP_BATCH = 8;

export interface Opinions {
  /** Features of the support set. */
  readonly bank: readonly Features[];
  /** Per tap. */
  readonly places: readonly PlaceStatistics[];
  /** Kinds of evidence: per tap local and global, then the trained map's score. */
  readonly scale: EvidenceScale;
  /** The share of each kind in the score; they sum to 1. */
  readonly weights: readonly number[];
  /** Mean and deviation of the trained map's values over normals. */
  readonly headMap: readonly [mean: number, deviation: number];
  /** Added to the map, in deviations: see threshold.ts. */
  readonly mapShift: number;
}

/** What was learnt about the normals, and how they themselves score when each is judged as if it were new. */
export interface FormedOpinions {
  /** Their map is not shifted yet. */
  readonly opinions: Opinions;
  readonly normals: readonly HeadResult[];
}

/** An anomaly made in a support image, and what a head that did not see the image says of it. */
export interface JudgedAnomaly {
  /** Place of the image in the support set. */
  readonly of: number;
  readonly taps: Taps;
  readonly head: HeadResult;
}

/**
 * Judges every support image, and the anomalies made in it, by the others. Their scores share one scale with new
 * pictures': a scale of its own for each normal, without it, would count the most unusual normals as more unusual than
 * an equally unusual new picture, and the threshold would come out too high (docs/decisions/0005).
 * @param support taps of the support set, as test pictures
 * @param heads what heads that did not see them say of the same pictures
 */
export async function formOpinions(
  networks: Networks,
  support: readonly Taps[],
  heads: readonly HeadResult[],
  anomalies: readonly JudgedAnomaly[],
  signal: AbortSignal,
): Promise<FormedOpinions> {
  const { bank, distances } = await compareSupport(networks, support, signal);
  const { taps } = networks;
  const placesWithout = distances.map((_, i) =>
    placesOf(
      distances.filter((_, j) => j !== i),
      taps,
    ),
  );
  const evidence = distances.map((picture, i) => evidenceRow(picture, placesWithout[i]!, heads[i]!.score));
  const scale = evidenceScale(evidence);
  const departed = evidence.map((row) => departures(row, scale));

  const changed = await extractFeatures(
    networks,
    anomalies.map(({ taps }) => taps),
    signal,
  );
  const changedDistances = await bankDistances(networks, changed, bank, signal, (i) => anomalies[i]!.of);
  const weights = evidenceWeights(
    departed,
    anomalies.map(({ of, head }, i) =>
      departures(evidenceRow(changedDistances[i]!, placesWithout[of]!, head.score), scale),
    ),
  );
  const headMap = meanAndDeviationOfMaps(heads);
  const opinions = { bank, places: placesOf(distances, taps), scale, weights, headMap, mapShift: 0 };
  const headMaps = heads.map(({ map }) => map);
  const maps = await fusedMaps(networks, distances, (i) => placesWithout[i]!, opinions, headMaps, signal);
  const normals = maps.map((map, i) => ({ score: Math.fround(scoreOf(fuse(departed[i]!, weights))), map }));
  return { opinions, normals };
}

/** The support set as a memory bank, for a profile that keeps none. @throws Fault `cancelled`, `provider-failed` */
export async function formBank(
  networks: Networks,
  support: readonly Taps[],
  signal: AbortSignal,
): Promise<Pick<Opinions, 'bank' | 'places'>> {
  const { bank, distances } = await compareSupport(networks, support, signal);
  return { bank, places: placesOf(distances, networks.taps) };
}

/** Features of the support set, and how far each of its pictures lies from the others. */
async function compareSupport(networks: Networks, support: readonly Taps[], signal: AbortSignal) {
  const bank = await extractFeatures(networks, support, signal);
  return { bank, distances: await bankDistances(networks, bank, bank, signal, (picture) => picture) };
}

/** What is usual at each place, per tap. */
const placesOf = (pictures: readonly (readonly BankDistances[])[], taps: readonly TapShape[]) =>
  taps.map(({ grid }, n) =>
    placeStatistics(
      pictures.map((picture) => picture[n]!.patches),
      grid,
    ),
  );

/** Judges pictures from their taps and what the trained head says of them. @throws Fault `cancelled` */
export async function judge(
  networks: Networks,
  opinions: Opinions,
  pictures: readonly Taps[],
  heads: readonly HeadResult[],
  signal: AbortSignal,
): Promise<HeadResult[]> {
  const { bank, places, scale, weights } = opinions;
  const features = await extractFeatures(networks, pictures, signal);
  const distances = await bankDistances(networks, features, bank, signal);
  const headMaps = heads.map(({ map }) => map);
  const maps = await fusedMaps(networks, distances, () => places, opinions, headMaps, signal);
  return distances.map((picture, i) => ({
    score: Math.fround(scoreOf(fuse(departures(evidenceRow(picture, places, heads[i]!.score), scale), weights))),
    map: maps[i]!,
  }));
}

function evidenceRow(
  picture: readonly BankDistances[],
  places: readonly PlaceStatistics[],
  headScore: number,
): readonly number[] {
  return [...picture.flatMap((distances, n) => evidenceOf(distances, places[n]!)), headScore];
}

/**
 * Deviations above normal at every pixel, as a score: (side, side) per picture. Only evidence that has a place takes part.
 * @param places per picture, what its places are compared with
 */
export async function fusedMaps(
  { taps, side, fusedMap }: Pick<Networks, 'taps' | 'side' | 'fusedMap'>,
  pictures: readonly (readonly BankDistances[])[],
  places: (picture: number) => readonly PlaceStatistics[],
  { weights, headMap: [mean, deviation], mapShift }: Pick<Opinions, 'weights' | 'headMap' | 'mapShift'>,
  heads: readonly Float32Array[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const session = await fusedMap();
  const shares = sharesOf([...taps.map((_, n) => weights[2 * n]!), weights.at(-1)!]);
  const scale = shares.at(-1)! / deviation;
  const scalar = (value: number): TensorValue => ({ dims: [], data: Float32Array.of(value) });
  const maps: Float32Array[] = [];
  for (let start = 0; start < pictures.length; start += MAP_BATCH) {
    throwIfCancelled(signal);
    const batch = pictures.slice(start, start + MAP_BATCH);
    const unusual = taps.map(({ grid }, n): [string, TensorValue] => {
      const data = batch.map((picture, i) =>
        unusualness(picture[n]!.patches, places(start + i)[n]!).map((value) => shares[n]! * value),
      );
      return [`unusual.${n}`, { dims: [batch.length, grid, grid], data: inOnePiece(data) }];
    });
    const head = { dims: [batch.length, side, side], data: inOnePiece(heads.slice(start, start + MAP_BATCH)) };
    const outputs = await session.run({
      head,
      scale: scalar(scale),
      offset: scalar(mapShift - scale * mean),
      ...Object.fromEntries(unusual),
    });
    const map = outputs.map!.data as Float32Array;
    maps.push(...batch.map((_, i) => map.subarray(i * side * side, (i + 1) * side * side)));
  }
  return maps;
}

function meanAndDeviationOfMaps(heads: readonly HeadResult[]): [number, number] {
  let [sum, squares, count] = [0, 0, 0];
  for (const { map } of heads)
    for (const value of map) {
      sum += value;
      squares += value * value;
      count++;
    }
  const mean = sum / count;
  return [mean, Math.max(Math.sqrt(Math.max(0, squares / count - mean * mean)), 1e-6)];
}

// -------------------------------------------------------------------------------------------------- in the profile

/** `bank.N` (k, grid^2, width), `place.mean.N`, `place.deviation.N` (grid^2), `fusion.map` (3), `fusion.evidence` (3, kinds). */
export function opinionTensors(
  { bank, places, scale, weights, headMap, mapShift }: Opinions,
  taps: readonly TapShape[],
) {
  const tensors = new Map<string, ProfileTensor>();
  for (const [n, { grid, width }] of taps.entries()) {
    const size = grid * grid * width;
    const data = new Float32Array(bank.length * size);
    for (const [i, image] of bank.entries()) data.set(image[n]!, i * size);
    tensors.set(`bank.${n}`, { shape: [bank.length, grid * grid, width], data });
    tensors.set(`place.mean.${n}`, { shape: [grid * grid], data: places[n]!.mean });
    tensors.set(`place.deviation.${n}`, { shape: [grid * grid], data: places[n]!.deviation });
  }
  const kinds = Float32Array.from([...scale.mean, ...scale.deviation, ...weights]);
  tensors.set('fusion.evidence', { shape: [3, kinds.length / 3], data: kinds });
  tensors.set('fusion.map', { shape: [3], data: Float32Array.of(...headMap, mapShift) });
  return tensors;
}

const known = new WeakMap<ReadonlyMap<string, ProfileTensor>, Opinions>();

/** What `opinionTensors` wrote; undefined where the profile has no bank. @throws Fault `bad-profile` where it is cut */
export function opinionsOf(
  tensors: ReadonlyMap<string, ProfileTensor>,
  taps: readonly TapShape[],
): Opinions | undefined {
  if (!keepsPatches({ tensors })) return undefined;
  const opinions = known.get(tensors) ?? readOpinions(tensors, taps);
  known.set(tensors, opinions); // a study asks with every batch
  return opinions;
}

function readOpinions(tensors: ReadonlyMap<string, ProfileTensor>, taps: readonly TapShape[]): Opinions {
  const data = (name: string) => profileTensor({ tensors }, name).data;
  const images = profileTensor({ tensors }, 'bank.0').shape[0]!;
  const kinds = Array.from(data('fusion.evidence'));
  const row = (index: number) => kinds.slice((index * kinds.length) / 3, ((index + 1) * kinds.length) / 3);
  const [mean, deviation, mapShift] = data('fusion.map');
  return {
    bank: Array.from({ length: images }, (_, i) =>
      taps.map(({ grid, width }, n) =>
        data(`bank.${n}`).subarray(i * grid * grid * width, (i + 1) * grid * grid * width),
      ),
    ),
    places: taps.map((_, n) => ({ mean: data(`place.mean.${n}`), deviation: data(`place.deviation.${n}`) })),
    scale: { mean: row(0), deviation: row(1) },
    weights: row(2),
    headMap: [mean!, deviation!],
    mapShift: mapShift!,
  };
}
