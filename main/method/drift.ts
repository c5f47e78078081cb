/**
 * Whether scores of late have moved from those of normals, where some of the late ones are abnormal and nobody knows which.
 *
 * Abnormal ones score as high as normals or higher. So as long as nothing moved, the share G(x) of late scores up to any x
 * lies between the normals' share F(x) and (1 - a) F(x), where a is the share of abnormal ones: they may thin the low
 * scores out, never add to them. What is tested is by how much G leaves that band: above F scores have moved down, below
 * (1 - a) F up. Both statistics depend on ranks alone, so their distributions are those of uniform numbers, drawn here.
 */
import { Random } from './random.ts';

/** Share of abnormal ones that is no drift, at most. */
const MOST_ABNORMAL = 0.5;

/** Draws of the distribution of a statistic: p-values come in steps of one in so many and one. */
const DRAWS = 9999;

export interface DriftPValues {
  /** That scores would lie so far up if nothing had moved and at most `MOST_ABNORMAL` of them are abnormal. */
  readonly up: number;
  /** That they would lie so far down. */
  readonly down: number;
}

export function driftPValues(late: readonly number[], normals: readonly number[]): DriftPValues {
  const [sortedLate, sortedNormals] = [ascending(late), ascending(normals)];
  const sizes = { late: late.length, normals: normals.length };
  return {
    up: shareAsLarge('up', sizes, excess('up', sortedLate, sortedNormals, sizes)),
    down: shareAsLarge('down', sizes, excess('down', sortedLate, sortedNormals, sizes)),
  };
}

interface Sizes {
  readonly late: number;
  readonly normals: number;
}

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b);

/** By how much G leaves its band. Both ascending; of `sizes.late` late scores those that are left out lie above all. */
function excess(
  direction: keyof DriftPValues,
  late: readonly number[],
  normals: readonly number[],
  sizes: Sizes,
): number {
  if (direction === 'down') return largestExcess(late, 1 / sizes.late, normals, 1 / sizes.normals);
  return largestExcess(normals, (1 - MOST_ABNORMAL) / sizes.normals, late, 1 / sizes.late);
}

/** The largest sum of steps of `over` up to some x less those of `under`, at least 0. */
function largestExcess(over: readonly number[], overStep: number, under: readonly number[], underStep: number): number {
  let [largest, below] = [0, 0];
  for (let i = 0; i < over.length; i++) {
    while (below < under.length && under[below]! <= over[i]!) below++;
    if (over[i + 1] !== over[i]) largest = Math.max(largest, (i + 1) * overStep - below * underStep);
  }
  return largest;
}

const distributions = new Map<string, Float64Array>();

/** Share of draws, and of what was seen, in which the statistic is as large. */
function shareAsLarge(direction: keyof DriftPValues, sizes: Sizes, seen: number): number {
  const key = `${direction} ${sizes.late} ${sizes.normals}`;
  const drawn = distributions.get(key) ?? distributionOf(direction, sizes);
  distributions.set(key, drawn);
  let asLarge = 0;
  for (const value of drawn) if (value >= seen - 1e-12) asLarge++;
  return (1 + asLarge) / (DRAWS + 1);
}

/** Where the band is left most easily: nobody abnormal for `down`, as many as may be, and far above all, for `up`. */
function distributionOf(direction: keyof DriftPValues, sizes: Sizes): Float64Array {
  const random = new Random(1);
  return Float64Array.from({ length: DRAWS }, () => {
    let ordinary = sizes.late;
    if (direction === 'up') for (let i = 0; i < sizes.late; i++) if (random.uniform() < MOST_ABNORMAL) ordinary--;
    return excess(direction, uniforms(ordinary, random), uniforms(sizes.normals, random), sizes);
  });
}

/** So many uniform numbers, ascending: sums of exponential gaps, divided by the last sum. */
function uniforms(count: number, random: Random): number[] {
  const sums: number[] = [];
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += random.exponential(1);
    sums.push(sum);
  }
  sum += random.exponential(1);
  return sums.map((value) => value / sum);
}
