import type { FloatImage } from '../image.ts';
import type { Corner } from './mask.ts';

/** The part of the picture with the given top left corner and size. */
export function copyPatch(picture: FloatImage, corner: Corner, width: number, height: number): FloatImage {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (corner.y + y) * picture.width + corner.x;
    data.set(picture.data.subarray(from, from + width), y * width);
  }
  return { width, height, data };
}

/** The nearest whole intensity in 0..255, as interpolation on 8-bit pictures gives it. */
export function roundToByte(intensity: number): number {
  return Math.min(255, Math.max(0, Math.floor(intensity + 0.5)));
}

/** Smallest and largest intensity of a picture. */
export function intensityRange({ data }: FloatImage): { readonly lowest: number; readonly highest: number } {
  let lowest = data[0]!;
  let highest = data[0]!;
  for (let i = 1; i < data.length; i++) {
    const value = data[i]!;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return { lowest, highest };
}
