/**
 * Soft labels of cut-paste: how much each pixel changed, 1 - exp(-x^2 / (2 * 0.2^2)), then per region a grey closing
 * (3 x 3) and all holes filled. Both steps only compare values and the label rises with the change, so they run on
 * whole changes and the label is taken last.
 */
import type { FloatImage } from '../image.ts';
import type { Mask } from './mask.ts';
import { labelRegions, type Region } from './regions.ts';

const deviation = 0.2;

/** Published intensities are bytes, whose difference wraps around: one level darker counts as a change of 255. */
const byteValues = 256;

/** Changes of this many grey levels or more have label 1 in double precision, so they need not be told apart. */
const saturation = 2;

const labelOfChange = [0, 1, 2].map((x) => 1 - Math.exp((-x * x) / (2 * deviation ** 2)));

/** Labels (height, width) in 0..1 from the picture before and after, inside and around the regions of `mask`. */
export function labelChange(before: FloatImage, after: FloatImage, mask: Mask): Float32Array {
  const change = new Uint8Array(mask.data.length);
  for (let i = 0; i < change.length; i++)
    if (mask.data[i]) change[i] = Math.min(saturation, (after.data[i]! - before.data[i]! + byteValues) % byteValues);
  for (const region of labelRegions(mask, 4).regions) {
    const width = region.right - region.left;
    const height = region.bottom - region.top;
    const box = copyBox(change, mask.width, region);
    pasteBox(fillHoles(closed(box, width), width, height), change, mask.width, region);
  }
  const result = new Float32Array(change.length);
  for (let i = 0; i < result.length; i++) result[i] = labelOfChange[change[i]!]!;
  return result;
}

function copyBox(data: Uint8Array, stride: number, region: Region): Uint8Array {
  const width = region.right - region.left;
  const box = new Uint8Array(width * (region.bottom - region.top));
  for (let y = region.top; y < region.bottom; y++)
    box.set(data.subarray(y * stride + region.left, y * stride + region.right), (y - region.top) * width);
  return box;
}

function pasteBox(box: Uint8Array, data: Uint8Array, stride: number, region: Region): void {
  const width = region.right - region.left;
  for (let y = region.top; y < region.bottom; y++) {
    const row = (y - region.top) * width;
    data.set(box.subarray(row, row + width), y * stride + region.left);
  }
}

/** Grey closing with a 3 x 3 square: every pixel takes its neighbourhood's largest value, then the smallest of those. */
function closed(box: Uint8Array, width: number): Uint8Array {
  return eroded(dilated(box, width), width);
}

/** Row pass, then column pass. Beyond the border lies the border's own mirror image, which can change no extreme. */
function dilated(box: Uint8Array, width: number): Uint8Array {
  const rows = box.map((value, i) => {
    const x = i % width;
    return Math.max(x > 0 ? box[i - 1]! : value, value, x < width - 1 ? box[i + 1]! : value);
  });
  return rows.map((value, i) => Math.max(rows[i - width] ?? value, value, rows[i + width] ?? value));
}

function eroded(box: Uint8Array, width: number): Uint8Array {
  return dilated(
    box.map((value) => 255 - value),
    width,
  ).map((value) => 255 - value);
}

/**
 * Raises every pixel to the lowest level at which water let in from the border reaches it, corners included: what
 * grey reconstruction by erosion from the border gives.
 */
function fillHoles(box: Uint8Array, width: number, height: number): Uint8Array {
  const level = new Uint8Array(box.length).fill(255);
  const waiting: number[][] = Array.from({ length: saturation + 1 }, () => []);
  const reach = (at: number, water: number) => {
    const reached = Math.max(water, box[at]!);
    if (reached >= level[at]!) return;
    level[at] = reached;
    waiting[reached]!.push(at);
  };
  for (let x = 0; x < width; x++) {
    reach(x, 0);
    reach((height - 1) * width + x, 0);
  }
  for (let y = 0; y < height; y++) {
    reach(y * width, 0);
    reach(y * width + width - 1, 0);
  }
  for (let water = 0; water <= saturation; water++) {
    for (let at = waiting[water]!.pop(); at !== undefined; at = waiting[water]!.pop()) {
      if (level[at] !== water) continue;
      const x = at % width;
      const y = (at - x) / width;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++)
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) reach(ny * width + nx, water);
    }
  }
  return level;
}
