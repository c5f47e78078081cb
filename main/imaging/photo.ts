import type { Metadata, Sharp } from 'sharp';
import { Fault } from '../fault.ts';
import { bmpHeader, decodeBmp } from './bmp.ts';
import type { DecodedFrame } from './frame.ts';
import type { FileKind } from './identify.ts';
import type { ImageHeader } from './instance.ts';
import { checkFrameCount, checkFrameSize, MAX_SAMPLES } from './limits.ts';
import { sharp } from './sharp.ts';

/** The kinds of file that hold a picture and nothing about a patient. */
export type PhotoKind = Exclude<FileKind, 'dicom' | 'zip' | 'unknown'>;

/**
 * Size and kind of the samples of a PNG, JPEG, TIFF or BMP, upright as its EXIF orientation says.
 * @throws Fault `bad-file` (damaged), `bad-pixels` (sizes that no image has).
 */
export async function photoMetadata(bytes: Uint8Array, kind: PhotoKind, path?: string): Promise<ImageHeader> {
  if (kind === 'bmp') {
    const { columns, rows } = bmpHeader(bytes, path);
    return photoImage(columns, rows, 3, 8, 1, false);
  }
  // Without its limit: the header is read alone, and our own sentence tells the size.
  const meta = await openPhoto(bytes, 0, false)
    .metadata()
    .catch((thrown: unknown) => {
      throw damagedPhoto(kind, thrown, path);
    });
  const upright = meta.autoOrient;
  const samplesPerPixel = isGrey(meta.space) ? 1 : 3;
  checkFrameSize(upright.width, upright.height, samplesPerPixel, path);
  const bits = bitsOf(meta.depth);
  if (bits === null || (bits === 32 && samplesPerPixel === 3))
    throw new Fault(
      'unsupported',
      `Pixels of the kind ${meta.depth} in a ${kind.toUpperCase()} image are not supported. Export it with 8 or 16 bits.`,
      aboutPath(path),
    );
  const frames = kind === 'tiff' ? (meta.pages ?? 1) : 1;
  return photoImage(upright.width, upright.height, samplesPerPixel, bits, frames, kind === 'jpeg');
}

/**
 * Makes sure that all pages of a TIFF are alike, as the frames of one image are.
 * @throws Fault `unsupported`, `bad-file`, `bad-pixels`
 */
export async function checkPages(
  bytes: Uint8Array,
  { rows, columns, frames }: ImageHeader,
  path?: string,
): Promise<void> {
  const first = frames > 1 ? await pageOf(bytes, 0, path) : null;
  checkFrameCount(frames, path);
  for (let page = 1; page < frames; page += 1) {
    const { space, depth, autoOrient } = await pageOf(bytes, page, path);
    if (space === first?.space && depth === first?.depth && autoOrient.width === columns && autoOrient.height === rows)
      continue;
    throw new Fault(
      'unsupported',
      `Page ${page + 1} of this TIFF differs from the first in its size or colours. Export its pages one by one.`,
      aboutPath(path),
    );
  }
}

async function pageOf(bytes: Uint8Array, page: number, path: string | undefined): Promise<Metadata> {
  return await openPhoto(bytes, page, false)
    .metadata()
    .catch((thrown: unknown) => {
      throw damagedPhoto('tiff', thrown, path);
    });
}

/**
 * The pixels of a photo, upright: one channel where the file is grey, else RGB. An alpha channel is dropped and an
 * embedded colour profile ignored, so that values are those that the file stores.
 * @throws Fault `bad-file`, `bad-pixels`.
 */
export async function decodePhoto(
  bytes: Uint8Array,
  kind: PhotoKind,
  frame: number,
  path?: string,
): Promise<DecodedFrame> {
  const image = await photoMetadata(bytes, kind, path);
  if (frame < 0 || frame >= image.frames)
    throw new Fault('bad-pixels', `There is no frame ${frame + 1}: this file has ${image.frames}.`, aboutPath(path));
  if (kind === 'bmp') return photoFrame(image, decodeBmp(bytes, path));
  const { space, depth, samplesOf } = rawForm(image);
  try {
    const { data, info } = await openPhoto(bytes, frame)
      .autoOrient()
      .removeAlpha()
      .toColourspace(space)
      .raw({ depth })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== image.samplesPerPixel)
      throw new Fault(
        'unsupported',
        `A ${kind} image with ${info.channels} channels is not supported.`,
        aboutPath(path),
      );
    return photoFrame({ ...image, columns: info.width, rows: info.height }, samplesOf(data));
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : damagedPhoto(kind, thrown, path);
  }
}

