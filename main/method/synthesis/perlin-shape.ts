/** Blob-like anomaly shapes: thresholded Perlin noise (Perlin, "Improving Noise", 2002) of one grid cell. */
import type { Random } from '../random.ts';
import { type Mask, maskArea, type SideBounds } from './mask.ts';

/** Noise above this is part of the shape; the noise of one cell lies within about -1 to 1. */
const threshold = 0.3;
/** A shape that fills less than this share of its box is drawn again. */
const leastFill = 0.2;
const widestTurn = Math.PI / 2;

/** Directions of the gradients at the cell's four corners, in radians from the row axis: (0,0), (1,0), (0,1), (1,1). */
export type CornerAngles = readonly [number, number, number, number];

/** Perlin noise at (row, column) of the unit cell. */
export function perlinNoise(angles: CornerAngles): (row: number, column: number) => number {
  const [a, b, c, d] = angles.map((angle) => ({ row: Math.cos(angle), column: Math.sin(angle) })) as [
    Gradient,
    Gradient,
    Gradient,
    Gradient,
  ];
  return (row, column) => {
    const across = fade(row);
    const n00 = a.row * row + a.column * column;
    const n10 = b.row * (row - 1) + b.column * column;
    const n01 = c.row * row + c.column * (column - 1);
    const n11 = d.row * (row - 1) + d.column * (column - 1);
    const left = n00 + across * (n10 - n00);
    const right = n01 + across * (n11 - n01);
    return Math.SQRT2 * (left + fade(column) * (right - left));
  };
}

interface Gradient {
  readonly row: number;
  readonly column: number;
}

/** 6 t^5 - 15 t^4 + 10 t^3: flat in value, slope and curvature at 0 and 1. */
function fade(t: number): number {
  return t * t * t * (t * (6 * t - 15) + 10);
}

/**
 * A box of random sides within the bounds, filled where noise, turned about the box's centre by up to 90 degrees either
 * way, exceeds the threshold. What turns in from outside the box is not set.
 */
export function drawPerlinShape(rows: SideBounds, columns: SideBounds, random: Random): Mask {
  const height = rows.least + random.below(Math.max(1, rows.most - rows.least));
  const width = columns.least + random.below(Math.max(1, columns.most - columns.least));
  for (;;) {
    const angle = () => random.between(0, 2 * Math.PI);
    const noise = perlinNoise([angle(), angle(), angle(), angle()]);
    const mask = thresholdTurned(noise, width, height, random.between(-widestTurn, widestTurn));
    if (maskArea(mask) >= leastFill * width * height) return mask;
  }
}

function thresholdTurned(
  noise: (row: number, column: number) => number,
  width: number,
  height: number,
  turn: number,
): Mask {
  const data = new Uint8Array(width * height);
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const middleY = (height - 1) / 2;
  const middleX = (width - 1) / 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceY = middleY + cos * (y - middleY) - sin * (x - middleX);
      const sourceX = middleX + sin * (y - middleY) + cos * (x - middleX);
      if (sourceY < -0.5 || sourceX < -0.5 || sourceY > height - 0.5 || sourceX > width - 0.5) continue;
      if (noise(sourceY / height, sourceX / width) > threshold) data[y * width + x] = 1;
    }
  }
  return { width, height, data };
}
