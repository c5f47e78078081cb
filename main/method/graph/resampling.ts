/** Resampling as matrices: a row per output sample, a column per input sample, so that a map resizes as U M U^T. */

/** Bilinear with align_corners: the first and last samples of input and output coincide. (to, from), row-major. */
export function bilinearMatrix(from: number, to: number): Float64Array {
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const low = Math.min(Math.floor(position), from - 1);
    const high = Math.min(low + 1, from - 1);
    matrix[i * from + low]! += 1 - (position - low);
    matrix[i * from + high]! += position - low;
  }
  return matrix;
}

/**
 * Bicubic (Keys, a = -0.5) with antialiasing, pixel centres at half integers: what open_clip resizes positional
 * embeddings with (torch's interpolate with antialias, which follows Pillow). (to, from), row-major.
 */
export function bicubicMatrix(from: number, to: number): Float64Array {
  const matrix = new Float64Array(to * from);
  const scale = from / to;
  const stretch = Math.max(scale, 1); // the filter widens when it shrinks a picture
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - 2 * stretch + 0.5), 0);
    const last = Math.min(Math.trunc(centre + 2 * stretch + 0.5), from);
    const weights = Array.from({ length: last - first }, (_, j) => keysKernel((first + j + 0.5 - centre) / stretch));
    const total = weights.reduce((sum, w) => sum + w, 0);
    for (const [j, w] of weights.entries()) matrix[i * from + first + j] = w / total;
  }
  return matrix;
}

/** Cubic convolution kernel of Keys (1981) with a = -0.5. */
function keysKernel(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a;
  return 0;
}

/**
 * The same resampling along both axes of a square grid at once: (to * to, from * from), for tokens in row-major order.
 */
export function onGrid(matrix: Float64Array, from: number, to: number): Float64Array {
  const both = new Float64Array(to * to * from * from);
  for (let y = 0; y < to; y++)
    for (let x = 0; x < to; x++)
      for (let v = 0; v < from; v++)
        for (let u = 0; u < from; u++)
          both[((y * to + x) * from + v) * from + u] = matrix[y * from + v]! * matrix[x * from + u]!;
  return both;
}
