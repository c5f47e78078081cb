/** How well scores tell abnormal images from normal ones, and how sure a figure from few images is. */

/**
 * Area under the ROC curve: the share of (abnormal, normal) pairs that the scores order rightly, ties counting half.
 * NaN where one of the two is missing, as in scikit-learn.
 */
export function auroc(normal: ArrayLike<number>, abnormal: ArrayLike<number>): number {
  return rankShare(new Float64Array(normal).sort(), new Float64Array(abnormal).sort());
}

/** `auroc` of scores that are sorted already, ascending. One pass over both. */
export function rankShare(normal: Float64Array | Float32Array, abnormal: Float64Array | Float32Array): number {
  let below = 0;
  let upTo = 0;
  let won = 0;
  for (let i = 0; i < abnormal.length; i++) {
    const score = abnormal[i]!;
    while (below < normal.length && normal[below]! < score) below++;
    upTo = Math.max(upTo, below);
    while (upTo < normal.length && normal[upTo]! === score) upTo++;
    won += (below + upTo) / 2;
  }
  return won / (normal.length * abnormal.length);
}

/**
 * Average precision: over the distinct scores from the highest down, the sum of precision times gain in recall
 * (scikit-learn's `average_precision_score`, no interpolation). Without abnormal images 0, without normal ones 1.
 */
export function averagePrecision(normal: ArrayLike<number>, abnormal: ArrayLike<number>): number {
  const normals = new Float64Array(normal).sort().reverse();
  const abnormals = new Float64Array(abnormal).sort().reverse();
  let falsePositives = 0;
  let sum = 0;
  for (let found = 0; found < abnormals.length; ) {
    const threshold = abnormals[found]!;
    const before = found;
    while (abnormals[found] === threshold) found++;
    while (falsePositives < normals.length && normals[falsePositives]! >= threshold) falsePositives++;
    sum += ((found - before) / abnormals.length) * (found / (found + falsePositives));
  }
  return sum;
}

/** Share of normal images that are flagged, score >= threshold. NaN without images. */
export function falsePositiveRate(normal: ArrayLike<number>, threshold: number): number {
  let flagged = 0;
  for (let i = 0; i < normal.length; i++) if (normal[i]! >= threshold) flagged++;
  return flagged / normal.length;
}

/** Mean and sample standard deviation (n - 1). NaN where undefined: no value, or the deviation of a single one. */
export function meanAndDeviation(values: ArrayLike<number>): { readonly mean: number; readonly deviation: number } {
  const all = Array.from(values);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: all.length > 1 ? Math.sqrt(squares / (all.length - 1)) : Number.NaN };
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Standard normal deviate that 95% of the distribution lie within. */
const z95 = 1.959963984540054;

/**
 * How many independent images say as much as these, where images of one patient all say the same: N^2 over the sum of the
 * squared numbers of images per patient (Kish, Survey Sampling, 1965). The number of patients where all have as many;
 * intervals from it are too wide rather than too narrow, as images of a patient do differ.
 * @param patients whose each image is; absent for an image of a patient of its own
 */
export function independentImages(patients: readonly (number | undefined)[]): number {
  const images = new Map<number | symbol, number>();
  for (const patient of patients) {
    const key = patient ?? Symbol('alone');
    images.set(key, (images.get(key) ?? 0) + 1);
  }
  return patients.length ** 2 / [...images.values()].reduce((sum, count) => sum + count ** 2, 0);
}

/**
 * 95% confidence interval of an AUROC from its value and the number of independent images on either side: method 5 of Newcombe,
 * "Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2" (Stat Med 2006). Unlike
 * DeLong's interval and the bootstrap it keeps a width where the scores separate a few images perfectly.
 */
export function aurocInterval(value: number, normalCount: number, abnormalCount: number): Interval {
  const extra = (normalCount + abnormalCount) / 2 - 1;
  /** Whether an AUROC of `truth` would put the observed value within the deviate, under Hanley-McNeil's variance. */
  const isCompatible = (truth: number) => {
    const spread = 1 + (extra * (1 - truth)) / (2 - truth) + (extra * truth) / (1 + truth);
    const variance = (truth * (1 - truth) * spread) / (normalCount * abnormalCount);
    return (value - truth) ** 2 <= z95 ** 2 * variance;
  };
  return { low: boundary(0, value, isCompatible), high: boundary(1, value, isCompatible) };
}

/** 95% confidence interval of a share of so many independent images (Wilson, 1927). */
export function shareInterval(share: number, total: number): Interval {
  const shrunk = 1 + z95 ** 2 / total;
  const middle = (share + z95 ** 2 / (2 * total)) / shrunk;
  const half = (z95 / shrunk) * Math.sqrt((share * (1 - share)) / total + z95 ** 2 / (4 * total ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Where `holds` changes between `outside` and `inside`, which it holds next to; by bisection, to double precision. */
function boundary(outside: number, inside: number, holds: (x: number) => boolean): number {
  if (outside === inside) return inside;
  let [far, near] = [outside, inside];
  for (let step = 0; step < 60; step++) {
    const middle = (far + near) / 2;
    if (holds(middle)) near = middle;
    else far = middle;
  }
  return near;
}
