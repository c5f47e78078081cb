/** Where the colour bar says how many normals reach a value. */

/** Shares that a reader knows as levels of significance, and a half. */
const shares = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01];
/** Of the bar: labels closer than this would run into each other. */
const leastGap = 0.07;

/**
 * Values from which on at most a share of the normals reach so high, (1 + normals at or above) / (1 + normals) as in
 * conformal prediction. `peaks` ascending; shares that so few normals cannot state are left out.
 */
export function shareTicks(
  peaks: readonly number[],
  range: { readonly low: number; readonly high: number },
): readonly { readonly value: number; readonly share: number }[] {
  const ticks: { value: number; share: number }[] = [];
  for (const share of shares) {
    // At most this many normals may lie at or above the value.
    const above = Math.floor(share * (peaks.length + 1) + 1e-9) - 1;
    if (above < 0) continue;
    // With none above, it is what lies beyond the highest of them.
    const value = peaks[peaks.length - above] ?? peaks.at(-1);
    if (value === undefined) continue;
    const last = ticks.at(-1);
    if (!last || value - last.value >= leastGap * (range.high - range.low)) ticks.push({ value, share });
  }
  return ticks;
}
