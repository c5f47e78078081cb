/** VOI LUTs on the screen: Cornerstone3D knows lines and sigmoids, so a table becomes the points of its transfer function. */
import { type Types, utilities } from '@cornerstonejs/core';
import { curveOf } from './stack-images.ts';

/** Grey levels by value: x, then red, green, blue, then vtk's midpoint and sharpness of the way to the next. */
type Point = [x: number, red: number, green: number, blue: number, midpoint: number, sharpness: number];

/**
 * Draws the picture through its file's VOI LUT for as long as it is in the window that the file asks for, and through a
 * line in any other; does nothing to pictures without a table.
 */
export function followCurve(viewport: Types.IStackViewport): void {
  const image = viewport.getCornerstoneImage();
  const curve = image && curveOf(image.imageId);
  const { voiRange, invert = false } = viewport.getProperties();
  const [shown] = viewport.getActors();
  if (!curve || !voiRange || !shown) return;
  const { lower, upper } = utilities.windowLevel.toLowHighRange(
    Number(image.windowWidth),
    Number(image.windowCenter),
    image.voiLUTFunction,
  );
  const asAsked = Math.abs(voiRange.lower - lower) + Math.abs(voiRange.upper - upper) < 1e-6 * (upper - lower);
  const levels = asAsked ? curve : [0, 1];
  const points = Array.from(levels, (level, step): Point => {
    const grey = invert ? 1 - level : level;
    const x = voiRange.lower + (step / (levels.length - 1)) * (voiRange.upper - voiRange.lower);
    return [x, grey, grey, grey, 0.5, 0];
  });
  const transfer = (shown.actor as Types.ImageActor).getProperty().getRGBTransferFunction(0);
  utilities.transferFunctionUtils.setTransferFunctionNodes(transfer, points);
}
