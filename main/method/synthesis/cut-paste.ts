/** Cut and paste: a turned and scaled patch of a support image replaces what lies under the shape. */
import type { FloatImage } from '../image.ts';
import type { Random } from '../random.ts';
import { splineWithZeroOutside } from './cubic-spline.ts';
import type { Corner, Mask } from './mask.ts';
import { copyPatch, intensityRange, roundToByte } from './patch.ts';

/** The source patch may span this share of the support image. */
const widestSource = 0.8;

/** Pastes into the picture in place; intensities are whole and within the support image's own range. */
export function cutAndPaste(
  picture: FloatImage,
  corner: Corner,
  shape: Mask,
  support: FloatImage,
  random: Random,
): void {
  const turn = random.between(-Math.PI / 4, Math.PI / 4);
  const stretch = 1 + random.exponential(0.1);
  const wanted = random.uniform() < 0.5 ? stretch : 1 / stretch;
  const unscaled = sourceBox(shape, Math.cos(turn), Math.sin(turn));
  const scale = Math.min(
    wanted,
    (widestSource * support.height) / unscaled.height,
    (widestSource * support.width) / unscaled.width,
  );
  const cos = scale * Math.cos(turn);
  const sin = scale * Math.sin(turn);
  const box = sourceBox(shape, cos, sin);
  const source = {
    y: random.below(support.height - box.height + 1),
    x: random.below(support.width - box.width + 1),
  };
  const sample = splineWithZeroOutside(copyPatch(support, source, box.width, box.height));
  const { lowest, highest } = intensityRange(support);
  for (let y = 0; y < shape.height; y++) {
    for (let x = 0; x < shape.width; x++) {
      if (!shape.data[y * shape.width + x]) continue;
      const pasted = roundToByte(sample(cos * y - sin * x - box.top, sin * y + cos * x - box.left));
      picture.data[(corner.y + y) * picture.width + corner.x + x] = Math.min(highest, Math.max(lowest, pasted));
    }
  }
}

/** Whole-pixel box around the shape's box after turning and scaling about its top left corner. */
function sourceBox({ width, height }: Mask, cos: number, sin: number) {
  const rows = [0, cos * height, -sin * width, cos * height - sin * width];
  const columns = [0, sin * height, cos * width, sin * height + cos * width];
  const top = Math.floor(Math.min(...rows));
  const left = Math.floor(Math.min(...columns));
  return { top, left, height: Math.ceil(Math.max(...rows)) - top, width: Math.ceil(Math.max(...columns)) - left };
}
