import type { FloatImage } from '../image.ts';

/**
 * Gaussian blur with the semantics of scipy.ndimage.gaussian_filter: the kernel is cut at four deviations and sums to
 * one, and the image is continued by its mirror image, edge pixel included (d c b a | a b c d | d c b a).
 * `sigma` is in pixels and positive.
 */
export function gaussianFilter(image: FloatImage, sigma: number): FloatImage {
  const { width, height } = image;
  const kernel = halfKernel(sigma);
  const columnsDone = blurColumns(new Float64Array(image.data), width, height, kernel);
  return { width, height, data: blurRows(columnsDone, width, height, kernel) };
}

/** Weights at distances 0 .. radius; the other half is its mirror. */
function halfKernel(sigma: number): Float64Array {
  const radius = Math.trunc(4 * sigma + 0.5);
  const kernel = Float64Array.from({ length: radius + 1 }, (_, i) => Math.exp((-0.5 * i * i) / (sigma * sigma)));
  const sum = kernel.reduce((total, weight) => total + 2 * weight, -kernel[0]!);
  return kernel.map((weight) => weight / sum);
}

/** The index inside 0 .. length - 1 that position `i` mirrors, however far outside it lies. */
function reflect(i: number, length: number): number {
  const period = 2 * length;
  const folded = ((i % period) + period) % period;
  return folded < length ? folded : period - 1 - folded;
}

function blurColumns(data: Float64Array, width: number, height: number, kernel: Float64Array): Float64Array {
  const result = new Float64Array(data.length);
  const sums = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const centre = y * width;
    for (let x = 0; x < width; x++) sums[x] = data[centre + x]! * kernel[0]!;
    for (let k = 1; k < kernel.length; k++) {
      const weight = kernel[k]!;
      const above = reflect(y - k, height) * width;
      const below = reflect(y + k, height) * width;
      for (let x = 0; x < width; x++) sums[x]! += weight * (data[above + x]! + data[below + x]!);
    }
    result.set(sums, centre);
  }
  return result;
}

function blurRows(data: Float64Array, width: number, height: number, kernel: Float64Array): Float32Array {
  const result = new Float32Array(data.length);
  const radius = kernel.length - 1;
  const source = Int32Array.from({ length: width + 2 * radius }, (_, i) => reflect(i - radius, width));
  const row = new Float64Array(source.length);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < row.length; i++) row[i] = data[y * width + source[i]!]!;
    for (let x = 0; x < width; x++) {
      const centre = x + radius;
      let sum = row[centre]! * kernel[0]!;
      for (let k = 1; k <= radius; k++) sum += kernel[k]! * (row[centre - k]! + row[centre + k]!);
      result[y * width + x] = sum;
    }
  }
  return result;
}
