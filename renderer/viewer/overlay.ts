/** Draws the anomaly map and the outlines of findings over a picture. */
import type { ColourMapName } from '../../preload/contract/colour-map.ts';
import type { AnomalyMap, Finding } from '../../preload/contract/model.ts';
import { colourMapPixels } from '../design/colour-map.ts';
import { type Affine, applyAffine, scaleBefore } from './affine.ts';

export interface Outline {
  /** x0, y0, x1, y1, ... in picture coordinates. */
  readonly points: readonly number[];
  readonly decision: Finding['decision'];
  readonly selected: boolean;
}

export interface OverlayPicture {
  readonly toScreen: Affine;
  readonly columns: number;
  readonly rows: number;
  /** The file's own graphics, one canvas pixel per pixel; null for none. */
  readonly graphics: HTMLCanvasElement | null;
  /** From colouredMap; null for none. */
  readonly map: HTMLCanvasElement | null;
  readonly opacity: number;
  readonly outlines: readonly Outline[];
}

/**
 * A map in its colours, one canvas pixel per value, transparent below the threshold; where it is not filled, only the
 * outermost values at the threshold stay.
 */
export function colouredMap(
  map: AnomalyMap,
  threshold: number,
  colours: ColourMapName,
  filled: boolean,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = map.width;
  canvas.height = map.height;
  const pixels = colourMapPixels(map.data, threshold, colours);
  if (!filled) keepContours(pixels, map, threshold);
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, map.width, map.height), 0, 0);
  return canvas;
}

function keepContours(pixels: Uint8ClampedArray, { width, height, data }: AnomalyMap, threshold: number): void {
  const above = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x]! >= threshold;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (above(x - 1, y) && above(x + 1, y) && above(x, y - 1) && above(x, y + 1)) pixels[(y * width + x) * 4 + 3] = 0;
}

/** A cool colour that the map does not have, on a dark seam that holds on bright bone. */
const outlineColour = '#7fe3ff';
const outlineSeam = 'rgb(0 0 0 / 70%)';

/** Draws on a canvas that covers the viewport, in device pixels. */
export function drawOverlay(canvas: HTMLCanvasElement, picture: OverlayPicture | null): void {
  const ratio = window.devicePixelRatio;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  if (!picture) return;
  const { toScreen, columns, rows, graphics, map, opacity, outlines } = picture;
  if (graphics) {
    const { a, b, c, d, e, f } = toScreen;
    context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
    context.imageSmoothingEnabled = false;
    context.drawImage(graphics, 0, 0);
  }
  if (map) {
    const { a, b, c, d, e, f } = scaleBefore(toScreen, columns / map.width, rows / map.height);
    context.setTransform(a * ratio, b * ratio, c * ratio, d * ratio, e * ratio, f * ratio);
    context.globalAlpha = opacity;
    context.imageSmoothingEnabled = true; // bilinear between map values, as the method itself interpolates
    context.drawImage(map, 0, 0);
    context.globalAlpha = 1;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const outline of outlines) strokeOutline(context, toScreen, outline);
}

function strokeOutline(context: CanvasRenderingContext2D, toScreen: Affine, outline: Outline): void {
  const path = new Path2D();
  for (let index = 0; index + 1 < outline.points.length; index += 2) {
    const [x, y] = applyAffine(toScreen, [outline.points[index]!, outline.points[index + 1]!]);
    if (index === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  }
  path.closePath();
  const width = outline.selected ? 2.25 : 1.25;
  context.lineJoin = 'round';
  context.setLineDash([]);
  context.strokeStyle = outlineSeam;
  context.lineWidth = width + 2;
  context.stroke(path);
  // Open findings are dashed, decided ones whole: the state shows without colour.
  if (outline.decision === 'open') context.setLineDash([6, 4]);
  context.strokeStyle = outlineColour;
  context.lineWidth = width;
  context.stroke(path);
  context.setLineDash([]);
}
