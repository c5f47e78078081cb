import type { DataSet } from 'dicom-parser';
import { bytesOf, type DicomDataset, EXPLICIT_BIG_ENDIAN, numberOf, shortOf, shortsOf } from './dataset.ts';
import type { ImageHeader } from './instance.ts';

/** One plane of graphics, at most 16 in groups 6000 to 601E (PS3.3 C.9.2). */
interface Plane {
  readonly rows: number;
  readonly columns: number;
  /** Of its first pixel on the image, from 0; may lie outside. */
  readonly top: number;
  readonly left: number;
  /** Whether the pixel `index` of the plane, row by row, is drawn. */
  readonly isSet: (index: number) => boolean;
}

/**
 * The graphics of all overlay planes on one frame: rows * columns, 1 where something is drawn. Null where there are none.
 * Planes of their own and those in unused bits of the pixels (retired) are read; damaged ones are left out, since the
 * image itself is whole.
 * @param frame counted from 0.
 */
export function overlayOf(file: DicomDataset, image: ImageHeader, frame: number): Uint8Array | null {
  const mask = new Uint8Array(image.rows * image.columns);
  let any = false;
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    const plane = planeOf(file, image, `x${group.toString(16)}`, frame);
    if (!plane) continue;
    any = true;
    draw(plane, image, mask);
  }
  return any ? mask : null;
}

function draw({ rows, columns, top, left, isSet }: Plane, image: ImageHeader, mask: Uint8Array): void {
  for (let y = Math.max(0, -top); y < rows && top + y < image.rows; y += 1)
    for (let x = Math.max(0, -left); x < columns && left + x < image.columns; x += 1)
      if (isSet(y * columns + x)) mask[(top + y) * image.columns + left + x] = 1;
}

function planeOf(file: DicomDataset, image: ImageHeader, group: string, frame: number): Plane | null {
  const { dataset } = file;
  const rows = shortOf(dataset, `${group}0010`) ?? 0;
  const columns = shortOf(dataset, `${group}0011`) ?? 0;
  if (!(rows > 0 && columns > 0)) return null;
  const [row = 1, column = 1] = shortsOf(dataset, `${group}0050`, true);
  const place = { rows, columns, top: row - 1, left: column - 1 };
  const data = bytesOf(dataset, `${group}3000`);
  const isSet = data
    ? ownBits(file, dataset, group, data, rows * columns, frame)
    : bitsOfPixels(file, image, shortOf(dataset, `${group}0102`) ?? 0, frame);
  return isSet && { ...place, isSet };
}

/** One bit a pixel, the first in the lowest bit (PS3.5 section 8.1.2); one plane for all frames, or one for each. */
function ownBits(
  { transferSyntax }: DicomDataset,
  dataset: DataSet,
  group: string,
  data: Uint8Array,
  size: number,
  frame: number,
): Plane['isSet'] | null {
  const frames = numberOf(dataset, `${group}0015`) ?? 1;
  const first = (shortOf(dataset, `${group}0051`) ?? 1) - 1;
  const index = frames > 1 ? frame - first : 0;
  if (index < 0 || index >= frames || data.length * 8 < (index + 1) * size) return null;
  const swapped = transferSyntax === EXPLICIT_BIG_ENDIAN ? 1 : 0; // the words of OW have their bytes the other way round
  const offset = index * size;
  return (i) => (((data[((offset + i) >> 3) ^ swapped] ?? 0) >> ((offset + i) & 7)) & 1) === 1;
}

/** A bit above Bits Stored of uncompressed 16-bit pixels, where older files keep graphics (PS3.5 2004 section 8.1.2). */
function bitsOfPixels(file: DicomDataset, image: ImageHeader, position: number, frame: number): Plane['isSet'] | null {
  const element = file.dataset.elements.x7fe00010;
  const unused = position >= image.bitsStored && position < 16;
  if (!element || element.hadUndefinedLength || image.bitsAllocated !== 16 || !unused || image.samplesPerPixel !== 1)
    return null;
  const start = element.dataOffset + frame * image.rows * image.columns * 2;
  const bigEndian = file.transferSyntax === EXPLICIT_BIG_ENDIAN;
  const byte = position >> 3 === (bigEndian ? 0 : 1) ? 1 : 0;
  return (i) => (((file.bytes[start + i * 2 + byte] ?? 0) >> (position & 7)) & 1) === 1;
}
