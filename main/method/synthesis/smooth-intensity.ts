/** Smooth intensity change: one amount, added or taken away, that ramps up from the shape's edge. */
import type { FloatImage } from '../image.ts';
import type { Random } from '../random.ts';
import { distanceTransform } from './distance-transform.ts';
import type { Corner, Mask } from './mask.ts';
import { intensityRange } from './patch.ts';

/** Half of it is the least change; the rest is Gamma(3, it). In intensities of 0..255. */
const intensityScale = 30;

/** Changes the shape's part of the picture in place, within the picture's own range, cut to whole intensities. */
export function changeIntensitySmoothly(picture: FloatImage, corner: Corner, shape: Mask, random: Random): void {
  const depth = distanceTransform(shape);
  const deepest = intensityRange(depth).highest;
  const side = Math.min(picture.width, picture.height);
  const ramp = Math.min(side * (0.02 + random.gamma(3, 0.01)), deepest);
  const amount = intensityScale / 2 + random.gamma(3, intensityScale);
  const change = random.uniform() < 0.5 ? amount : -amount;
  const { lowest, highest } = intensityRange(picture);
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) {
      const i = y * shape.width + x;
      if (!shape.data[i]) continue;
      const at = (corner.y + y) * picture.width + corner.x + x;
      const changed = picture.data[at]! + change * Math.min(1, depth.data[i]! / ramp);
      picture.data[at] = Math.trunc(Math.min(highest, Math.max(lowest, changed)));
    }
  }
}
