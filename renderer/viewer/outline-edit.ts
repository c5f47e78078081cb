/** An outline pulled at single places: the points between two handles follow the nearer one, the rest stays. */
import type { Point } from './affine.ts';

/** More would lie on each other. */
const MOST_HANDLES = 16;

/** Corners of an outline (x0, y0, x1, y1, ...), the first one not repeated at its end. */
export function cornersOf(outline: readonly number[]): readonly Point[] {
  const corners = Array.from({ length: outline.length / 2 }, (_, i): Point => [outline[2 * i]!, outline[2 * i + 1]!]);
  const [first, last] = [corners[0], corners.at(-1)];
  const isClosed = corners.length > 1 && first![0] === last![0] && first![1] === last![1];
  return isClosed ? corners.slice(0, -1) : corners;
}

/** Places of the corners that carry a handle, about equally far from each other along the outline. */
export function handlesOf(corners: readonly Point[]): readonly number[] {
  const along = lengthsAlong(corners);
  const count = Math.min(MOST_HANDLES, corners.length);
  const step = along.at(-1)! / count;
  const places = Array.from({ length: count }, (_, handle) => along.findIndex((length) => length >= handle * step));
  return [...new Set(places.filter((place) => place >= 0 && place < corners.length))];
}

/** The corners with one handle pulled to a place; those between it and the next handles follow, the farther the less. */
export function pulled(corners: readonly Point[], handles: readonly number[], handle: number, to: Point): Point[] {
  const at = handles[handle]!;
  const [dx, dy] = [to[0] - corners[at]![0], to[1] - corners[at]![1]];
  const along = lengthsAlong(corners);
  const whole = along.at(-1)!;
  /** From the handle, forwards along the outline. */
  const ahead = (place: number) => (along[place]! - along[at]! + whole) % whole;
  const others = handles.filter((place) => place !== at).map(ahead);
  const [next, before] = [Math.min(whole, ...others), Math.max(0, ...others)];
  return corners.map(([x, y], place) => {
    const distance = ahead(place);
    const share = place === at ? 0 : distance < next ? distance / next : (whole - distance) / (whole - before);
    const weight = share < 1 ? (1 + Math.cos(Math.PI * share)) / 2 : 0;
    return [x + weight * dx, y + weight * dy];
  });
}

/** How far each corner lies from the first one along the outline, and last the whole way round. */
function lengthsAlong(corners: readonly Point[]): readonly number[] {
  const lengths = [0];
  for (const [i, [x, y]] of corners.entries()) {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    lengths.push(lengths[i]! + Math.hypot(nextX - x, nextY - y));
  }
  return lengths;
}
