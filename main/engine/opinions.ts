/**
 * The `default` preset's judgement: the trained map and the memory bank together. How much each kind of evidence counts
 * follows from the site's own normals and anomalies made in them; nothing looks at labelled pictures.
 */
import type { TapShape } from '../method/architecture.ts';
import { thresholdForShare } from '../method/conformal.ts';
import { bilinearMatrix } from '../method/graph/resampling.ts';
import {
  type BankDistances,
  departures,
  deviationsOf,
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
import { type ProfileTensor, profileTensor } from './profile.ts';
import type { Taps } from './taps.ts';

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
  /**
   * Added to the map, in deviations. A picture's score and the highest point of its map are different figures here; the
   * shift puts the share of normals whose map rises above the calibration's threshold at the share whose score does,
   * so that one threshold serves both.
   */
  readonly mapShift: number;
}

/** What was learnt about the normals, and how they themselves score when each is judged as if it were new. */
export interface FormedOpinions {
  /** Their map is not shifted yet; see `withMapShift`. */
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
  const bank = await extractFeatures(networks, support, signal);
  const distances = await bankDistances(networks, bank, bank, signal, (picture) => picture);
  const placesOf = (pictures: readonly (readonly BankDistances[])[]) =>
    networks.taps.map(({ grid }, n) =>
      placeStatistics(
        pictures.map((picture) => picture[n]!.patches),
        grid,
      ),
    );
  const placesWithout = distances.map((_, i) => placesOf(distances.filter((_, j) => j !== i)));
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
  const opinions = { bank, places: placesOf(distances), scale, weights, headMap, mapShift: 0 };
  const normals = distances.map((picture, i) => ({
    score: Math.fround(scoreOf(fuse(departed[i]!, weights))),
    map: fusedMap(networks, picture, { ...opinions, places: placesWithout[i]! }, heads[i]!.map),
  }));
  return { opinions, normals };
}

/**
 * Shifts the map so that the threshold of the normals' scores is also that of their maps' highest points. `peaks` are
 * those highest points after the shift, ascending: what a region of a map is compared with.
 */
export function withMapShift(
  opinions: Opinions,
  normals: readonly HeadResult[],
  toleratedShare: number,
): { readonly opinions: Opinions; readonly peaks: readonly number[] } {
  const threshold = (values: readonly number[]) => deviationsOf(thresholdForShare(values, toleratedShare));
  const peaks = normals.map(({ map }) => map.reduce((highest, value) => Math.max(highest, value), 0));
  const mapShift = Math.fround(threshold(normals.map(({ score }) => score)) - threshold(peaks));
  return {
    opinions: { ...opinions, mapShift },
    peaks: peaks.map((peak) => scoreOf(deviationsOf(peak) + mapShift)).sort((a, b) => a - b),
  };
}

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
  return distances.map((picture, i) => ({
    score: Math.fround(scoreOf(fuse(departures(evidenceRow(picture, places, heads[i]!.score), scale), weights))),
    map: fusedMap(networks, picture, opinions, heads[i]!.map),
  }));
}

function evidenceRow(
  picture: readonly BankDistances[],
  places: readonly PlaceStatistics[],
  headScore: number,
): readonly number[] {
  return [...picture.flatMap((distances, n) => evidenceOf(distances, places[n]!)), headScore];
}

/** Deviations above normal at every pixel, as a score: (side, side). Only evidence that has a place takes part. */
function fusedMap(
  { taps, side }: Pick<Networks, 'taps' | 'side'>,
  picture: readonly BankDistances[],
  { places, weights, headMap: [mean, deviation], mapShift }: Opinions,
  head: Float32Array,
): Float32Array {
  const shares = sharesOf([...taps.map((_, n) => weights[2 * n]!), weights.at(-1)!]);
  const headShare = shares.at(-1)!;
  const map = head.map((value) => mapShift + (headShare * (value - mean)) / deviation);
  for (const [n, { patches }] of picture.entries()) {
    const fine = upsampled(unusualness(patches, places[n]!), taps[n]!.grid, side);
    for (let i = 0; i < map.length; i++) map[i]! += shares[n]! * fine[i]!;
  }
  return map.map(scoreOf);
}

/** Bilinear with align_corners, as the method enlarges its own map: (grid^2) -> (side^2). */
function upsampled(values: Float32Array, grid: number, side: number): Float32Array {
  const matrix = bilinearMatrix(grid, side); // (side, grid)
  const rows = new Float32Array(side * grid);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < grid; x++) {
      let sum = 0;
      for (let k = 0; k < grid; k++) sum += matrix[y * grid + k]! * values[k * grid + x]!;
      rows[y * grid + x] = sum;
    }
  const fine = new Float32Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let k = 0; k < grid; k++) sum += rows[y * grid + k]! * matrix[x * grid + k]!;
      fine[y * side + x] = sum;
    }
  return fine;
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

/** What `opinionTensors` wrote; undefined where the profile has no bank. @throws Fault `bad-profile` where it is cut */
export function opinionsOf(
  tensors: ReadonlyMap<string, ProfileTensor>,
  taps: readonly TapShape[],
): Opinions | undefined {
  if (!tensors.has('bank.0')) return undefined;
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
