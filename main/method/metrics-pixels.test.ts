import { describe, expect, it } from 'vitest';
import { Fault } from '../fault.ts';
import { PixelScores } from './metrics-pixels.ts';

const width = 10;
const height = 12;

/** Rectangles (image, top, bottom, left, right) that are abnormal; the fourth touches the third at a corner. */
const boxes = [
  [0, 1, 4, 1, 5],
  [0, 6, 10, 6, 9],
  [1, 2, 5, 2, 4],
  [1, 5, 6, 4, 5],
  [1, 9, 12, 0, 3],
] as const;

function masks(): [Uint8Array, Uint8Array] {
  const both: [Uint8Array, Uint8Array] = [new Uint8Array(width * height), new Uint8Array(width * height)];
  for (const [image, top, bottom, left, right] of boxes)
    for (let y = top; y < bottom; y++) both[image].fill(1, y * width + left, y * width + right);
  return both;
}

/** Two made-up maps of whole scores, many ties, higher on two of three abnormal pixels. */
function scores(): PixelScores {
  const pixels = new PixelScores();
  masks().forEach((mask, image) => {
    const map = Float32Array.from(mask, (abnormal, i) => {
      const n = image * width * height + i;
      return ((n * n * 29 + n * 11) % 71) + (n % 3 > 0 ? 30 * abnormal : 0);
    });
    pixels.add(map, mask, width, height);
  });
  return pixels;
}

describe('pixel metrics', () => {
  it('gives the pixel AUROC of scikit-learn', () => {
    // scikit-learn 1.9.1: roc_auc_score over the 240 pixels
    expect(scores().auroc()).toBeCloseTo(0.6408124999999999, 12);
  });

  it('gives the per-region overlap of its definition', () => {
    // Written out in numpy with skimage 0.26 (label, connectivity 2): overlap and rate at every distinct score, then
    // the trapezoidal rule up to the limit.
    expect(scores().regionOverlap()).toBeCloseTo(0.2690972222222222, 12);
    expect(scores().regionOverlap(1)).toBeCloseTo(0.6304811507936507, 12);
    expect(scores().regionOverlap(0.05)).toBeCloseTo(0.19236111111111112, 12);
  });

  it('is 1 for a perfect map and 0 for a map turned upside down, at negative scores too', () => {
    for (const sign of [1, -1]) {
      const pixels = new PixelScores();
      const mask = masks()[0];
      pixels.add(
        Float32Array.from(mask, (abnormal) => sign * (abnormal - 0.25)),
        mask,
        width,
        height,
      );
      expect(pixels.auroc()).toBe(sign === 1 ? 1 : 0);
      expect(pixels.regionOverlap()).toBeCloseTo(sign === 1 ? 1 : 0, 12);
    }
  });

  it('weighs a small region like a large one', () => {
    const mask = Uint8Array.from([1, 1, 1, 1, 0, 0, 0, 0, 1]);
    const onlySmall = Float32Array.from([0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const pixels = new PixelScores();
    pixels.add(onlySmall, mask, 9, 1);
    // Half of the overlap at rate 0, rising straight to all of it at rate 1.
    expect(pixels.regionOverlap()).toBeCloseTo(0.5 + 0.5 * 0.15, 12);
  });

  it('is undefined without abnormal pixels, and refuses a mask of another size', () => {
    const pixels = new PixelScores();
    pixels.add(new Float32Array(6), new Uint8Array(6), 3, 2);
    expect([pixels.auroc(), pixels.regionOverlap()]).toEqual([Number.NaN, Number.NaN]);
    expect(() => pixels.add(new Float32Array(6), new Uint8Array(5), 3, 2)).toThrowError(Fault);
  });
});
