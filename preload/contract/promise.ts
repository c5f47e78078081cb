/** What few normals can promise of new ones (split conformal prediction): what is exchangeable are patients. */

/**
 * The smallest share of flagged normals that so many patients can promise. With n of them the n + 1 ranks of a new one are
 * equally likely, so the highest of them is passed with probability 1 / (n + 1).
 */
export function smallestPromise(patients: number): number {
  return 1 / (patients + 1);
}

/** How many patients it takes to promise a share: the inverse of `smallestPromise`. */
export function patientsNeeded(share: number): number {
  return Math.ceil(1 / share - 1e-9) - 1;
}
