/** Pictures with their anomaly map burned in, as PNG. */
import type { EdgeLetters } from '../../preload/contract/edge-letters.ts';
import type { AnomalyMap } from '../../preload/contract/model.ts';
import { sharp } from '../imaging/sharp.ts';
import type { Image8 } from '../method/image.ts';
import { drawEdgeLetters } from '../results/pixel-font.ts';
import { colourOffset, colourTable } from './colour-map.ts';

export interface Overlay {
  /** As the model saw it. */
  readonly image: Image8;
  /** Stretched over the whole picture. Null: the picture alone. */
  readonly map: AnomalyMap | null;
  /** Values from here on are coloured. */
  readonly threshold: number;
  /** Outlines to draw, in pixels of the picture: x0, y0, x1, y1, ... */
  readonly outlines?: readonly (readonly number[])[];
  /** Colour only what lies inside the outlines. */
  readonly onlyInside?: boolean;
  /** How the picture lies in the patient, drawn at its edges. */
  readonly letters?: EdgeLetters | null;
}

const OPACITY = 0.55;
/** Small pictures are enlarged and large ones reduced to this longest side, pixels. */
const SIDE = 640;

/** PNG of the picture with the map over it. */
export async function renderOverlay(overlay: Overlay): Promise<Buffer> {
  const { image, map } = overlay;
  const scale = SIDE / Math.max(image.width, image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const pixels = await sharp(image.data, {
    raw: { width: image.width, height: image.height, channels: image.channels },
  })
    .resize(width, height, { fit: 'fill' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer();
  const outlines = overlay.outlines ?? [];
  if (map) {
    const inside = overlay.onlyInside ? await maskOf(outlines, image, width, height) : null;
    blend(pixels, width, height, map, overlay.threshold, inside);
  }
  const raw = { width, height, channels: 3 } as const;
  const picture = sharp(pixels, { raw });
  const drawn =
    outlines.length > 0 ? picture.composite([{ input: outlineSvg(outlines, image, width, height) }]) : picture;
  const data = await drawn.removeAlpha().raw().toBuffer();
  if (overlay.letters) drawEdgeLetters({ width, height, data }, overlay.letters);
  return await sharp(data, { raw }).png({ compressionLevel: 9 }).toBuffer();
}

/** Mixes the map's colours into RGB pixels where it reaches the threshold (and the mask is set). */
function blend(
  pixels: Uint8Array,
  width: number,
  height: number,
  map: AnomalyMap,
  threshold: number,
  inside: Uint8Array | null,
): void {
  const table = colourTable();
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      if (inside && Number(inside[i]) < 128) continue;
      const value = sample(map, ((x + 0.5) / width) * map.width - 0.5, ((y + 0.5) / height) * map.height - 0.5);
      if (!(value >= threshold)) continue;
      const colour = colourOffset(value);
      for (let channel = 0; channel < 3; channel++)
        pixels[i * 3 + channel] =
          Number(pixels[i * 3 + channel]) * (1 - OPACITY) + Number(table[colour + channel]) * OPACITY;
    }
}

/** Bilinear, nearest at the border. */
function sample({ width, height, data }: AnomalyMap, x: number, y: number): number {
  const left = Math.min(Math.max(Math.floor(x), 0), width - 1);
  const top = Math.min(Math.max(Math.floor(y), 0), height - 1);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const u = Math.min(Math.max(x - left, 0), 1);
  const v = Math.min(Math.max(y - top, 0), 1);
  const at = (column: number, row: number) => Number(data[row * width + column]);
  return (
    (at(left, top) * (1 - u) + at(right, top) * u) * (1 - v) + (at(left, bottom) * (1 - u) + at(right, bottom) * u) * v
  );
}

const polygons = (outlines: Overlay['outlines'] & object, style: string) =>
  outlines
    .map((outline) => `<polygon points="${outline.map((value) => value.toFixed(2)).join(' ')}" ${style}/>`)
    .join('');

/** An SVG in pixels of the picture, scaled to width x height. */
function svg(image: Image8, width: number, height: number, content: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${image.width} ${image.height}" preserveAspectRatio="none">${content}</svg>`,
  );
}

/** A light line on a dark one: visible on any tissue. */
function outlineSvg(outlines: readonly (readonly number[])[], image: Image8, width: number, height: number): Buffer {
  const line = (colour: string, pixels: number) =>
    `fill="none" stroke="${colour}" stroke-width="${pixels}" stroke-linejoin="round"`;
  // In pixels of the picture: librsvg does not know non-scaling strokes.
  const pixel = Math.max(image.width, image.height) / SIDE;
  return svg(
    image,
    width,
    height,
    polygons(outlines, line('#000000', 4 * pixel)) + polygons(outlines, line('#7fe7ff', 2 * pixel)),
  );
}

/** 255 inside the outlines. */
async function maskOf(
  outlines: readonly (readonly number[])[],
  image: Image8,
  width: number,
  height: number,
): Promise<Uint8Array> {
  const black = `<rect width="${image.width}" height="${image.height}" fill="#000"/>`;
  return await sharp(svg(image, width, height, black + polygons(outlines, 'fill="#fff"')))
    .toColourspace('b-w')
    .removeAlpha()
    .extractChannel(0)
    .raw()
    .toBuffer();
}
