/** The order in which training sees the support set (paper section 3.4; method.md, Training). */
import type { Preset } from '../../preload/contract/model.ts';
import type { TextAttention } from '../method/clip/text.ts';
import type { Random } from '../method/random.ts';

/** Pictures of a training step. */
export const TRAINING_BATCH = 8;

/** How much work a preset does. */
export interface Schedule {
  /** Unless a calibration says otherwise. Causal text allows a short context, which is quicker. */
  readonly textAttention: TextAttention;
  readonly epochs: number;
  /**
   * The prompts learn at every n-th step, the adapters at each: the text tower costs several times what the adapters
   * do. 1 is as published.
   */
  readonly promptEvery: number;
  /** Anomalies made once per picture and drawn from; 0 makes new ones for every batch, as published. */
  readonly poolVariants: number;
  /** Whether they are varied when they are drawn (anomalies.ts). */
  readonly poolVaried: boolean;
  /** Trainings that each leave a part of the support set out, where normals must be scored that were not trained on. */
  readonly crossFitFolds: number;
  /** Pictures of a step of such a training. */
  readonly foldBatch: number;
}

/**
 * `parity` and `fast` train as long as published; `default` less, because the map is one opinion of several there. The
 * heads of `fast`'s cross-fit take as many steps over half of the pictures as its head takes over all, in batches half as
 * large: together they cost what the head does. Fewer steps, and heads that speak together, lost (docs/decisions/0015).
 */
export const schedules: Readonly<Record<Preset, Schedule>> = {
  parity: {
    textAttention: 'full',
    epochs: 200,
    promptEvery: 1,
    poolVariants: 0,
    poolVaried: false,
    crossFitFolds: 0,
    foldBatch: TRAINING_BATCH,
  },
  fast: {
    textAttention: 'causal',
    epochs: 200,
    promptEvery: 5,
    poolVariants: 10,
    poolVaried: true,
    crossFitFolds: 2,
    foldBatch: TRAINING_BATCH / 2,
  },
  default: {
    textAttention: 'causal',
    epochs: 50,
    promptEvery: 1,
    poolVariants: 10,
    poolVaried: false,
    crossFitFolds: 2,
    foldBatch: TRAINING_BATCH,
  },
};

/** Batches of one epoch: indices 0..count-1 without replacement, at most `size` each; the last may be smaller. */
export function epochBatches(count: number, size: number, random: Random): number[][] {
  const order = random.shuffle(Array.from({ length: count }, (_, index) => index));
  const batches: number[][] = [];
  for (let start = 0; start < count; start += size) batches.push(order.slice(start, start + size));
  return batches;
}

/** Steps of a training run over `count` images: 400 for k = 16 and the published 200 epochs. */
export function stepCount(count: number, epochs: number, batch = TRAINING_BATCH): number {
  return epochs * Math.ceil(count / batch);
}

/** The folds of a cross-fit: every index in exactly one fold, sizes differing by at most one. */
export function folds(count: number, foldCount: number, random: Random): number[][] {
  const order = random.shuffle(Array.from({ length: count }, (_, index) => index));
  const parts: number[][] = Array.from({ length: Math.min(foldCount, count) }, () => []);
  for (const [position, index] of order.entries()) parts[position % parts.length]!.push(index);
  return parts;
}
