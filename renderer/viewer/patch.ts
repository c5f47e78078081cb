/** A place of a picture, drawn on a small canvas with its surroundings and a frame around it. */
import type { FramePixels, FrameRef } from '../../preload/contract/model.ts';
import { frameRef } from '../images/frame-key.ts';
import { call } from '../workstation.ts';

/** Sides of the cut-out in sides of the box. */
const surroundings = 3;

/** Rejects with FaultError where the picture cannot be read. */
export async function drawPatch(
  canvas: HTMLCanvasElement,
  ref: FrameRef,
  [left, top, width, height]: readonly [number, number, number, number],
): Promise<void> {
  const pixels = await call('images.pixels', frameRef(ref));
  const context = canvas.getContext('2d');
  if (!context) return;
  const side = surroundings * Math.max(width, height, 8);
  const x0 = left + width / 2 - side / 2;
  const y0 = top + height / 2 - side / 2;
  const scale = canvas.width / side;
  const picture = context.createImageData(canvas.width, canvas.height);
  for (let v = 0; v < canvas.height; v++)
    for (let u = 0; u < canvas.width; u++) {
      const grey = colourAt(pixels, Math.floor(x0 + u / scale), Math.floor(y0 + v / scale));
      picture.data.set([...grey, 255], (v * canvas.width + u) * 4);
    }
  context.putImageData(picture, 0, 0);
  context.strokeStyle = '#7fe3ff';
  context.lineWidth = 1.5;
  context.strokeRect((left - x0) * scale, (top - y0) * scale, width * scale, height * scale);
}

/** sRGB of a pixel in the window that its file asks for; black outside of the picture. */
function colourAt(pixels: FramePixels, x: number, y: number): [number, number, number] {
  const { columns, rows, samplesPerPixel, data } = pixels;
  if (x < 0 || y < 0 || x >= columns || y >= rows) return [0, 0, 0];
  const at = (y * columns + x) * samplesPerPixel;
  if (samplesPerPixel === 3) return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
  const value = (data[at] ?? 0) * pixels.rescaleSlope + pixels.rescaleIntercept;
  const share = (value - pixels.windowCenter) / Math.max(1, pixels.windowWidth) + 0.5;
  const grey = 255 * Math.min(1, Math.max(0, pixels.photometricInterpretation === 'MONOCHROME1' ? 1 - share : share));
  return [grey, grey, grey];
}
