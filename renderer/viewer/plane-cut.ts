/** What a plane through a stack that is shown as a volume cuts of the stack's maps and outlines. */
import type { AnomalyMap } from '../../preload/contract/model.ts';
import type { PlaneState } from './plane-state.ts';
import { dot } from './synchrony.ts';
import type { VolumeGeometry } from './volume.ts';

type Vector = readonly [number, number, number];

/** Below any value of a map. */
const NOTHING = -1;

/** A plane on the screen in the stack's own coordinates: x and y in pixels from the corner of a slice, and the slice. */
interface Cut {
  /** Of the plane's upper left corner. */
  readonly corner: Vector;
  /** Per CSS pixel to the right, and down. */
  readonly right: Vector;
  readonly down: Vector;
}

function cutOf(volume: VolumeGeometry, [corner, right, down]: PlaneState['toPatient']): Cut {
  const inStack = (place: readonly number[]) => {
    const step = place.map((value, axis) => value - volume.origin[axis]!);
    const along = (axis: 0 | 1 | 2) => dot(step, volume.direction[axis]) / volume.spacing[axis];
    return [along(0) + 0.5, along(1) + 0.5, along(2)] as const;
  };
  const from = inStack(corner);
  const apart = (to: Vector) => to.map((value, axis) => value - from[axis]!) as unknown as Vector;
  return { corner: from, right: apart(inStack(right)), down: apart(inStack(down)) };
}

/**
 * The maps where the plane cuts them, a value for every `step` CSS pixels: between the values of a map as on the stack,
 * across the slices that of the nearest one, since nothing is known between them.
 * @param maps slice after slice; null where a slice has none
 * @param size of the plane on the screen, CSS pixels
 */
export function cutMaps(
  maps: readonly (AnomalyMap | null)[],
  volume: VolumeGeometry,
  toPatient: PlaneState['toPatient'],
  size: { readonly width: number; readonly height: number },
  step: number,
): AnomalyMap {
  const { corner, right, down } = cutOf(volume, toPatient);
  const [width, height] = [Math.ceil(size.width / step), Math.ceil(size.height / step)];
  const [columns, rows] = volume.dimensions;
  const data = new Float32Array(width * height).fill(NOTHING);
  for (let v = 0; v < height; v++)
    for (let u = 0; u < width; u++) {
      const [along, below] = [(u + 0.5) * step, (v + 0.5) * step];
      const slice = Math.round(corner[2] + along * right[2] + below * down[2]);
      const map = maps[slice];
      const x = corner[0] + along * right[0] + below * down[0];
      const y = corner[1] + along * right[1] + below * down[1];
      if (!map || x < 0 || y < 0 || x > columns || y > rows) continue;
      data[v * width + u] = valueAt(map, (x * map.width) / columns - 0.5, (y * map.height) / rows - 0.5);
    }
  return { width, height, data };
}

/** Bilinear; places count from the middle of the first value. */
function valueAt({ width, height, data }: AnomalyMap, x: number, y: number): number {
  const within = (value: number, last: number) => Math.min(last, Math.max(0, value));
  const [left, top] = [Math.floor(within(x, width - 1)), Math.floor(within(y, height - 1))];
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
  const [across, below] = [within(x - left, 1), within(y - top, 1)];
  const row = (at: number) => data[at * width + left]! * (1 - across) + data[at * width + right]! * across;
  return row(top) * (1 - below) + row(bottom) * below;
}

/**
 * The region of an outline on a slice, as thick as the slices are apart, where the plane cuts it: polygons x0, y0, x1, y1,
 * ... in CSS pixels of the plane.
 * @param outline x0, y0, x1, y1, ... in pixels of the slice
 */
export function cutOutline(
  outline: readonly number[],
  slice: number,
  volume: VolumeGeometry,
  toPatient: PlaneState['toPatient'],
): number[][] {
  const { corner, right, down } = cutOf(volume, toPatient);
  const determinant = right[0] * down[1] - right[1] * down[0];
  const longest = Math.hypot(right[0], right[1]) + Math.hypot(down[0], down[1]);
  const upright = Math.abs(determinant) < 1e-6 * longest * longest;
  const polygons = upright ? cutUpright(outline, slice, { corner, right, down }) : [];
  if (!upright) {
    const places: [number, number][] = [];
    for (let at = 0; at + 1 < outline.length; at += 2) {
      const [x, y] = [outline[at]! - corner[0], outline[at + 1]! - corner[1]];
      places.push([(x * down[1] - y * down[0]) / determinant, (y * right[0] - x * right[1]) / determinant]);
    }
    const above = ([u, v]: readonly number[]) => corner[2] + u! * right[2] + v! * down[2] - (slice - 0.5);
    polygons.push(clipped(clipped(places, above), (place) => 1 - above(place)));
  }
  return polygons.filter((polygon) => polygon.length > 1).map((polygon) => polygon.flat());
}

/**
 * Where the plane stands at right angles to the slices, a region becomes a bar as high as the slices are apart. Its ends
 * alone are given, as lines: the others would lie upon each other in a stack of regions and hide the picture.
 */
function cutUpright(outline: readonly number[], slice: number, { corner, right, down }: Cut): [number, number][][] {
  const [x, y] = Math.hypot(right[0], right[1]) > Math.hypot(down[0], down[1]) ? right : down;
  const length = Math.hypot(x, y);
  const along = (dx: number, dy: number) => (dx * x + dy * y) / length;
  // From the place along the line in which the plane meets the slice, and the slice, back to the screen.
  const [ru, du] = [along(right[0], right[1]), along(down[0], down[1])];
  const determinant = ru * down[2] - du * right[2];
  const onScreen = (place: number, at: number): [number, number] => {
    const below = at - corner[2];
    return [(place * down[2] - below * du) / determinant, (below * ru - place * right[2]) / determinant];
  };
  const crossings: number[] = [];
  for (let at = 0; at + 1 < outline.length; at += 2) {
    const next = (at + 2) % outline.length;
    const from = [outline[at]! - corner[0], outline[at + 1]! - corner[1]] as const;
    const to = [outline[next]! - corner[0], outline[next + 1]! - corner[1]] as const;
    const [before, after] = [from, to].map(([px, py]) => (py * x - px * y) / length) as [number, number];
    if (before <= 0 === after <= 0) continue;
    const share = before / (before - after);
    crossings.push(along(from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])));
  }
  return crossings.sort((a, b) => a - b).map((place) => [onScreen(place, slice - 0.5), onScreen(place, slice + 0.5)]);
}

/** The part of a polygon where a linear function is not negative (Sutherland and Hodgman). */
function clipped(
  polygon: readonly [number, number][],
  inside: (place: readonly number[]) => number,
): [number, number][] {
  return polygon.flatMap((place, at) => {
    const before = polygon.at(at - 1)!;
    const [here, there] = [inside(place), inside(before)];
    const share = there / (there - here);
    const crossing: [number, number] = [
      before[0] + share * (place[0] - before[0]),
      before[1] + share * (place[1] - before[1]),
    ];
    const crosses = here >= 0 !== there >= 0;
    return [...(crosses ? [crossing] : []), ...(here >= 0 ? [place] : [])];
  });
}