/**
 * The pixels of a photograph as a PNG that holds nothing else: no EXIF, no comment, no colour profile, no thumbnail.
 * @throws Fault `unsupported` where a PNG cannot hold the values as they are
 */
export async function encodePhotograph(
  { rows, columns, samplesPerPixel, data }: DecodedFrame,
  path?: string,
): Promise<Uint8Array> {
  if (!(data instanceof Uint8Array || data instanceof Uint16Array))
    throw new Fault(
      'unsupported',
      'Pixels of 32 bits cannot be written as PNG without changing them. Export this image with 8 or 16 bits.',
      aboutPath(path),
    );
  const deep = data instanceof Uint16Array;
  const space = samplesPerPixel === 1 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  const raw = { width: columns, height: rows, channels: samplesPerPixel };
  const image = sharp(data, { raw }).toColourspace(space);
  return Uint8Array.from(await image.png().toBuffer());
}

interface RawForm {
  readonly space: 'b-w' | 'grey16' | 'srgb' | 'rgb16';
  readonly depth: 'uchar' | 'ushort' | 'float';
  readonly samplesOf: (data: Buffer) => Uint8Array | Uint16Array | Float32Array;
}

/** How libvips hands out values as they are stored: a space of more bits than the file's would stretch them. */
function rawForm({ bitsStored, samplesPerPixel }: ImageHeader): RawForm {
  const grey = samplesPerPixel === 1;
  if (bitsStored === 32)
    return { space: 'b-w', depth: 'float', samplesOf: (data) => new Float32Array(alignedCopy(data)) };
  if (bitsStored === 16)
    return {
      space: grey ? 'grey16' : 'rgb16',
      depth: 'ushort',
      samplesOf: (data) => new Uint16Array(alignedCopy(data)),
    };
  return { space: grey ? 'b-w' : 'srgb', depth: 'uchar', samplesOf: (data) => new Uint8Array(data) };
}

function openPhoto(bytes: Uint8Array, page: number, limitInputPixels: number | false = MAX_SAMPLES): Sharp {
  return sharp(bytes, {
    page,
    failOn: 'error',
    ignoreIcc: true,
    limitInputPixels,
    sequentialRead: true,
  });
}

function photoImage(
  columns: number,
  rows: number,
  samplesPerPixel: 1 | 3,
  bits: 8 | 16 | 32,
  frames: number,
  lossy: boolean,
): ImageHeader {
  return {
    rows,
    columns,
    frames,
    samplesPerPixel,
    photometric: samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
    bitsAllocated: bits,
    bitsStored: bits,
    signed: false,
    position: null,
    orientation: null,
    framePlaces: null,
    pixelSpacing: null,
    sliceThickness: null,
    windows: [],
    rescale: { slope: 1, intercept: 0, type: '' },
    padding: null,
    regions: [],
    shutters: [],
    lossy,
  };
}

function photoFrame(image: ImageHeader, data: Uint8Array | Uint16Array | Float32Array): DecodedFrame {
  return {
    rows: image.rows,
    columns: image.columns,
    samplesPerPixel: image.samplesPerPixel === 1 ? 1 : 3,
    photometric: image.samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
    bitsStored: image.bitsStored,
    data,
    rescale: image.rescale,
    modalityLut: null,
    windows: [],
    voiFunction: 'LINEAR',
    voiLut: null,
    padding: null,
    pixelSpacing: null,
    units: null,
  };
}

function isGrey(space: string | undefined): boolean {
  return space === 'b-w' || space === 'grey16';
}

/** Bits that a sample takes as this version decodes it; 32 for floats, which whole numbers of 32 bits become too. */
function bitsOf(depth: string | undefined): 8 | 16 | 32 | null {
  if (depth === 'uchar') return 8;
  if (depth === 'ushort') return 16;
  return depth === 'float' || depth === 'short' || depth === 'int' || depth === 'uint' ? 32 : null;
}

/** Node's pooled buffers may start at an odd offset, where no 16-bit view can. */
function alignedCopy(data: Buffer): ArrayBuffer {
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

function damagedPhoto(kind: PhotoKind, cause: unknown, path: string | undefined): Fault {
  return new Fault('bad-file', `This ${kind.toUpperCase()} image is damaged or cut off. Export or send it again.`, {
    ...aboutPath(path),
    cause,
  });
}

function aboutPath(path: string | undefined): { path?: string } {
  return path === undefined ? {} : { path };
}
