/** Source and sink deformation: pixels of a convex shape move away from, or toward, a random point inside it. */
import type { FloatImage } from '../image.ts';
import type { Random } from '../random.ts';
import type { ConvexShape } from './convex-shape.ts';
import { splineWithNearestOutside } from './cubic-spline.ts';
import type { Corner } from './mask.ts';
import { copyPatch, roundToByte } from './patch.ts';

export type Direction = 'source' | 'sink';

/** Per pixel of the shape's box, row-major: the row and column that its new value is sampled from. */
export interface Mapping {
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Deforms the shape's part of the picture in place, rounded to whole intensities. */
export function deform(
  picture: FloatImage,
  corner: Corner,
  shape: ConvexShape,
  direction: Direction,
  random: Random,
): void {
  const centre = drawPixel(shape, random);
  const factor = 2 ** random.between(0.5, 2);
  const { rows, columns } = radialMapping(shape, centre, factor, direction);
  const sample = splineWithNearestOutside(copyPatch(picture, corner, shape.width, shape.height));
  for (let i = 0; i < shape.data.length; i++) {
    if (!shape.data[i]) continue;
    const x = i % shape.width;
    const y = (i - x) / shape.width;
    picture.data[(corner.y + y) * picture.width + corner.x + x] = roundToByte(sample(rows[i]!, columns[i]!));
  }
}

/**
 * With d the distance to the centre and D the distance from the centre to the shape's edge along the same ray, the new
 * distance is d^f / D^(f-1) for a source, D - (D-d)^f / D^(f-1) for a sink. The box's outermost pixels stay.
 */
export function radialMapping(shape: ConvexShape, centre: Corner, factor: number, direction: Direction): Mapping {
  const { width, height, data } = shape;
  const rows = new Float64Array(width * height);
  const columns = new Float64Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      rows[i] = y;
      columns[i] = x;
      const onBorder = x === 0 || y === 0 || x === width - 1 || y === height - 1;
      const distance = Math.hypot(y - centre.y, x - centre.x);
      if (!data[i] || onBorder || distance === 0) continue;
      const dy = (y - centre.y) / distance;
      const dx = (x - centre.x) / distance;
      const edge = shape.distanceToEdge(centre.y, centre.x, dy, dx);
      const relative = newRelativeDistance(Math.min(1, distance / edge), factor, direction);
      rows[i] = centre.y + relative * edge * dy;
      columns[i] = centre.x + relative * edge * dx;
    }
  }
  return { rows, columns };
}

/** The same formulas in units of D: `relative` is d / D. */
function newRelativeDistance(relative: number, factor: number, direction: Direction): number {
  return direction === 'source' ? relative ** factor : 1 - (1 - relative) ** factor;
}

/** A set pixel of the shape, each as likely as any other. */
function drawPixel(shape: ConvexShape, random: Random): Corner {
  for (;;) {
    const i = random.below(shape.data.length);
    if (shape.data[i]) return { x: i % shape.width, y: Math.trunc(i / shape.width) };
  }
}
