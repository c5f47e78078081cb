/** Where the colour bar says how many normals reach a value. */
import type { NormalPeaks } from '../../preload/contract/model.ts';

/** Shares that a reader knows as levels of significance, and a half. */
const shares = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01];
/** Of the bar: labels closer than this would run into each other. */
const leastGap = 0.07;

/**
 * Values from which on at most a share of the normals reach so high, (1 + weight at or above) / (1 + patients) as in
 * conformal prediction, where images of one patient share the weight 1. Scores ascending; shares that so few patients
 * cannot state are left out.
 */
export function shareTicks(
  { scores, weights }: NormalPeaks,
  range: { readonly low: number; readonly high: number },
): readonly { readonly value: number; readonly share: number }[] {
  const patients = weights.reduce((sum, weight) => sum + weight, 0);
  const ticks: { value: number; share: number }[] = [];
  for (const share of shares) {
    // At most this weight may lie at or above the value.
    const most = share * (patients + 1) - 1 + 1e-9;
    if (most < 0) continue;
    let place = scores.length;
    for (let above = 0; place > 0 && above + weights[place - 1]! <= most; place--) above += weights[place - 1]!;
    // With none above, it is what lies beyond the highest of them.
    const value = scores[place] ?? scores.at(-1);
    if (value === undefined) continue;
    const last = ticks.at(-1);
    if (!last || value - last.value >= leastGap * (range.high - range.low)) ticks.push({ value, share });
  }
  return ticks;
}
