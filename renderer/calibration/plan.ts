/** What follows from the numbers of a calibration before it is run. */

/** The published numbers of shots. */
const publishedShots = [32, 16, 8, 4] as const;

/** The fewest normals a reference set may have: two to train on, one held out. */
export const fewestNormals = 3;

/** A first proposal: at most half of the normals train, so that the threshold rests on the other half; 16 at most. */
export function proposedShots(normals: number): number {
  const half = Math.floor(normals / 2);
  return publishedShots.find((shots) => shots <= 16 && shots <= half) ?? Math.max(2, half);
}

/**
 * The smallest share of flagged normals that a threshold from `heldOut` normals can promise. With n held-out scores the
 * (n+1) ranks of a new normal are equally likely, so the highest of them is passed with probability 1/(n+1)
 * (split conformal prediction).
 */
export function smallestPromisedShare(heldOut: number): number {
  return 1 / (heldOut + 1);
}

/** How many held-out normals a promise of this share takes: the inverse of `smallestPromisedShare`. */
export function normalsNeeded(share: number): number {
  return Math.ceil(1 / share - 1e-9) - 1;
}

/** 5% where the held-out images can promise it, otherwise the smallest whole percentage that they can. */
export function proposedPercent(heldOut: number): number {
  return Math.max(5, Math.ceil(smallestPromisedShare(heldOut) * 100));
}
