/**
 * Cubic B-spline interpolation with the semantics of scipy.ndimage (order 3, prefiltered): `affine_transform` in its
 * default mode, `map_coordinates` with mode "nearest". Prefilter: Unser, "Splines: A Perfect Fit for Signal and Image
 * Processing", 1999.
 */
import type { FloatImage } from '../image.ts';

/** The value of a picture at row y, column x; both may lie between pixels. */
export type Sampler = (y: number, x: number) => number;

/** The one pole of the cubic B-spline's inverse filter, and the filter's gain. */
const pole = Math.sqrt(3) - 2;
const gain = 6;

/** pole^horizon is below the precision of a double: further pixels cannot matter to the filter's start. */
const horizon = 30;

/** Pixels that the picture is continued by where it is sampled at its edges; pole^margin is about 1e-7. */
const margin = 12;

/** Samples with 0 outside the picture; within, the picture continues by its mirror image, edge pixel not repeated. */
export function splineWithZeroOutside(image: FloatImage): Sampler {
  const { width, height } = image;
  const coefficients = splineCoefficients(image);
  return (y, x) =>
    y < 0 || x < 0 || y > height - 1 || x > width - 1 ? 0 : interpolate(coefficients, width, height, y, x);
}

/** Samples with the nearest edge pixel outside the picture. */
export function splineWithNearestOutside(image: FloatImage): Sampler {
  const { width, height, data } = padWithEdge(image);
  const coefficients = splineCoefficients({ width, height, data });
  return (y, x) =>
    interpolate(
      coefficients,
      width,
      height,
      Math.min(Math.max(y + margin, 0), height - 1),
      Math.min(Math.max(x + margin, 0), width - 1),
    );
}

function padWithEdge(image: FloatImage): FloatImage {
  const width = image.width + 2 * margin;
  const height = image.height + 2 * margin;
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(Math.max(y - margin, 0), image.height - 1) * image.width;
    const target = y * width;
    data.fill(image.data[row]!, target, target + margin);
    data.set(image.data.subarray(row, row + image.width), target + margin);
    data.fill(image.data[row + image.width - 1]!, target + margin + image.width, target + width);
  }
  return { width, height, data };
}

/** B-spline coefficients (height, width) whose spline passes through the pixels. */
function splineCoefficients({ width, height, data }: FloatImage): Float64Array {
  const coefficients = new Float64Array(data);
  for (let y = 0; y < height; y++) filterLine(coefficients, y * width, 1, width);
  for (let x = 0; x < width; x++) filterLine(coefficients, x, width, height);
  return coefficients;
}

/** The recursive inverse filter in place, forth and back, over `length` values from `first`, `step` apart. */
function filterLine(values: Float64Array, first: number, step: number, length: number): void {
  if (length < 2) return;
  const last = first + (length - 1) * step;
  for (let at = first; at <= last; at += step) values[at]! *= gain;
  values[first] = causalStart(values, first, step, length);
  for (let at = first + step; at <= last; at += step) values[at]! += pole * values[at - step]!;
  values[last] = (pole / (pole * pole - 1)) * (pole * values[last - step]! + values[last]!);
  for (let at = last - step; at >= first; at -= step) values[at] = pole * (values[at + step]! - values[at]!);
}

/** Sum of pole^k times the k-th value to the left of the first, the line being mirrored at its ends without repeat. */
function causalStart(values: Float64Array, first: number, step: number, length: number): number {
  const period = 2 * length - 2;
  let sum = 0;
  let power = 1;
  for (let k = 0; k < horizon; k++, power *= pole) {
    const folded = k % period;
    sum += power * values[first + (folded < length ? folded : period - folded) * step]!;
  }
  return sum;
}

/** Index that position `i`, at most two pixels outside, mirrors without repeating the edge. */
function mirror(i: number, length: number): number {
  if (length === 1) return 0;
  if (i < 0) return Math.min(-i, length - 1);
  return i < length ? i : Math.max(2 * length - 2 - i, 0);
}

/** Sum over the 4 x 4 coefficients around (y, x), which lies inside the picture. */
function interpolate(coefficients: Float64Array, width: number, height: number, y: number, x: number): number {
  const top = Math.floor(y);
  const left = Math.floor(x);
  const u = x - left;
  const v = 1 - u;
  // Values of the cubic B-spline at distances 1 + u, u, 1 - u, 2 - u.
  const w0 = (v * v * v) / 6;
  const w1 = 2 / 3 - 0.5 * u * u * (2 - u);
  const w2 = 2 / 3 - 0.5 * v * v * (2 - v);
  const w3 = (u * u * u) / 6;
  const c0 = mirror(left - 1, width);
  const c1 = left;
  const c2 = mirror(left + 1, width);
  const c3 = mirror(left + 2, width);
  const t = y - top;
  const s = 1 - t;
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    const row = mirror(top - 1 + i, height) * width;
    const weight =
      i === 0
        ? (s * s * s) / 6
        : i === 1
          ? 2 / 3 - 0.5 * t * t * (2 - t)
          : i === 2
            ? 2 / 3 - 0.5 * s * s * (2 - s)
            : (t * t * t) / 6;
    sum +=
      weight *
      (w0 * coefficients[row + c0]! +
        w1 * coefficients[row + c1]! +
        w2 * coefficients[row + c2]! +
        w3 * coefficients[row + c3]!);
  }
  return sum;
}
