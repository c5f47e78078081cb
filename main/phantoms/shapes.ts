/** Shapes in anatomy coordinates (-1..1), as approximate signed distances: negative inside. */
import type { Random } from '../method/random.ts';

export interface Shape {
  /** Signed distance to the edge in anatomy units, negative inside; exact near the edge only. */
  distance(x: number, y: number): number;
  /** left, top, right, bottom */
  readonly bounds: readonly [number, number, number, number];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Ellipse with its half axes, turned by `angle` radians. */
export function ellipse(cx: number, cy: number, rx: number, ry: number, angle = 0): Shape {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const reach = Math.min(rx, ry);
  const extentX = Math.hypot(rx * cos, ry * sin);
  const extentY = Math.hypot(rx * sin, ry * cos);
  return {
    bounds: [cx - extentX, cy - extentY, cx + extentX, cy + extentY],
    distance(x, y) {
      const u = ((x - cx) * cos + (y - cy) * sin) / rx;
      const v = ((y - cy) * cos - (x - cx) * sin) / ry;
      return (Math.sqrt(u * u + v * v) - 1) * reach;
    },
  };
}

export interface BlobForm {
  readonly cx: number;
  readonly cy: number;
  readonly rx: number;
  readonly ry: number;
  readonly angle?: number;
  /** 0: an ellipse; 0.1: an organ; 0.3: a ragged lesion. */
  readonly irregularity?: number;
  /** Highest harmonic of the contour. */
  readonly harmonics?: number;
  /** 2: ellipse; 3 and more: toward a rectangle. */
  readonly squareness?: number;
}

const BEARINGS = 256;

/** An ellipse whose contour is a random sum of harmonics. */
export function blob(random: Random, form: BlobForm): Shape {
  const { cx, cy, rx, ry, angle = 0, irregularity = 0.08, harmonics = 6, squareness = 2 } = form;
  const radius = new Float32Array(BEARINGS + 1).fill(1);
  for (let k = 2; k <= harmonics; k++) {
    const amplitude = (random.normal() * irregularity * 1.6) / k;
    const phase = random.between(0, 2 * Math.PI);
    for (let b = 0; b <= BEARINGS; b++) radius[b]! += amplitude * Math.cos((k * b * 2 * Math.PI) / BEARINGS + phase);
  }
  if (squareness > 2)
    for (let b = 0; b <= BEARINGS; b++) {
      const theta = (b * 2 * Math.PI) / BEARINGS;
      radius[b]! *=
        (Math.abs(Math.cos(theta)) ** squareness + Math.abs(Math.sin(theta)) ** squareness) ** (-1 / squareness);
    }
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const reach = Math.min(rx, ry);
  let [left, top, right, bottom] = [9, 9, -9, -9];
  for (let b = 0; b <= BEARINGS; b++) {
    const edge = Math.max(0.1, radius[b]!);
    radius[b] = edge;
    const theta = (b * 2 * Math.PI) / BEARINGS;
    const u = edge * Math.cos(theta) * rx;
    const v = edge * Math.sin(theta) * ry;
    left = Math.min(left, cx + u * cos - v * sin);
    right = Math.max(right, cx + u * cos - v * sin);
    top = Math.min(top, cy + u * sin + v * cos);
    bottom = Math.max(bottom, cy + u * sin + v * cos);
  }
  return {
    bounds: [left, top, right, bottom],
    distance(x, y) {
      const u = ((x - cx) * cos + (y - cy) * sin) / rx;
      const v = ((y - cy) * cos - (x - cx) * sin) / ry;
      const position = (Math.atan2(v, u) / (2 * Math.PI) + 1) * BEARINGS;
      const b = Math.floor(position);
      const t = position - b;
      const edge = radius[b % BEARINGS]! * (1 - t) + radius[(b + 1) % BEARINGS]! * t;
      return (Math.sqrt(u * u + v * v) - edge) * reach;
    },
  };
}

/** A bent band: points joined by straight pieces, half width going from `startWidth` to `endWidth`. */
export function band(points: readonly Point[], startWidth: number, endWidth = startWidth): Shape {
  const count = points.length - 1;
  const widest = Math.max(startWidth, endWidth);
  let [left, top, right, bottom] = [9, 9, -9, -9];
  for (const point of points) {
    left = Math.min(left, point.x - widest);
    right = Math.max(right, point.x + widest);
    top = Math.min(top, point.y - widest);
    bottom = Math.max(bottom, point.y + widest);
  }
  return {
    bounds: [left, top, right, bottom],
    distance(x, y) {
      let best = 9;
      for (let s = 0; s < count; s++) {
        const a = points[s]!;
        const b = points[s + 1]!;
        const dx = b.x - a.x;
        const dy = b.y - a.y;
        const t = Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy + 1e-9)));
        const ex = x - a.x - t * dx;
        const ey = y - a.y - t * dy;
        const width = startWidth + ((endWidth - startWidth) * (s + t)) / count;
        const d = Math.sqrt(ex * ex + ey * ey) - width;
        if (d < best) best = d;
      }
      return best;
    },
  };
}

