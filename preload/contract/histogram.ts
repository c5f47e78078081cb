/** How scores are spread: in the window and on the evaluation card alike. */

export interface Bin {
  /** From its lower edge, inclusive. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Counts of scores in bins of equal width over a range that all of them lie in. */
export function binned(scores: readonly number[], [low, high]: readonly [number, number], bins: number): Bin[] {
  const width = (high - low) / bins || 1;
  const counts = new Array<number>(bins).fill(0);
  for (const score of scores) counts[Math.min(bins - 1, Math.max(0, Math.floor((score - low) / width)))]!++;
  return counts.map((count, i) => ({ from: low + i * width, to: low + (i + 1) * width, count }));
}

/** The range of several lists of scores, somewhat widened, so that no bar stands at the edge. */
export function rangeOf(...lists: readonly (readonly number[])[]): readonly [number, number] {
  const all = lists.flat();
  if (all.length === 0) return [0, 1];
  const low = all.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = all.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const margin = 0.04 * (high - low) || 0.01;
  return [low - margin, high + margin];
}
