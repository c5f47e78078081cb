/** Connected regions of an anomaly map: the findings, before a reader looks at them. Pure. */
import type { AnomalyMap } from '../../preload/contract/model.ts';

/** The picture that a map is stretched over. */
export interface PictureSize {
  readonly rows: number;
  readonly columns: number;
  /** mm: [between rows, between columns] */
  readonly pixelSpacing: readonly [number, number] | null;
}

export interface Region {
  /** In pixels of the picture: left, top, width, height. */
  readonly box: readonly [number, number, number, number];
  /** In pixels of the picture: x0, y0, x1, y1, ...; the last point equals the first. Holes are not drawn. */
  readonly outline: readonly number[];
  readonly peakScore: number;
  readonly areaMm2: number | null;
  readonly longestDiameterMm: number | null;
}

/**
 * Regions of map values at or above the threshold, connected over sides and corners, the highest peak first.
 * Positions are edges of map pixels, so a region of one map pixel has the size of that pixel.
 */
export function findRegions(map: AnomalyMap, threshold: number, picture: PictureSize): readonly Region[] {
  const { width, height, data } = map;
  const labels = new Int32Array(width * height);
  const regions: Region[] = [];
  for (let start = 0; start < data.length; start++) {
    if (labels[start] !== 0 || !(Number(data[start]) >= threshold)) continue;
    const label = regions.length + 1;
    const pixels = fill(map, threshold, labels, start, label);
    // `start` is the first of its region in reading order: its top left corner is on the outer outline.
    const outline = traceOutline(labels, width, height, label, start);
    regions.push(measure(map, pixels, outline, picture));
  }
  return regions.sort((a, b) => b.peakScore - a.peakScore);
}

/** Labels the region of `start` and returns its pixels' indices. */
function fill(map: AnomalyMap, threshold: number, labels: Int32Array, start: number, label: number): number[] {
  const { width, height, data } = map;
  const pixels = [start];
  labels[start] = label;
  for (let next = 0; next < pixels.length; next++) {
    const index = Number(pixels[next]);
    const x = index % width;
    const y = (index - x) / width;
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++)
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        const neighbour = v * width + u;
        if (labels[neighbour] !== 0 || !(Number(data[neighbour]) >= threshold)) continue;
        labels[neighbour] = label;
        pixels.push(neighbour);
      }
  }
  return pixels;
}

/**
 * The measures of an outline that a reader drew. Its peak is that of the map pixels whose centres lie inside, or of the
 * one below its middle where it is smaller than a map pixel.
 */
export function measureOutline(map: AnomalyMap, outline: readonly number[], picture: PictureSize): Region {
  const [wide, high] = [picture.columns / map.width, picture.rows / map.height];
  const xs = outline.filter((_, i) => i % 2 === 0);
  const ys = outline.filter((_, i) => i % 2 === 1);
  const [left, top, right, bottom] = [least(xs), least(ys), most(xs), most(ys)];
  const at = (x: number, y: number) =>
    Number(map.data[clamp(Math.floor(y / high), map.height) * map.width + clamp(Math.floor(x / wide), map.width)]);
  let peakScore = at((left + right) / 2, (top + bottom) / 2);
  for (let v = clamp(Math.floor(top / high), map.height); v <= clamp(Math.floor(bottom / high), map.height); v++)
    for (let u = clamp(Math.floor(left / wide), map.width); u <= clamp(Math.floor(right / wide), map.width); u++)
      if (isInside(xs, ys, (u + 0.5) * wide, (v + 0.5) * high))
        peakScore = Math.max(peakScore, Number(map.data[v * map.width + u]));
  const spacing = picture.pixelSpacing;
  return {
    box: [left, top, right - left, bottom - top],
    outline,
    peakScore,
    areaMm2: spacing && enclosedArea(xs, ys) * spacing[0] * spacing[1],
    longestDiameterMm: spacing && longestDistance(xs, ys, spacing),
  };
}

/** Whether a ray from the point to the right crosses the closed outline an odd number of times. */
function isInside(xs: readonly number[], ys: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    const [xi, yi, xj, yj] = [Number(xs[i]), Number(ys[i]), Number(xs[j]), Number(ys[j])];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** The shoelace formula, in square pixels. */
function enclosedArea(xs: readonly number[], ys: readonly number[]): number {
  let twice = 0;
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++)
    twice += Number(xs[j]) * Number(ys[i]) - Number(xs[i]) * Number(ys[j]);
  return Math.abs(twice) / 2;
}

const clamp = (index: number, size: number) => Math.min(size - 1, Math.max(0, index));

/** Unit steps to the right, down, left, up; turning right is one further. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * The outer outline in map pixels, corners only, closed. Walks along pixel edges with the region on the right hand,
 * from the top left corner of `start` to the right. Where two pixels touch at a corner it crosses to the other.
 */
function traceOutline(labels: Int32Array, width: number, height: number, label: number, start: number): number[] {
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === label;
  const startX = start % width;
  const startY = (start - startX) / width;
  const outline = [startX, startY];
  let [x, y, direction] = [startX, startY, 0];
  do {
    const [dx, dy] = STEPS[direction as 0 | 1 | 2 | 3];
    x += dx;
    y += dy;
    // The two pixels ahead of the corner that was reached, by half steps ahead and to either side.
    const left = inside(x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2);
    const right = inside(x + (dx - dy - 1) / 2, y + (dy + dx - 1) / 2);
    if (!left && right) continue;
    direction = (direction + (left ? 3 : 1)) % 4;
    outline.push(x, y);
  } while (x !== startX || y !== startY || direction !== 0);
  return outline;
}

function measure(map: AnomalyMap, pixels: readonly number[], outline: readonly number[], picture: PictureSize): Region {
  // Side lengths of a map pixel in pixels of the picture.
  const wide = picture.columns / map.width;
  const high = picture.rows / map.height;
  const scaled = outline.map((value, i) => value * (i % 2 === 0 ? wide : high));
  const xs = scaled.filter((_, i) => i % 2 === 0);
  const ys = scaled.filter((_, i) => i % 2 === 1);
  const [left, top, right, bottom] = [least(xs), least(ys), most(xs), most(ys)];
  const spacing = picture.pixelSpacing;
  return {
    box: [left, top, right - left, bottom - top],
    outline: scaled,
    peakScore: pixels.reduce((peak, index) => Math.max(peak, Number(map.data[index])), 0),
    areaMm2: spacing && pixels.length * wide * spacing[1] * high * spacing[0],
    longestDiameterMm: spacing && longestDistance(xs, ys, spacing),
  };
}

/** The largest distance of two outline corners, mm. */
function longestDistance(xs: readonly number[], ys: readonly number[], spacing: readonly [number, number]): number {
  let longest = 0;
  for (let i = 0; i < xs.length; i++)
    for (let j = 0; j < i; j++) {
      const dx = (Number(xs[i]) - Number(xs[j])) * spacing[1];
      const dy = (Number(ys[i]) - Number(ys[j])) * spacing[0];
      longest = Math.max(longest, dx * dx + dy * dy);
    }
  return Math.sqrt(longest);
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
