import type { DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';
import { decompressFrame, isCompressed, unsupportedSyntax } from './codecs.ts';
import { applyPalette, ybrToRgb } from './colour.ts';
import {
  bytesOf,
  characterSetsOf,
  DEFLATED_LITTLE_ENDIAN,
  type DicomDataset,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  itemsOf,
  parseDataset,
  readFileBytes,
  shortOf,
  shortsOf,
  stringOf,
  textOf,
} from './dataset.ts';
import { extractFrame } from './fragments.ts';
import type { DecodedFrame, LookupTable, PixelArray } from './frame.ts';
import {
  dicomHeader,
  frameAttributes,
  functionalGroup,
  isStored422,
  notAnImage,
  type PhotoOrigin,
  photoHeader,
  requireImage,
  tooFewPixels,
  uncompressedFrameBits,
} from './header.ts';
import { identify } from './identify.ts';
import type { ImageHeader, InstanceHeader, Rescale } from './instance.ts';
import { overlayOf } from './overlays.ts';
import { decodePhoto } from './photo.ts';

/** A file read once, whose frames can be decoded one by one. */
export interface OpenedImage {
  readonly header: InstanceHeader;
  readonly image: ImageHeader;
  /**
   * Decodes a frame, counted from 0.
   * @throws Fault `bad-pixels`, `bad-file`, `unsupported`.
   */
  decode(frame: number): Promise<DecodedFrame>;
  /** Graphics drawn over a frame: rows * columns, 1 where there are some; null where the file holds none. */
  overlay(frame: number): Uint8Array | null;
}

const UNCOMPRESSED = new Set([
  IMPLICIT_LITTLE_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  DEFLATED_LITTLE_ENDIAN,
  EXPLICIT_BIG_ENDIAN,
]);

/**
 * Opens a file or its bytes for decoding.
 * @throws Fault `not-found`, `bad-file`, `bad-pixels` (no image, or of a size that is refused).
 */
export async function openImage(source: string | Uint8Array, origin: PhotoOrigin = {}): Promise<OpenedImage> {
  const path = typeof source === 'string' ? source : undefined;
  const bytes = typeof source === 'string' ? readFileBytes(source) : source;
  const kind = identify(bytes);
  if (kind === 'unknown' || kind === 'zip') throw notAnImage(path, kind);
  if (kind === 'dicom') {
    const file = parseDataset(bytes, path);
    const header = dicomHeader(file, path);
    const image = requireImage(header, path);
    return {
      header,
      image,
      decode: (frame) => decodeDicomFrame(file, header, image, frame, path),
      overlay: (frame) => overlayOf(file, image, frame),
    };
  }
  const header = await photoHeader(path, bytes, kind, origin);
  const image = requireImage(header, path);
  return { header, image, decode: (frame) => decodePhoto(bytes, kind, frame, path), overlay: () => null };
}

/** Decodes one frame, counted from 0. For many frames of one file use `openImage`. @throws Fault as `openImage`. */
export async function decodeFrame(source: string | Uint8Array, frame: number): Promise<DecodedFrame> {
  const opened = await openImage(source);
  return opened.decode(frame);
}

async function decodeDicomFrame(
  file: DicomDataset,
  header: InstanceHeader,
  image: ImageHeader,
  frame: number,
  path: string | undefined,
): Promise<DecodedFrame> {
  const about = path === undefined ? {} : { path };
  if (!Number.isInteger(frame) || frame < 0 || frame >= image.frames)
    throw new Fault('bad-pixels', `There is no frame ${frame + 1}: this file has ${image.frames}.`, about);
  try {
    const samples = await readSamples(file, image, frame, path);
    // A header that lies about its bits makes a decoder's values more or fewer than there are pixels.
    if (samples.data.length !== image.rows * image.columns * samples.samplesPerPixel) throw tooFewPixels(path);
    const { dataset } = file;
    const attributes = frameAttributes(dataset, frame);
    const modalityLut = lookupTableOf(itemsOf(dataset, 'x00283000')[0], dataset, image.signed);
    const rescale: Rescale = modalityLut ? { slope: 1, intercept: 0, type: '' } : attributes.rescale;
    return {
      rows: image.rows,
      columns: image.columns,
      ...samples,
      rescale,
      modalityLut,
      windows: attributes.windows,
      voiFunction: voiFunctionOf(dataset, frame),
      voiLut: lookupTableOf(itemsOf(dataset, 'x00283010')[0], dataset, image.signed || rescale.intercept < 0),
      padding: image.padding,
      pixelSpacing: attributes.pixelSpacing,
      units: unitsOf(dataset, header, rescale),
    };
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault('bad-file', 'The pixels of this image cannot be read. Export or send it again.', {
      ...about,
      cause: thrown,
    });
  }
}

type Samples = Pick<DecodedFrame, 'samplesPerPixel' | 'photometric' | 'bitsStored' | 'data'>;

/** The samples of one frame: decompressed, masked to their stored bits, and in grey or RGB. */
async function readSamples(
  file: DicomDataset,
  image: ImageHeader,
  frame: number,
  path: string | undefined,
): Promise<Samples> {
  const { dataset } = file;
  const about = path === undefined ? {} : { path };
  if ('x7fe00008' in dataset.elements || 'x7fe00009' in dataset.elements) return floatSamples(file, image, frame, path);
  if (!isCompressed(file.transferSyntax) && !UNCOMPRESSED.has(file.transferSyntax))
    throw unsupportedSyntax(file.transferSyntax, path);
  if (![1, 8, 16, 32].includes(image.bitsAllocated) || image.bitsStored < 1 || image.bitsStored > image.bitsAllocated)
    throw new Fault(
      'unsupported',
      `Pixels of ${image.bitsStored} bits stored in ${image.bitsAllocated} are not supported.`,
      about,
    );
  if (image.samplesPerPixel !== 1 && image.samplesPerPixel !== 3)
    throw new Fault('unsupported', `Images of ${image.samplesPerPixel} samples per pixel are not supported.`, about);
  // Pixel data of undefined length are encapsulated whatever the transfer syntax says, and the reverse.
  const encapsulated = dataset.elements.x7fe00010?.hadUndefinedLength === true;
  if (encapsulated !== isCompressed(file.transferSyntax))
    throw new Fault(
      'bad-file',
      `The pixels of this file are ${encapsulated ? 'compressed' : 'not compressed'}, which its transfer syntax ` +
        `(${file.transferSyntax}) denies. Export or send it again.`,
      about,
    );
  const raw = encapsulated
    ? await compressedSamples(file, image, frame, path)
    : { data: nativeSamples(file, image, frame, path), colour: null };
  return toGreyOrRgb(file, image, raw.data, raw.colour, about);
}

/** Interleaved stored values of a compressed frame, and the colour space that its stream states. */
async function compressedSamples(
  file: DicomDataset,
  image: ImageHeader,
  frame: number,
  path: string | undefined,
): Promise<{ data: PixelArray; colour: 'RGB' | 'YBR' | null }> {
  const decompressed = await decompressFrame(
    {
      transferSyntax: file.transferSyntax,
      bytes: extractFrame(file, image.frames, frame, path),
      rows: image.rows,
      columns: image.columns,
      samplesPerPixel: image.samplesPerPixel,
      bitsAllocated: image.bitsAllocated,
      bitsStored: image.bitsStored,
      signed: image.signed,
    },
    path,
  );
  const values = integersOf(decompressed.bytes, decompressed.bitsAllocated, image.signed, false);
  const highBit = shortOf(file.dataset, 'x00280102') ?? image.bitsStored - 1;
  return { data: keepStoredBits(values, image, highBit), colour: decompressed.colour };
}

/** Interleaved stored values of an uncompressed frame (PS3.5 section 8.1 and 8.2, annex D). */
function nativeSamples(file: DicomDataset, image: ImageHeader, frame: number, path: string | undefined): PixelArray {
  const element = file.dataset.elements.x7fe00010;
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const bits = uncompressedFrameBits(image);
  const start = Math.floor((frame * bits) / 8);
  const end = Math.ceil(((frame + 1) * bits) / 8);
  if (!element || end > element.length || element.dataOffset + end > file.bytes.length) throw tooFewPixels(path);
  const bytes = file.bytes.subarray(element.dataOffset + start, element.dataOffset + end);
  if (bitsAllocated === 1) return unpackBits(bytes, (frame * bits) % 8, bits);
  const bigEndian = file.transferSyntax === EXPLICIT_BIG_ENDIAN;
  // Big endian OW words hold two 8-bit samples, the first in the low half (PS3.5 section 8.1.1).
  const swapBytes = bigEndian && bitsAllocated === 8 && element.vr === 'OW';
  const values = swapBytes
    ? swappedPairs(file.bytes, element.dataOffset, start, end)
    : integersOf(bytes, bitsAllocated, image.signed, bigEndian);
  const highBit = shortOf(file.dataset, 'x00280102') ?? image.bitsStored - 1;
  const kept = keepStoredBits(values, image, highBit);
  if (isStored422(image)) return expand422(kept, columns, rows);
  const planar = samplesPerPixel === 3 && shortOf(file.dataset, 'x00280006') === 1;
  return planar ? interleave(kept) : kept;
}

/** Float or Double Float Pixel Data (PS3.3 C.7.6.24, C.7.6.25) as 32-bit floats. */
function floatSamples(file: DicomDataset, image: ImageHeader, frame: number, path: string | undefined): Samples {
  const { dataset } = file;
  const tag = 'x7fe00008' in dataset.elements ? 'x7fe00008' : 'x7fe00009';
  const width = tag === 'x7fe00008' ? 4 : 8;
  const bytes = bytesOf(dataset, tag);
  const count = image.rows * image.columns;
  if (!bytes || bytes.length < (frame + 1) * count * width) throw tooFewPixels(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = file.transferSyntax !== EXPLICIT_BIG_ENDIAN;
  const data = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const at = (frame * count + i) * width;
    data[i] = width === 4 ? view.getFloat32(at, little) : view.getFloat64(at, little);
  }
  return { samplesPerPixel: 1, photometric: greyPhotometric(image.photometric), bitsStored: 32, data };
}

/** Grey stays; palettes and the YBR family become RGB. */
function toGreyOrRgb(
  file: DicomDataset,
  image: ImageHeader,
  data: PixelArray,
  streamColour: 'RGB' | 'YBR' | null,
  about: { path?: string },
): Samples {
  if (image.photometric === 'PALETTE COLOR' && image.samplesPerPixel === 1) {
    const coloured = applyPalette(file.dataset, data, image.signed);
    if (!coloured) throw new Fault('bad-pixels', 'This image refers to a colour palette that it does not hold.', about);
    return { samplesPerPixel: 3, photometric: 'RGB', bitsStored: coloured.bits, data: coloured.data };
  }
  const grey = { bitsStored: image.bitsStored, data };
  if (image.samplesPerPixel === 1)
    return { samplesPerPixel: 1, photometric: greyPhotometric(image.photometric), ...grey };
  // RCT and ICT are undone by the JPEG 2000 decoder. Elsewhere a JPEG stream's own word counts more than the header's.
  const isYbr = streamColour === null ? /^YBR_(FULL|PARTIAL)/.test(image.photometric) : streamColour === 'YBR';
  if (!isYbr) return { samplesPerPixel: 3, photometric: 'RGB', ...grey };
  const rgb = ybrToRgb(data, image.bitsStored, image.photometric.startsWith('YBR_PARTIAL'));
  return { samplesPerPixel: 3, photometric: 'RGB', bitsStored: image.bitsStored, data: rgb };
}

function greyPhotometric(photometric: string): 'MONOCHROME1' | 'MONOCHROME2' {
  return photometric === 'MONOCHROME1' ? 'MONOCHROME1' : 'MONOCHROME2';
}

/** Integers of 8, 16 or 32 bits as a typed array of its own memory. */
function integersOf(bytes: Uint8Array, bits: number, signed: boolean, bigEndian: boolean): PixelArray {
  const copy = new Uint8Array(bytes); // own memory, aligned; a Buffer's slice() would share it
  if (bits === 8) return signed ? new Int8Array(copy.buffer) : copy;
  const buffer = Buffer.from(copy.buffer, copy.byteOffset, copy.byteLength);
  const { buffer: memory, byteOffset, length } = copy;
  if (bits === 16) {
    if (bigEndian) buffer.swap16();
    return signed ? new Int16Array(memory, byteOffset, length / 2) : new Uint16Array(memory, byteOffset, length / 2);
  }
  if (bigEndian) buffer.swap32();
  return signed ? new Int32Array(memory, byteOffset, length / 4) : new Uint32Array(memory, byteOffset, length / 4);
}

/** Bytes `start` to `end` of pixel data whose 16-bit words were swapped as a whole. */
function swappedPairs(bytes: Uint8Array, offset: number, start: number, end: number): Uint8Array {
  const out = new Uint8Array(end - start);
  for (let i = start; i < end; i += 1) out[i - start] = bytes[offset + (i ^ 1)] ?? 0;
  return out;
}

/** Drops bits outside Bits Stored, where old files keep overlays, and extends the sign. Works in place. */
function keepStoredBits(values: PixelArray, image: ImageHeader, highBit: number): PixelArray {
  const width = values.BYTES_PER_ELEMENT * 8;
  const { bitsStored } = image;
  const drop = highBit + 1 - bitsStored;
  if (drop < 0 || highBit >= width || (bitsStored === width && drop === 0)) return values;
  const left = 32 - highBit - 1;
  const right = 32 - bitsStored;
  if (image.signed) for (let i = 0; i < values.length; i += 1) values[i] = ((values[i] as number) << left) >> right;
  else for (let i = 0; i < values.length; i += 1) values[i] = ((values[i] as number) << left) >>> right;
  return values;
}

/** One bit per pixel, the first in the lowest bit (PS3.5 section 8.1.1). */
function unpackBits(bytes: Uint8Array, firstBit: number, count: number): Uint8Array {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) {
    const bit = firstBit + i;
    out[i] = ((bytes[bit >> 3] as number) >> (bit & 7)) & 1;
  }
  return out;
}

