import { describe, expect, it } from 'vitest';
import { affineFrom, applyAffine, invert, magnification, scaleBefore } from './affine.ts';

describe('the way from a picture to the screen', () => {
  // A picture turned by 90 degrees, three screen pixels to one of its own, its corner at (100, 20).
  const turned = affineFrom([100, 20], [100, 23], [97, 20]);

  it('takes the corners of a picture where they belong', () => {
    expect(applyAffine(turned, [0, 0])).toEqual([100, 20]);
    expect(applyAffine(turned, [10, 0])).toEqual([100, 50]);
    expect(applyAffine(turned, [10, 4])).toEqual([88, 50]);
    expect(magnification(turned)).toBe(3);
  });

  it('leads back', () => {
    const [x, y] = applyAffine(invert(turned), applyAffine(turned, [7, 3]));
    expect(x).toBeCloseTo(7);
    expect(y).toBeCloseTo(3);
  });

  it('lays a map of another size over the whole picture', () => {
    const [columns, rows, width, height] = [512, 256, 224, 224];
    const overMap = scaleBefore(turned, columns / width, rows / height);
    expect(applyAffine(overMap, [width, height])).toEqual(applyAffine(turned, [columns, rows]));
  });
});
