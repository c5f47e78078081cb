/** Masks of abnormal images as an evaluation takes them: which cells of a coarser or finer grid are abnormal. */
import type { Mask } from './synthesis/mask.ts';
import { labelRegions } from './synthesis/regions.ts';

/** A picture with more values than this is a drawing with soft or noisy edges, not a map of labels. */
const MOST_LABELS = 16;

/**
 * Which pixels a mask's file marks. With few values (0 and 1, 0 and 255, the labels of several classes) whatever is not 0
 * counts. With many, as soft edges and JPEG leave them, at least half of the highest value does.
 * @param values one value a pixel, or the highest of its channels
 */
export function markedPixels(values: ArrayLike<number>, width: number, height: number): Mask {
  const seen = new Set<number>();
  let highest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (seen.size <= MOST_LABELS) seen.add(value);
    highest = Math.max(highest, value);
  }
  const least = seen.size <= MOST_LABELS ? Number.MIN_VALUE : highest / 2;
  return { width, height, data: Uint8Array.from(values, (value) => (value >= least ? 1 : 0)) };
}

/**
 * The mask on a grid of side * side cells, 1 where at least half of a cell's area is abnormal. What is too small for
 * that is not lost: of a region that would fill no cell, the cells that it fills most count.
 */
export function abnormalCells(mask: Mask, side: number): Uint8Array {
  const { width, height, data } = mask;
  if (width === side && height === side) return data;
  const cover = coverage(mask, side);
  const cells = cover.map((share) => (share >= 0.5 - 1e-6 ? 1 : 0));
  const touched = { width: side, height: side, data: Uint8Array.from(cover, (share) => (share > 1e-9 ? 1 : 0)) };
  const { labels, regions } = labelRegions(touched, 8);
  const most = new Float32Array(regions.length);
  for (const [i, label] of labels.entries()) if (label) most[label - 1] = Math.max(most[label - 1]!, cover[i]!);
  return Uint8Array.from(cells, (cell, i) => (cell || (labels[i] && cover[i] === most[labels[i] - 1]) ? 1 : 0));
}

/** (side * side) the share of each cell's area that is abnormal. */
function coverage({ width, height, data }: Mask, side: number): Float32Array {
  const [across, down] = [overlaps(width, side), overlaps(height, side)];
  const rows = new Float64Array(height * side);
  for (let y = 0; y < height; y++)
    for (const [x, { first, shares }] of across.entries())
      for (const [i, share] of shares.entries()) rows[y * side + x]! += share * data[y * width + first + i]!;
  const cells = new Float32Array(side * side);
  for (const [y, { first, shares }] of down.entries())
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (const [i, share] of shares.entries()) sum += share * rows[(first + i) * side + x]!;
      cells[y * side + x] = sum;
    }
  return cells;
}

/** For each of `cells` equal parts of a line of pixels: the pixels that it overlaps, with their shares of its length. */
function overlaps(pixels: number, cells: number): { readonly first: number; readonly shares: readonly number[] }[] {
  const length = pixels / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const [from, to] = [cell * length, Math.min(pixels, (cell + 1) * length)];
    const first = Math.floor(from);
    const shares = Array.from({ length: Math.max(1, Math.ceil(to) - first) }, (_, i) => {
      const pixel = first + i;
      return Math.max(0, Math.min(to, pixel + 1) - Math.max(from, pixel)) / length;
    });
    return { first, shares: shares.slice(0, pixels - first) };
  });
}