/** Planes R, G, B one after the other become R, G, B per pixel. */
function interleave(planes: PixelArray): PixelArray {
  const out = planes.slice();
  const pixels = planes.length / 3;
  for (let i = 0; i < pixels; i += 1) for (let c = 0; c < 3; c += 1) out[i * 3 + c] = planes[c * pixels + i] as number;
  return out;
}

/** Y1 Y2 Cb Cr for two neighbouring pixels becomes Y Cb Cr for each (PS3.3 C.7.6.3.1.2). */
function expand422(values: PixelArray, columns: number, rows: number): PixelArray {
  const out = new (values.constructor as new (length: number) => PixelArray)(columns * rows * 3);
  for (let i = 0; i < columns * rows; i += 1) {
    const pair = (i >> 1) * 4;
    out[i * 3] = values[pair + (i & 1)] as number;
    out[i * 3 + 1] = values[pair + 2] as number;
    out[i * 3 + 2] = values[pair + 3] as number;
  }
  return out;
}

/** A lookup table item (modality or VOI): descriptor, data, explanation (PS3.3 C.11.1.1, C.11.2.1.1). */
function lookupTableOf(item: DataSet | undefined, parent: DataSet, signedInput: boolean): LookupTable | null {
  if (!item) return null;
  const [count, , bits] = shortsOf(item, 'x00283002');
  const first = shortsOf(item, 'x00283002', signedInput)[1];
  const entries = shortsOf(item, 'x00283006');
  if (count === undefined || first === undefined || bits === undefined || entries.length === 0) return null;
  const explanation = textOf(item, 'x00283003', characterSetsOf(item, characterSetsOf(parent)));
  return { first, entries: Uint16Array.from(entries.slice(0, count === 0 ? 65_536 : count)), bits, explanation };
}

