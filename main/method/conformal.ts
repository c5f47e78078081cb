/**
 * Statements from few normals that hold whatever their distribution (split conformal prediction; Vovk, Gammerman and
 * Shafer, 2005): if the n normals and a new normal are exchangeable, its rank among them is uniform.
 *
 * Images of one patient are alike, so what is exchangeable are patients. Each counts 1, shared among their images (Lee,
 * Barber and Willett, "Distribution-free inference with hierarchical data", 2023): a promise is about an image of a new
 * patient, and n is the number of patients, however many images they have.
 *
 * The promises are exact for held-out normals. Leave-one-out scores come from n slightly different models, so for them
 * the same figures are close but no longer guaranteed (Barber et al., "Predictive inference with the jackknife+", 2021).
 */

/** Scores of normals, and what each counts: images of one patient share the weight 1 among them. */
export interface WeightedScores {
  readonly scores: ArrayLike<number>;
  /** As many; they sum to the number of patients. */
  readonly weights: ArrayLike<number>;
}

/** 1 / (images of its patient) for every image. @param patients whose each image is */
export function patientWeights(patients: readonly (number | string)[]): number[] {
  const images = new Map<number | string, number>();
  for (const patient of patients) images.set(patient, (images.get(patient) ?? 0) + 1);
  return patients.map((patient) => 1 / images.get(patient)!);
}

/** Every image of a patient of its own. */
export function eachAlone(scores: ArrayLike<number>): WeightedScores {
  return { scores, weights: new Float64Array(scores.length).fill(1) };
}

/** p-value of a score: the share of normals that would score as high, (1 + weight of normals >= score) / (patients + 1). */
export function conformalPValue(score: number, { scores, weights }: WeightedScores): number {
  let asHigh = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= score) asHigh += weights[i]!;
  return (1 + asHigh) / (patientsOf(weights) + 1);
}

/** How many patients the weights are of. */
export function patientsOf(weights: ArrayLike<number>): number {
  return Math.round(sum(weights));
}

/**
 * The lowest threshold t such that flagging scores >= t flags at most `share` of normals, in expectation. Where the
 * patients are too few to promise that share, the threshold just above the highest normal, which promises 1 / (n + 1); 1
 * without any normal. Scores are float32.
 */
export function thresholdForShare(normals: WeightedScores, share: number): number {
  return normals.scores.length === 0 ? 1 : justAbove(placeForShare(normals, share).score);
}

/**
 * The normal that the threshold lies just above, and its rank among the patients, counted from the highest: 1 and the
 * weight of those before it. A new normal lies above a rank of k with probability k / (n + 1).
 */
function placeForShare({ scores, weights }: WeightedScores, share: number): { score: number; rank: number } {
  const places = Array.from(scores, (score, i) => ({ score, weight: weights[i]! }));
  places.sort((a, b) => b.score - a.score || a.weight - b.weight);
  // The sliver keeps shares such as 0.29 of 99 + 1 normals from being rounded down a rank.
  const most = share * (patientsOf(weights) + 1) + 1e-9;
  let rank = 1;
  let place = 0;
  while (place + 1 < places.length && rank + places[place]!.weight <= most) rank += places[place++]!.weight;
  return { score: places[place]!.score, rank };
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
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
  /** Share of new normals that the threshold flags, averaged over all draws of n patients: k / (n + 1). */
  readonly expected: number;
  /** The share that these very patients lead to lies between low and high with the given confidence. */
  readonly low: number;
  readonly high: number;
}

/**
 * What a threshold from `thresholdForShare` over at least one normal means for the long run. With one image per patient and
 * continuous scores the flagged share behind the k-th highest of n is distributed as Beta(k, n + 1 - k), exactly (an
 * order statistic of uniforms); the interval leaves (1 - confidence) / 2 on either side. Several images of a patient
 * say more than one and less than as many patients would: they count as one here, and a rank between two whole ones
 * widens the interval to both, so that it holds at least as often. Ties among the scores only lower the share.
 */
export function flaggedShare(normals: WeightedScores, share: number, confidence = 0.95): FlaggedShare {
  const n = patientsOf(normals.weights);
  const { rank } = placeForShare(normals, share);
  const tail = (1 - confidence) / 2;
  const [least, most] = [Math.max(1, Math.floor(rank + 1e-9)), Math.min(n, Math.ceil(rank - 1e-9))];
  return { expected: rank / (n + 1), low: betaQuantile(tail, least, n), high: betaQuantile(1 - tail, most, n) };
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
