/**
 * The way from a picture to the screen. Picture coordinates run from 0 to columns and 0 to rows along the picture's
 * edges, so the centre of the first pixel is (0.5, 0.5); screen coordinates are CSS pixels in the viewport.
 */

/** x' = a*x + c*y + e, y' = b*x + d*y + f: the order of CanvasRenderingContext2D.setTransform. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export type Point = readonly [number, number];

/** Changes nothing. */
export const identity: Affine = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0 };

/** The affine map that takes (0,0), (1,0) and (0,1) to the three points. */
export function affineFrom(origin: Point, right: Point, down: Point): Affine {
  return {
    a: right[0] - origin[0],
    b: right[1] - origin[1],
    c: down[0] - origin[0],
    d: down[1] - origin[1],
    e: origin[0],
    f: origin[1],
  };
}

export function applyAffine({ a, b, c, d, e, f }: Affine, [x, y]: Point): Point {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** The way back. */
export function invert({ a, b, c, d, e, f }: Affine): Affine {
  const size = a * d - b * c;
  return {
    a: d / size,
    b: -b / size,
    c: -c / size,
    d: a / size,
    e: (c * f - d * e) / size,
    f: (b * e - a * f) / size,
  };
}

/** First scales picture coordinates, then applies the map: for maps of another size than their picture. */
export function scaleBefore({ a, b, c, d, e, f }: Affine, scaleX: number, scaleY: number): Affine {
  return { a: a * scaleX, b: b * scaleX, c: c * scaleY, d: d * scaleY, e, f };
}

/** Screen pixels per picture pixel along a row. */
export function magnification({ a, b }: Affine): number {
  return Math.hypot(a, b);
}
