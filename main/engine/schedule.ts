/** The order in which training sees the support set (paper section 3.4; method.md, Training). */
import type { Random } from '../method/random.ts';

const BATCH_SIZE = 8;
export const EPOCHS = 200;

/**
 * Batches of one epoch: indices 0..count-1 without replacement, at most `BATCH_SIZE` each; the last may be smaller.
 */
export function epochBatches(count: number, random: Random): number[][] {
  const order = random.shuffle(Array.from({ length: count }, (_, index) => index));
  const batches: number[][] = [];
  for (let start = 0; start < count; start += BATCH_SIZE) batches.push(order.slice(start, start + BATCH_SIZE));
  return batches;
}

/** Steps of a whole training run over a support set of `count` images: 400 for k = 16. */
export function stepCount(count: number): number {
  return EPOCHS * Math.ceil(count / BATCH_SIZE);
}

/** The folds of a cross-fit: every index in exactly one fold, sizes differing by at most one. */
export function folds(count: number, foldCount: number, random: Random): number[][] {
  const order = random.shuffle(Array.from({ length: count }, (_, index) => index));
  const parts: number[][] = Array.from({ length: Math.min(foldCount, count) }, () => []);
  for (const [position, index] of order.entries()) parts[position % parts.length]!.push(index);
  return parts;
}
