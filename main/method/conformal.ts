/**
 * Statements from few normals that hold whatever their distribution (split conformal prediction; Vovk et al., 2005):
 * if the n normals and a new normal are exchangeable, its rank among them is uniform.
 */

/** p-value of a score: the share of normals that would score as high, (1 + #{normals >= score}) / (n + 1). */
export function conformalPValue(score: number, normals: readonly number[]): number {
  const asHigh = normals.reduce((count, normal) => count + (normal >= score ? 1 : 0), 0);
  return (1 + asHigh) / (normals.length + 1);
}

/** The smallest share of flagged normals that n normals can promise: 1 / (n + 1). */
export function smallestPromise(n: number): number {
  return 1 / (n + 1);
}

/**
 * The lowest threshold t such that flagging scores >= t flags at most `share` of normals, in expectation. Where n is
 * too small to promise that share, the threshold just above the highest normal, which promises 1 / (n + 1).
 */
export function thresholdForShare(normals: readonly number[], share: number): number {
  const descending = [...normals].sort((a, b) => b - a);
  // A new normal lies above the k-th highest of n with probability k / (n + 1).
  const allowed = Math.min(descending.length, Math.max(1, Math.floor(share * (normals.length + 1))));
  return justAbove(descending[allowed - 1] ?? 1);
}

/** The next float32 above a score: scores are float32, so flagging from here leaves equal ones unflagged. */
function justAbove(score: number): number {
  const bits = new Int32Array(1);
  const value = new Float32Array(bits.buffer);
  value[0] = score;
  bits[0]! += 1;
  return value[0]!;
}
