/** Made-up pictures for the in-memory bridge: a head, a knee and a chest of ellipses, some with a bright spot. */
import type { AnomalyMap, FramePixels } from '../../preload/contract/model.ts';

export interface Spot {
  /** Centre and radius in shares of the picture's width and height. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface Picture {
  readonly kind: 'head' | 'knee' | 'chest' | 'corners';
  readonly rows: number;
  readonly columns: number;
  readonly pixelSpacing: readonly [number, number] | null;
  /** Where in its stack it lies, 0..1. */
  readonly depth: number;
  readonly spot: Spot | null;
  readonly photometricInterpretation: FramePixels['photometricInterpretation'];
}

/** A repeatable hash of a pixel, -1..1, in place of scanner noise. */
function grain(x: number, y: number, seed: number): number {
  let hash = (x * 374761393 + y * 668265263 + seed * 2147483647) | 0;
  hash = Math.imul(hash ^ (hash >>> 13), 1274126177);
  return ((hash ^ (hash >>> 16)) & 0xffff) / 0x7fff - 1;
}

const inEllipse = (x: number, y: number, centreX: number, centreY: number, radiusX: number, radiusY: number) =>
  ((x - centreX) / radiusX) ** 2 + ((y - centreY) / radiusY) ** 2 < 1;

/** Value at a place given in shares of the picture: HU for the head, arbitrary units otherwise. */
function valueAt({ kind, depth, spot }: Picture, x: number, y: number): number {
  const spotted = spot !== null && Math.hypot(x - spot.x, y - spot.y) < spot.radius;
  if (kind === 'head') {
    const size = 0.25 + 0.2 * Math.sin(Math.PI * (0.15 + 0.7 * depth));
    if (!inEllipse(x, y, 0.5, 0.5, size * 0.85, size)) return -1000;
    if (!inEllipse(x, y, 0.5, 0.5, size * 0.85 - 0.02, size - 0.02)) return 900;
    const ventricle = 0.06 * Math.sin(Math.PI * depth);
    if (
      inEllipse(x, y, 0.46, 0.47, ventricle * 0.5, ventricle) ||
      inEllipse(x, y, 0.54, 0.47, ventricle * 0.5, ventricle)
    )
      return 5;
    return spotted ? 70 : inEllipse(x, y, 0.5, 0.5, size * 0.7, size * 0.85) ? 30 : 38;
  }
  if (kind === 'knee') {
    if (!inEllipse(x, y, 0.5, 0.5, 0.3, 0.48)) return 10;
    if (inEllipse(x, y, 0.5, 0.22, 0.2, 0.2) || inEllipse(x, y, 0.5, 0.78, 0.19, 0.2)) return spotted ? 900 : 520;
    return 260;
  }
  if (kind === 'chest') {
    const lung = inEllipse(x, y, 0.33, 0.45, 0.14, 0.28) || inEllipse(x, y, 0.67, 0.45, 0.14, 0.28);
    return spotted ? 190 : lung ? 60 : 150 + 60 * Math.exp(-(((x - 0.5) / 0.08) ** 2));
  }
  return 100;
}

export function pixelsOf(picture: Picture, seed: number): FramePixels {
  const { rows, columns, kind, photometricInterpretation } = picture;
  if (photometricInterpretation === 'RGB') return colourPixels(picture);
  const data = new Int16Array(rows * columns);
  let [minimum, maximum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const noise = kind === 'corners' ? 0 : kind === 'head' ? 3 : 12;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let value = valueAt(picture, (column + 0.5) / columns, (row + 0.5) / rows);
      // Two corners of 'corners' are bright: they prove that the map lies exactly on the picture.
      if (kind === 'corners' && ((row < 2 && column < 2) || (row >= rows - 2 && column >= columns - 2))) value = 255;
      value = Math.round(value + noise * grain(column, row, seed));
      data[row * columns + column] = value;
      minimum = Math.min(minimum, value);
      maximum = Math.max(maximum, value);
    }
  const [windowCenter, windowWidth] = kind === 'head' ? [40, 80] : kind === 'knee' ? [400, 900] : [128, 256];
  return {
    rows,
    columns,
    samplesPerPixel: 1,
    data,
    photometricInterpretation,
    minimum,
    maximum,
    rescaleSlope: 1,
    rescaleIntercept: 0,
    windowCenter,
    windowWidth,
    pixelSpacing: picture.pixelSpacing,
    units: kind === 'head' ? 'HU' : '',
  };
}

/** Red grows to the right, green downwards; blue in the two marked corners. */
function colourPixels({ rows, columns, pixelSpacing }: Picture): FramePixels {
  const data = new Uint8Array(rows * columns * 3);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const marked = (row < 2 && column < 2) || (row >= rows - 2 && column >= columns - 2);
      data.set([(255 * column) / columns, (255 * row) / rows, marked ? 255 : 0], (row * columns + column) * 3);
    }
  return {
    rows,
    columns,
    samplesPerPixel: 3,
    data,
    photometricInterpretation: 'RGB',
    minimum: 0,
    maximum: 255,
    rescaleSlope: 1,
    rescaleIntercept: 0,
    windowCenter: 128,
    windowWidth: 256,
    pixelSpacing,
    units: '',
  };
}

const mapSide = 224;

/** High over the spot, low elsewhere, as the method's maps look. */
export function mapOf(picture: Picture, seed: number): AnomalyMap {
  const data = new Float32Array(mapSide * mapSide);
  for (let row = 0; row < mapSide; row++)
    for (let column = 0; column < mapSide; column++) {
      const [x, y] = [(column + 0.5) / mapSide, (row + 0.5) / mapSide];
      let value = 0.3 + 0.1 * Math.sin(7 * x + seed) * Math.cos(6 * y + seed);
      if (picture.spot) {
        const distance = Math.hypot(x - picture.spot.x, y - picture.spot.y) / picture.spot.radius;
        value += 0.48 * Math.exp(-(distance ** 2) / 1.6);
      }
      if (picture.kind === 'corners')
        value = (row < 7 && column < 7) || (row >= mapSide - 7 && column >= mapSide - 7) ? 0.8 : 0.2;
      data[row * mapSide + column] = value;
    }
  return { width: mapSide, height: mapSide, data };
}

/** A PNG of 128 pixels a side at most, in the picture's own window. */
export async function thumbnailOf(picture: Picture, seed: number): Promise<Uint8Array> {
  const scale = 128 / Math.max(picture.rows, picture.columns);
  const [rows, columns] = [Math.round(picture.rows * scale), Math.round(picture.columns * scale)];
  const pixels = pixelsOf({ ...picture, rows, columns }, seed);
  const { samplesPerPixel } = pixels;
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser has no canvas.');
  const image = context.createImageData(columns, rows);
  for (let index = 0; index < rows * columns; index++) {
    const channel = (offset: number) => {
      const value = pixels.data[index * samplesPerPixel + (offset % samplesPerPixel)]!;
      const shown = (255 * (value - pixels.windowCenter + pixels.windowWidth / 2)) / pixels.windowWidth;
      return pixels.photometricInterpretation === 'MONOCHROME1' ? 255 - shown : shown;
    };
    image.data.set([channel(0), channel(1), channel(2), 255], index * 4);
  }
  context.putImageData(image, 0, 0);
  return new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
}
