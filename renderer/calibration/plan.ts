/** What follows from the numbers of a calibration before it is run. */
import { smallestPromise } from '../../preload/contract/promise.ts';

/** The published numbers of shots. */
const publishedShots = [32, 16, 8, 4] as const;

/** The fewest normals a reference set may have: two to train on, one held out. */
export const fewestNormals = 3;

/** A first proposal: at most half of the normals train, so that the threshold rests on the other half; 16 at most. */
export function proposedShots(normals: number): number {
  const half = Math.floor(normals / 2);
  return publishedShots.find((shots) => shots <= 16 && shots <= half) ?? Math.max(2, half);
}

/** 5% where the held-out images can promise it, otherwise the smallest whole percentage that they can. */
export function proposedPercent(heldOut: number): number {
  return Math.max(5, Math.ceil(smallestPromise(heldOut) * 100));
}
