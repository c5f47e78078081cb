/**
 * What the memory bank says of a picture, in units that a site's normals set: standard deviations above them. Each place
 * of the picture is compared with the same place in the normals, because edges and folds always lie farther from their
 * neighbours than flat tissue. Kinds of evidence are then averaged, the trained map's being one of them. How they were
 * chosen, and what lost: docs/decisions/0005.
 */
import type { Graph, Value } from './graph/graph.ts';
import { add, divide, multiply } from './graph/operators.ts';
import { auroc } from './metrics.ts';

/** Where a picture stands against the bank at one tap. */
export interface BankDistances {
  /** (grid^2): every patch's distance from the nearest patch of the bank. */
  readonly patches: Float32Array;
  /** The whole picture's distance from the nearest picture of the bank. */
  readonly picture: number;
}

/** What is usual at each place of the grid, (grid^2) each. */
export interface PlaceStatistics {
  readonly mean: Float32Array;
  /** Never zero: half of the average deviation is added, so that a quiet place cannot alarm on its own. */
  readonly deviation: Float32Array;
}

/** Share of a picture's patches, the most unusual ones, that the local evidence averages over. */
const LOCAL_SHARE = 0.05;

/** Statistics over pictures of their patch distances, smoothed over neighbouring places. At least one picture. */
export function placeStatistics(pictures: readonly Float32Array[], grid: number): PlaceStatistics {
  const places = grid * grid;
  const mean = new Float32Array(places);
  const deviation = new Float32Array(places);
  for (let i = 0; i < places; i++) {
    let [sum, squares] = [0, 0];
    for (const picture of pictures) sum += picture[i]!;
    mean[i] = sum / pictures.length;
    for (const picture of pictures) squares += (picture[i]! - mean[i]!) ** 2;
    deviation[i] = Math.sqrt(squares / Math.max(1, pictures.length - 1));
  }
  const smooth = smoothed(deviation, grid);
  const floor = Math.max(0.5 * average(smooth), 0.05 * average(mean), 1e-6);
  return { mean: smoothed(mean, grid), deviation: smooth.map((value) => value + floor) };
}

/** How unusual each place is: (grid^2) in deviations. */
export function unusualness(patches: Float32Array, { mean, deviation }: PlaceStatistics): Float32Array {
  return patches.map((distance, i) => (distance - mean[i]!) / deviation[i]!);
}

/** Local and global evidence of one tap: the mean of the most unusual places, and the whole picture's distance. */
export function evidenceOf({ patches, picture }: BankDistances, statistics: PlaceStatistics): [number, number] {
  const descending = unusualness(patches, statistics).sort().reverse();
  const count = Math.max(1, Math.round(LOCAL_SHARE * patches.length));
  return [average(descending.subarray(0, count)), picture];
}

/** Mean and deviation of each kind of evidence over normals. */
export interface EvidenceScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** @param normals one row of evidence per normal, at least one */
export function evidenceScale(normals: readonly (readonly number[])[]): EvidenceScale {
  const kinds = normals[0]!.map((_, kind) => normals.map((row) => row[kind]!));
  const mean = kinds.map(average);
  const deviation = kinds.map((values, kind) => {
    const squares = values.reduce((sum, value) => sum + (value - mean[kind]!) ** 2, 0);
    return Math.max(Math.sqrt(squares / Math.max(1, values.length - 1)), 0.02 * Math.abs(mean[kind]!), 1e-6);
  });
  return { mean, deviation };
}

/**
 * How far each kind of evidence departs from the normals, in their deviations. The last kind, the trained map's, counts
 * in both directions: a map that is much quieter than those of normals is as unusual as one that is louder. (Where an
 * illness wipes structure out, as pneumonia does on radiographs, the map falls silent.)
 */
export function departures(evidence: readonly number[], { mean, deviation }: EvidenceScale): number[] {
  const deviations = evidence.map((value, kind) => (value - mean[kind]!) / deviation[kind]!);
  return [...deviations.slice(0, -1), Math.abs(deviations.at(-1)!)];
}

/**
 * What share each kind of evidence has in the score: in proportion to how much better than chance it tells anomalies
 * that were made in the normals from the normals themselves (AUROC - 1/2). Equal shares where no kind tells anything. The
 * trained map, which is made of all taps, counts once for each, as the bank's evidence does.
 * @param normals departures of the normals, each judged as if it were new: two kinds per tap, then the map's
 * @param anomalies departures of anomalies, each made in a normal and judged without it
 * @returns shares that sum to 1
 */
export function evidenceWeights(
  normals: readonly (readonly number[])[],
  anomalies: readonly (readonly number[])[],
): number[] {
  const column = (rows: readonly (readonly number[])[], kind: number) => rows.map((row) => row[kind]!);
  const gains = normals[0]!.map((_, kind) =>
    anomalies.length > 0 ? Math.max(0, auroc(column(normals, kind), column(anomalies, kind)) - 0.5) : 0,
  );
  const ofMap = gains.at(-1)!;
  const taps = (gains.length - 1) / 2;
  return sharesOf([...gains.slice(0, -1), taps * ofMap]);
}

/** In proportion, summing to 1; equal where all are 0. */
export function sharesOf(values: readonly number[]): number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => (total > 0 ? value / total : 1 / values.length));
}

/** The mean of departures with the given shares. */
export function fuse(values: readonly number[], shares: readonly number[]): number {
  return values.reduce((sum, value, kind) => sum + shares[kind]! * value, 0);
}

/**
 * From deviations above normal to a score in 0..1: 0 deviations are 0.5, 4 are 0.75, 12 are 0.875. It never saturates,
 * so very unusual pictures keep their order.
 */
export function scoreOf(deviations: number): number {
  return 0.5 + (0.5 * deviations) / (4 + Math.abs(deviations));
}

/** `scoreOf` as part of a graph. */
export function scoreNode(g: Graph, deviations: Value): Value {
  const size = add(g, g.emit('Abs', [deviations], deviations.shape), g.scalar(4));
  return add(g, divide(g, multiply(g, deviations, g.scalar(0.5)), size), g.scalar(0.5));
}

/** The inverse of `scoreOf`. */
export function deviationsOf(score: number): number {
  const share = 2 * score - 1;
  return (4 * share) / (1 - Math.abs(share));
}

/** Mean over the 3 x 3 places around each, at the edge over those that exist. */
function smoothed(values: Float32Array, grid: number): Float32Array {
  return values.map((_, i) => {
    const [row, column] = [Math.floor(i / grid), i % grid];
    let [sum, count] = [0, 0];
    for (let y = Math.max(0, row - 1); y <= Math.min(grid - 1, row + 1); y++)
      for (let x = Math.max(0, column - 1); x <= Math.min(grid - 1, column + 1); x++) {
        sum += values[y * grid + x]!;
        count++;
      }
    return sum / count;
  });
}

function average(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
