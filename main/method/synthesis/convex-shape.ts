/** Convex anomaly shapes: an ellipse or a rectangle, sheared and turned, that knows how far away its edge is. */
import type { Random } from '../random.ts';
import type { Mask, SideBounds } from './mask.ts';

export type Outline = 'ellipse' | 'rectangle';

/** Maps the upright shape's (row, column), from its centre, to the picture's: [[rr, rc], [cr, cc]]. */
export interface Transform {
  readonly rr: number;
  readonly rc: number;
  readonly cr: number;
  readonly cc: number;
}

export interface ConvexShape extends Mask {
  /** Pixels from (y, x) in the shape to its edge, in the direction of the unit vector (dy, dx). */
  distanceToEdge(y: number, x: number, dy: number, dx: number): number;
}

export const upright: Transform = { rr: 1, rc: 0, cr: 0, cc: 1 };

const shearDeviation = 0.2;
const widestTurn = Math.PI / 2;

/** Either outline with sides clip((0.03 + Gamma(2, 0.1)) * image side), shear N(0, 0.2), turned by up to 90 degrees. */
export function drawConvexShape(
  rows: SideBounds,
  columns: SideBounds,
  imageHeight: number,
  imageWidth: number,
  random: Random,
): ConvexShape {
  const outline = random.uniform() < 0.5 ? 'rectangle' : 'ellipse';
  const height = drawSide(rows, imageHeight, random);
  const width = drawSide(columns, imageWidth, random);
  const sheared = { rr: 1, rc: random.normal(0, shearDeviation), cr: random.normal(0, shearDeviation), cc: 1 };
  const transform = turned(sheared, random.between(-widestTurn, widestTurn));
  const box = boxOf(height, width, transform);
  const excess = Math.max(box.rows / rows.most, box.columns / columns.most);
  if (excess <= 1) return convexShape(outline, height, width, transform, box.rows, box.columns);
  const shrunk = scaled(transform, 1 / excess);
  const shrunkBox = boxOf(height, width, shrunk);
  return convexShape(outline, height, width, shrunk, shrunkBox.rows, shrunkBox.columns);
}

function drawSide(bounds: SideBounds, imageSide: number, random: Random): number {
  const side = (0.03 + random.gamma(2, 0.1)) * imageSide;
  return Math.trunc(Math.min(Math.max(side, bounds.least), bounds.most));
}

function turned(t: Transform, angle: number): Transform {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return {
    rr: cos * t.rr - sin * t.cr,
    rc: cos * t.rc - sin * t.cc,
    cr: sin * t.rr + cos * t.cr,
    cc: sin * t.rc + cos * t.cc,
  };
}

function scaled(t: Transform, factor: number): Transform {
  return { rr: t.rr * factor, rc: t.rc * factor, cr: t.cr * factor, cc: t.cc * factor };
}

function inverted(t: Transform): Transform {
  const determinant = t.rr * t.cc - t.rc * t.cr;
  return { rr: t.cc / determinant, rc: -t.rc / determinant, cr: -t.cr / determinant, cc: t.rr / determinant };
}

/** Pixels that the transformed shape's corners span. The box is symmetric about the shape's centre, so odd-sized. */
function boxOf(height: number, width: number, t: Transform): { rows: number; columns: number } {
  const halfHeight = (height - 1) / 2;
  const halfWidth = (width - 1) / 2;
  return {
    rows: 2 * Math.ceil(Math.abs(t.rr) * halfHeight + Math.abs(t.rc) * halfWidth) + 1,
    columns: 2 * Math.ceil(Math.abs(t.cr) * halfHeight + Math.abs(t.cc) * halfWidth) + 1,
  };
}

/** The outline with sides `height` and `width`, transformed, in the middle of a box of `boxRows` x `boxColumns` pixels. */
export function convexShape(
  outline: Outline,
  height: number,
  width: number,
  transform: Transform,
  boxRows: number,
  boxColumns: number,
): ConvexShape {
  const back = inverted(transform);
  // In units of the half sides the upright shape is the unit disc or the square from -1 to 1.
  const toUnit = {
    rr: (back.rr * 2) / height,
    rc: (back.rc * 2) / height,
    cr: (back.cr * 2) / width,
    cc: (back.cc * 2) / width,
  };
  const middleY = (boxRows - 1) / 2;
  const middleX = (boxColumns - 1) / 2;
  const data = new Uint8Array(boxRows * boxColumns);
  for (let y = 0; y < boxRows; y++) {
    for (let x = 0; x < boxColumns; x++) {
      const r = toUnit.rr * (y - middleY) + toUnit.rc * (x - middleX);
      const c = toUnit.cr * (y - middleY) + toUnit.cc * (x - middleX);
      const inside = outline === 'ellipse' ? r * r + c * c <= 1 : Math.abs(r) <= 1 && Math.abs(c) <= 1;
      if (inside) data[y * boxColumns + x] = 1;
    }
  }
  const toEdge = outline === 'ellipse' ? distanceToCircle : distanceToSquare;
  return {
    width: boxColumns,
    height: boxRows,
    data,
    // A linear map keeps the ratio of lengths along a ray, so the distance needs no mapping back.
    distanceToEdge: (y, x, dy, dx) =>
      toEdge(
        toUnit.rr * (y - middleY) + toUnit.rc * (x - middleX),
        toUnit.cr * (y - middleY) + toUnit.cc * (x - middleX),
        toUnit.rr * dy + toUnit.rc * dx,
        toUnit.cr * dy + toUnit.cc * dx,
      ),
  };
}

/** t >= 0 at which (r, c) + t (dr, dc) leaves the unit circle. */
function distanceToCircle(r: number, c: number, dr: number, dc: number): number {
  const a = dr * dr + dc * dc;
  const b = r * dr + c * dc;
  const outside = Math.min(0, r * r + c * c - 1);
  return (-b + Math.sqrt(b * b - a * outside)) / a;
}

/** t >= 0 at which (r, c) + t (dr, dc) leaves the square from -1 to 1. */
function distanceToSquare(r: number, c: number, dr: number, dc: number): number {
  const alongRows = dr === 0 ? Number.POSITIVE_INFINITY : (Math.sign(dr) - r) / dr;
  const alongColumns = dc === 0 ? Number.POSITIVE_INFINITY : (Math.sign(dc) - c) / dc;
  return Math.max(0, Math.min(alongRows, alongColumns));
}