/** VOI LUT Function of a frame: it stands beside the windows, in a functional group or in the data set. */
function voiFunctionOf(dataset: DataSet, frame: number): DecodedFrame['voiFunction'] {
  const declared = stringOf(functionalGroup(dataset, frame, 'x00289132'), 'x00281056');
  return declared === 'SIGMOID' || declared === 'LINEAR_EXACT' ? declared : 'LINEAR';
}

/** CT Image Storage, Enhanced CT, Legacy Converted Enhanced CT. */
const CT_IMAGES = ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.2.1', '1.2.840.10008.5.1.4.1.1.2.2'];

/**
 * Unit of modality values: as declared. CT images count in Hounsfield units unless they say otherwise; a screen capture
 * whose modality is CT only where it shifts its values, as these units need.
 */
function unitsOf(dataset: DataSet, header: InstanceHeader, rescale: Rescale): string | null {
  if (rescale.type !== '' && rescale.type !== 'US') return rescale.type;
  const pet = stringOf(dataset, 'x00541001');
  if (pet !== '') return pet;
  const isLocalizer = header.instance.imageType.includes('LOCALIZER');
  const isScaled = CT_IMAGES.includes(header.instance.sopClassUid) || rescale.intercept !== 0;
  return header.series.modality === 'CT' && isScaled && !isLocalizer ? 'HU' : null;
}
