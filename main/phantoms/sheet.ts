/**
 * The drawing ground of a phantom: where every pixel lies in the anatomy, and paint for planes of tissue values.
 *
 * Anatomy coordinates run from -1 to 1 over the picture, x to the right, y down, so that every shape is independent of
 * the resolution. Pose (turn, scale, shift) and a smooth elastic deformation are applied to the coordinates, once;
 * whatever is painted then follows them.
 */
import type { Random } from '../method/random.ts';
import { smoothNoise } from './noise.ts';
import type { Shape } from './shapes.ts';

/** side * side values, row-major. */
export type Plane = Float32Array;

export interface Sheet {
  readonly side: number;
  /** Side of a pixel in anatomy units. */
  readonly pixel: number;
  /** Anatomy coordinates of the pixel centres, row-major. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly pose: Pose;
}

export interface Pose {
  /** Radians, counter-clockwise on the screen. */
  readonly turn: number;
  /** Above 1 the anatomy fills more of the picture. */
  readonly scale: number;
  readonly shiftX: number;
  readonly shiftY: number;
  /** Largest displacement of the elastic deformation, anatomy units. */
  readonly elastic: number;
}

/** A pose as patients lie: a few degrees and per cent off; `spread` 1 is usual. */
export function drawPose(random: Random, spread = 1): Pose {
  return {
    turn: random.normal(0, 0.06 * spread),
    scale: 1 + random.normal(0, 0.05 * spread),
    shiftX: random.normal(0, 0.025 * spread),
    shiftY: random.normal(0, 0.025 * spread),
    elastic: random.between(0.01, 0.045) * spread,
  };
}

export function makeSheet(side: number, pose: Pose, random: Random): Sheet {
  const x = new Float32Array(side * side);
  const y = new Float32Array(side * side);
  const warpX = smoothNoise(random, side, 3, 2);
  const warpY = smoothNoise(random, side, 3, 2);
  const cos = Math.cos(pose.turn) / pose.scale;
  const sin = Math.sin(pose.turn) / pose.scale;
  for (let row = 0, i = 0; row < side; row++) {
    const v = ((row + 0.5) / side) * 2 - 1 - pose.shiftY;
    for (let column = 0; column < side; column++, i++) {
      const u = ((column + 0.5) / side) * 2 - 1 - pose.shiftX;
      x[i] = u * cos + v * sin + pose.elastic * warpX[i]!;
      y[i] = v * cos - u * sin + pose.elastic * warpY[i]!;
    }
  }
  return { side, pixel: 2 / side / pose.scale, x, y, pose };
}

export function blankPlane(sheet: { readonly side: number }, value = 0): Plane {
  return new Float32Array(sheet.side * sheet.side).fill(value);
}

/** A tissue value: one number, or one that changes over the picture (given the pixel's index). */
export type Value = number | ((index: number) => number);

export interface Brush {
  /** Width of the edge in anatomy units; 1.5 pixels when absent. */
  readonly softness?: number;
  /** Share of the new value, 0..1. */
  readonly opacity?: number;
}

/** Replaces what lies under the shape; the edge is mixed. */
export function paint(sheet: Sheet, plane: Plane, shape: Shape, value: Value, brush: Brush = {}): void {
  const opacity = brush.opacity ?? 1;
  cover(sheet, shape, brush.softness, (i, coverage) => {
    const target = typeof value === 'number' ? value : value(i);
    plane[i]! += (target - plane[i]!) * coverage * opacity;
  });
}

/** Adds to what lies under the shape, as superposed attenuation does in a radiograph. */
export function add(sheet: Sheet, plane: Plane, shape: Shape, value: Value, brush: Brush = {}): void {
  const opacity = brush.opacity ?? 1;
  cover(sheet, shape, brush.softness, (i, coverage) => {
    plane[i]! += (typeof value === 'number' ? value : value(i)) * coverage * opacity;
  });
}

/** Marks the shape in a plane of 0..1, keeping the larger coverage. */
export function mark(sheet: Sheet, plane: Plane, shape: Shape, brush: Brush = {}): void {
  cover(sheet, shape, brush.softness, (i, coverage) => {
    if (coverage > plane[i]!) plane[i] = coverage;
  });
}

/** Coverage of a shape as a plane of 0..1. */
export function stencil(sheet: Sheet, shape: Shape, softness?: number): Plane {
  const plane = blankPlane(sheet);
  mark(sheet, plane, shape, softness === undefined ? {} : { softness });
  return plane;
}

/** Calls back for every pixel that the shape touches, with its coverage in 0..1. */
function cover(
  sheet: Sheet,
  shape: Shape,
  softness: number | undefined,
  touch: (index: number, coverage: number) => void,
): void {
  const soft = softness ?? 1.5 * sheet.pixel;
  const [left, top, right, bottom] = pixelBounds(sheet, shape, soft);
  const { x, y, side } = sheet;
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const i = row * side + column;
      const coverage = 0.5 - shape.distance(x[i]!, y[i]!) / soft;
      if (coverage > 0) touch(i, Math.min(coverage, 1));
    }
  }
}

/** The rectangle of pixels that can lie under the shape: its bounds carried back through the pose. */
function pixelBounds(sheet: Sheet, shape: Shape, soft: number): [number, number, number, number] {
  const { side, pose } = sheet;
  const margin = soft + 2.2 * pose.elastic;
  const [x0, y0, x1, y1] = shape.bounds;
  const cos = Math.cos(pose.turn) * pose.scale;
  const sin = Math.sin(pose.turn) * pose.scale;
  let left = side;
  let top = side;
  let right = -1;
  let bottom = -1;
  for (const x of [x0 - margin, x1 + margin])
    for (const y of [y0 - margin, y1 + margin]) {
      const column = ((x * cos - y * sin + pose.shiftX + 1) / 2) * side;
      const row = ((x * sin + y * cos + pose.shiftY + 1) / 2) * side;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
    }
  const clip = (value: number) => Math.min(side - 1, Math.max(0, value));
  return [clip(Math.floor(left)), clip(Math.floor(top)), clip(Math.ceil(right)), clip(Math.ceil(bottom))];
}
