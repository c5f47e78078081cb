/** MediCLIP's loss: focal plus dice on the softmaxed map (paper, section 2.4). */
import type { Graph, Value } from './graph/graph.ts';
import {
  add,
  batchMean,
  divide,
  logarithm,
  multiply,
  negate,
  reduceMean,
  reduceSum,
  square,
  subtract,
} from './graph/operators.ts';

/** Added to the probability of the true class before its logarithm. */
const smooth = 1e-5;

/**
 * Labels are one-hot, clamped to [smooth, 1 - smooth]. The published code holds them in float32 whatever it computes in,
 * which is 1e-8 of the loss: enough to part from its float64 run after a hundred steps.
 */
const hot = Math.fround(1 - 1e-5);
const cold = Math.fround(1e-5);

/**
 * Mean over pixels of -(1 - pt)^2 log(pt), pt = sum over classes of label * probability.
 * @param abnormal probability of channel 1, (B, H, W)
 * @param mask (B, H, W), 0 or 1: soft labels are truncated before
 */
export function focalLoss(g: Graph, abnormal: Value, mask: Value): Value {
  // Of the two classes' labels one is hot and one cold, and their probabilities add up to 1. So, for label and p of the
  // abnormal class, pt = label * p + (hot + cold - label) * (1 - p) + smooth
  //                    = (2 label - hot - cold) * p + hot + cold + smooth - label.
  const label = add(g, multiply(g, mask, g.scalar(hot - cold)), g.scalar(cold));
  const slope = subtract(g, multiply(g, label, g.scalar(2)), g.scalar(hot + cold));
  const pt = add(g, multiply(g, slope, abnormal), subtract(g, g.scalar(hot + cold + smooth), label));
  const each = multiply(g, square(g, subtract(g, g.scalar(1), pt)), logarithm(g, pt));
  return negate(g, batchMean(g, reduceMean(g, each, [1, 2], false)));
}

/**
 * Mean over images of 1 - (2 sum(p m) + 1) / (sum(p) + sum(m) + 1).
 * @param abnormal probability of channel 1, (B, H, W)
 * @param mask (B, H, W), 0..1: soft labels count
 */
export function diceLoss(g: Graph, abnormal: Value, mask: Value): Value {
  const sum = (x: Value) => reduceSum(g, x, [1, 2], false);
  const overlap = add(g, multiply(g, sum(multiply(g, abnormal, mask)), g.scalar(2)), g.scalar(1));
  const total = add(g, add(g, sum(abnormal), sum(mask)), g.scalar(1));
  return batchMean(g, subtract(g, g.scalar(1), divide(g, overlap, total)));
}
