/** Gaussian intensity change: a smooth random texture, brighter or darker, fading toward the shape's edge. */
import type { FloatImage } from '../image.ts';
import type { Random } from '../random.ts';
import { gaussianFilter } from './gaussian-filter.ts';
import type { Corner, Mask } from './mask.ts';
import { intensityRange } from './patch.ts';

const textureSigmas = [4, 7] as const;

/** Adds texture times blurred shape inside the shape, in place, then clips to 0..255. Intensities stay fractional. */
export function changeIntensityByTexture(picture: FloatImage, corner: Corner, shape: Mask, random: Random): void {
  const texture = drawTexture(picture.width, picture.height, random);
  const soft = gaussianFilter({ ...shape, data: new Float32Array(shape.data) }, random.between(1, 4));
  const { lowest, highest } = intensityRange(texture);
  const strength = (random.uniform() < 0.5 ? 255 : -255) * random.between(0.4, 0.6);
  const scale = highest > lowest ? strength / (highest - lowest) : 0;
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) {
      const i = y * shape.width + x;
      if (!shape.data[i]) continue;
      const at = (corner.y + y) * picture.width + corner.x + x;
      const changed = picture.data[at]! + scale * (texture.data[at]! - lowest) * soft.data[i]!;
      picture.data[at] = Math.min(255, Math.max(0, changed));
    }
  }
}

/** Fair coin flips per pixel, blurred. Drawn for the whole picture: its extremes, not the shape's, become 0 and 1. */
function drawTexture(width: number, height: number, random: Random): FloatImage {
  const data = new Float32Array(width * height);
  let bits = 0;
  for (let i = 0; i < data.length; i++) {
    bits = i % 32 === 0 ? random.uint32() : bits >>> 1;
    data[i] = bits & 1;
  }
  return gaussianFilter({ width, height, data }, textureSigmas[random.below(textureSigmas.length)]!);
}
