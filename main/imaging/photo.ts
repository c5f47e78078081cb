import type { Sharp } from 'sharp';
import { Fault } from '../fault.ts';
import { bmpHeader, decodeBmp } from './bmp.ts';
import type { DecodedFrame } from './frame.ts';
import type { FileKind } from './identify.ts';
import type { ImageHeader } from './instance.ts';
import { checkFrameSize, MAX_SAMPLES } from './limits.ts';
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
  return photoImage(
    upright.width,
    upright.height,
    samplesPerPixel,
    is16Bit(meta.depth) ? 16 : 8,
    kind === 'tiff' ? (meta.pages ?? 1) : 1,
    kind === 'jpeg',
  );
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
  const wide = image.bitsStored === 16;
  const grey = image.samplesPerPixel === 1;
  try {
    const { data, info } = await openPhoto(bytes, frame)
      .autoOrient()
      .removeAlpha()
      .toColourspace(grey ? (wide ? 'grey16' : 'b-w') : wide ? 'rgb16' : 'srgb')
      .raw({ depth: wide ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== image.samplesPerPixel)
      throw new Fault(
        'unsupported',
        `A ${kind} image with ${info.channels} channels is not supported.`,
        aboutPath(path),
      );
    const samples = wide ? new Uint16Array(alignedCopy(data)) : new Uint8Array(data);
    return photoFrame({ ...image, columns: info.width, rows: info.height }, samples);
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : damagedPhoto(kind, thrown, path);
  }
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
  bits: 8 | 16,
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
    lossy,
  };
}

function photoFrame(image: ImageHeader, data: Uint8Array | Uint16Array): DecodedFrame {
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

function is16Bit(depth: string | undefined): boolean {
  return depth === 'ushort' || depth === 'short' || depth === 'uint' || depth === 'int' || depth === 'float';
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
