import type { FloatImage } from '../image.ts';
import type { Mask } from './mask.ts';

/**
 * Exact Euclidean distance, in pixels, from every set pixel to the nearest unset one; 0 on unset pixels. What lies
 * outside the mask is no background. Where nothing is unset, every distance is infinite.
 *
 * Two passes over squared distances: along columns by counting, along rows as the lower envelope of parabolas
 * (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", 2012). O(pixels).
 */
export function distanceTransform(mask: Mask): FloatImage {
  const { width, height } = mask;
  const squared = squaredColumnDistances(mask);
  const result = new Float32Array(width * height);
  const row = new Float64Array(width);
  const apex = new Int32Array(width);
  const start = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    row.set(squared.subarray(y * width, (y + 1) * width));
    lowerEnvelope(row, apex, start);
    for (let x = 0, k = 0; x < width; x++) {
      while (start[k + 1]! < x) k++;
      const near = apex[k]!;
      result[y * width + x] = Math.sqrt((x - near) ** 2 + row[near]!);
    }
  }
  return { width, height, data: result };
}

/** Squared distance to the nearest unset pixel of the same column; infinite where the column has none. */
function squaredColumnDistances({ width, height, data }: Mask): Float64Array {
  const distance = new Float64Array(width * height);
  for (let x = 0; x < width; x++) {
    let since = Number.POSITIVE_INFINITY;
    for (let at = x; at < distance.length; at += width) {
      since = data[at] ? since + 1 : 0;
      distance[at] = since;
    }
    since = Number.POSITIVE_INFINITY;
    for (let at = (height - 1) * width + x; at >= 0; at -= width) {
      since = data[at] ? since + 1 : 0;
      distance[at] = Math.min(distance[at]!, since) ** 2;
    }
  }
  return distance;
}

/**
 * The parabolas (x - i)^2 + heights[i] that are lowest somewhere: `apex[k]` is lowest between `start[k]` and
 * `start[k + 1]`. Infinite heights never are, unless there is nothing else.
 */
function lowerEnvelope(heights: Float64Array, apex: Int32Array, start: Float64Array): void {
  let k = -1;
  for (let i = 0; i < heights.length; i++) {
    if (heights[i] === Number.POSITIVE_INFINITY) continue;
    let crossing = Number.NEGATIVE_INFINITY;
    for (; k >= 0; k--) {
      const j = apex[k]!;
      crossing = (heights[i]! + i * i - heights[j]! - j * j) / (2 * (i - j));
      if (crossing > start[k]!) break;
    }
    k++;
    apex[k] = i;
    start[k] = k === 0 ? Number.NEGATIVE_INFINITY : crossing;
  }
  if (k < 0) {
    k = 0;
    apex[0] = 0;
    start[0] = Number.NEGATIVE_INFINITY;
  }
  start[k + 1] = Number.POSITIVE_INFINITY;
}
