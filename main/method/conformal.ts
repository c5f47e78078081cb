/**
 * Statements from few normals that hold whatever their distribution (split conformal prediction; Vovk, Gammerman and
 * Shafer, 2005): if the n normals and a new normal are exchangeable, its rank among them is uniform.
 *
 * The promises are exact for held-out normals. Leave-one-out scores come from n slightly different models, so for them
 * the same figures are close but no longer guaranteed (Barber et al., "Predictive inference with the jackknife+", 2021).
 */

/** p-value of a score: the share of normals that would score as high, (1 + #{normals >= score}) / (n + 1). */
export function conformalPValue(score: number, normals: ArrayLike<number>): number {
  let asHigh = 0;
  for (let i = 0; i < normals.length; i++) if (normals[i]! >= score) asHigh++;
  return (1 + asHigh) / (normals.length + 1);
}

/** The smallest share of flagged normals that n normals can promise: 1 / (n + 1). */
export function smallestPromise(n: number): number {
  return 1 / (n + 1);
}

/**
 * The lowest threshold t such that flagging scores >= t flags at most `share` of normals, in expectation. Where n is
 * too small to promise that share, the threshold just above the highest normal, which promises 1 / (n + 1); 1 without
 * any normal. Scores are float32.
 */
export function thresholdForShare(normals: readonly number[], share: number): number {
  if (normals.length === 0) return 1;
  const descending = [...normals].sort((a, b) => b - a);
  return justAbove(descending[rankForShare(normals.length, share) - 1]!);
}

/**
 * Which of n normals, counted from the highest, the threshold lies just above: a new normal lies above the k-th of n
 * with probability k / (n + 1). Between 1 and n.
 */
function rankForShare(n: number, share: number): number {
  // The sliver keeps shares such as 0.29 of 99 + 1 normals from being rounded down a rank.
  return Math.min(n, Math.max(1, Math.floor(share * (n + 1) + 1e-9)));
}

/** The next float32 above a score, so that flagging from here leaves equal scores unflagged. */
function justAbove(score: number): number {
  const value = new Float32Array([score]);
  if (value[0]! > score) return value[0]!;
  // The float32 values in order are whole numbers in order: upward from +0, downward below it.
  const bits = new Int32Array(value.buffer);
  if (value[0] === 0) bits[0] = 1;
  else bits[0]! += value[0]! > 0 ? 1 : -1;
  return value[0]!;
}

export interface FlaggedShare {
  /** Share of new normals that the threshold flags, averaged over all draws of n normals: k / (n + 1). */
  readonly expected: number;
  /** The share that these very n normals lead to lies between low and high with the given confidence. */
  readonly low: number;
  readonly high: number;
}

/**
 * What a threshold from `thresholdForShare` over n >= 1 normals means for the long run. With continuous scores the flagged
 * share behind the k-th highest of n is distributed as Beta(k, n + 1 - k), exactly (an order statistic of uniforms);
 * the interval leaves (1 - confidence) / 2 on either side. Ties among the scores only lower the share.
 */
export function flaggedShare(n: number, share: number, confidence = 0.95): FlaggedShare {
  const k = rankForShare(n, share);
  const tail = (1 - confidence) / 2;
  return { expected: k / (n + 1), low: betaQuantile(tail, k, n), high: betaQuantile(1 - tail, k, n) };
}

/** x with P(Beta(k, n + 1 - k) <= x) = probability; by bisection, to double precision. */
function betaQuantile(probability: number, k: number, n: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (betaBelow(middle, k, n) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(Beta(k, n + 1 - k) <= x): that at least k of n uniform numbers lie below x, a binomial tail. 0 < x < 1. */
function betaBelow(x: number, k: number, n: number): number {
  // log of C(n, j) x^j (1 - x)^(n - j), from one j to the next
  let logTerm = n * Math.log1p(-x);
  let fewer = 0;
  for (let j = 0; j < k; j++) {
    fewer += Math.exp(logTerm);
    logTerm += Math.log((n - j) / (j + 1)) + Math.log(x) - Math.log1p(-x);
  }
  return 1 - fewer;
}