/** Points on a quadratic Bezier curve from a over the handle b to c. */
export function curve(a: Point, b: Point, c: Point, pieces = 8): Point[] {
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const t = i / pieces;
    const s = 1 - t;
    return { x: s * s * a.x + 2 * s * t * b.x + t * t * c.x, y: s * s * a.y + 2 * s * t * b.y + t * t * c.y };
  });
}

/** A random walk of `pieces` steps that keeps its heading: sulci, cracks, cables. */
export function wander(
  random: Random,
  from: Point,
  heading: number,
  length: number,
  pieces: number,
  bend: number,
): Point[] {
  const points = [from];
  let angle = heading;
  for (let i = 0; i < pieces; i++) {
    const last = points[i]!;
    points.push({ x: last.x + (Math.cos(angle) * length) / pieces, y: last.y + (Math.sin(angle) * length) / pieces });
    angle += random.normal(0, bend);
  }
  return points;
}

export interface Vessel {
  readonly points: readonly Point[];
  readonly startWidth: number;
  readonly endWidth: number;
}

/** A branching tree of vessels or bronchi, trunk first. */
export function vesselTree(
  random: Random,
  from: Point,
  heading: number,
  length: number,
  width: number,
  generations: number,
): Vessel[] {
  const points = wander(random, from, heading, length, 4, 0.16);
  const vessels: Vessel[] = [{ points, startWidth: width, endWidth: width * 0.75 }];
  if (generations > 0) {
    const tip = points[points.length - 1]!;
    const branches = random.uniform() < 0.8 ? 2 : 3;
    for (let k = 0; k < branches; k++) {
      const turn = (k - (branches - 1) / 2) * random.between(0.6, 1.1) + random.normal(0, 0.12);
      const shrink = random.between(0.6, 0.9);
      vessels.push(...vesselTree(random, tip, heading + turn, length * shrink, width * 0.7, generations - 1));
    }
  }
  return vessels;
}

/** The part of `a` inside `b`. */
export function both(a: Shape, b: Shape): Shape {
  const bounds = [
    Math.max(a.bounds[0], b.bounds[0]),
    Math.max(a.bounds[1], b.bounds[1]),
    Math.min(a.bounds[2], b.bounds[2]),
    Math.min(a.bounds[3], b.bounds[3]),
  ] as const;
  return { bounds, distance: (x, y) => Math.max(a.distance(x, y), b.distance(x, y)) };
}

/** `a` without `b`. */
export function without(a: Shape, b: Shape): Shape {
  return { bounds: a.bounds, distance: (x, y) => Math.max(a.distance(x, y), -b.distance(x, y)) };
}

/** `a` shrunk by `by` (grown when negative). */
export function inset(a: Shape, by: number): Shape {
  const [x0, y0, x1, y1] = a.bounds;
  return { bounds: [x0 + by, y0 + by, x1 - by, y1 - by], distance: (x, y) => a.distance(x, y) + by };
}

/** The rim of `a`, from its edge inward by `thickness`. */
export function rim(a: Shape, thickness: number): Shape {
  return without(a, inset(a, thickness));
}

/** Everything below the line through (0, y) with the slope dy/dx. */
export function below(y0: number, slope = 0): Shape {
  return { bounds: [-3, -3, 3, 3], distance: (x, y) => y0 + slope * x - y };
}

/** A random point at least `margin` inside the shape; the middle of its bounds when none is found. */
export function pointInside(random: Random, shape: Shape, margin: number): Point {
  const [x0, y0, x1, y1] = shape.bounds;
  for (let attempt = 0; attempt < 200; attempt++) {
    const x = random.between(Math.max(-0.95, x0), Math.min(0.95, x1));
    const y = random.between(Math.max(-0.95, y0), Math.min(0.95, y1));
    if (shape.distance(x, y) < -margin) return { x, y };
  }
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
}
