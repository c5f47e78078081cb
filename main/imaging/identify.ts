import { closeSync, openSync, readSync } from 'node:fs';
import { Fault } from '../fault.ts';

/** What a file holds, told by its content. `dicom` includes files without preamble or without file meta information. */
export type FileKind = 'dicom' | 'png' | 'jpeg' | 'tiff' | 'bmp' | 'zip' | 'unknown';

/** How the elements of a data set are written (PS3.5 section 7, annex A). */
export type ElementEncoding = 'implicit-little' | 'explicit-little' | 'explicit-big';

/** Bytes from the start of a file that `identify` needs: signatures, and two elements of a bare data set. */
const SIGNATURE_BYTES = 2048;

const VALUE_REPRESENTATIONS = new Set(
  'AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV'.split(' '),
);

/** VRs with a length of 32 bits (PS3.5 section 7.1.2). */
const LONG_LENGTH = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

/**
 * Tells a file by its content, never by its name.
 * @throws Fault `not-found` or `bad-file` where the path cannot be read.
 */
export function identify(source: Uint8Array | string): FileKind {
  const bytes = typeof source === 'string' ? readStart(source, SIGNATURE_BYTES) : source;
  if (startsWith(bytes, 128, 'DICM')) return 'dicom';
  if (startsWith(bytes, 0, '\x89PNG\r\n\x1a\n')) return 'png';
  if (startsWith(bytes, 0, '\xff\xd8\xff')) return 'jpeg';
  if (startsWith(bytes, 0, 'II*\0') || startsWith(bytes, 0, 'MM\0*')) return 'tiff';
  if (startsWith(bytes, 0, 'II+\0') || startsWith(bytes, 0, 'MM\0+')) return 'tiff'; // BigTIFF
  if (startsWith(bytes, 0, 'BM') && isBmpHeader(bytes)) return 'bmp';
  if (startsWith(bytes, 0, 'PK\x03\x04') || startsWith(bytes, 0, 'PK\x05\x06')) return 'zip';
  return sniffEncoding(bytes, 0) === null ? 'unknown' : 'dicom';
}

/**
 * Guesses how the data set at `offset` is encoded from its first two elements, or null where no DICOM data set can
 * start there. Used for files without file meta information and for files whose meta information is wrong.
 */
export function sniffEncoding(bytes: Uint8Array, offset: number): ElementEncoding | null {
  if (bytes.length < offset + 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const vr = String.fromCharCode(bytes[offset + 4] ?? 0, bytes[offset + 5] ?? 0);
  if (VALUE_REPRESENTATIONS.has(vr))
    for (const little of [true, false])
      if (isPlausibleFirstGroup(view.getUint16(offset, little))) {
        const length = view.getUint16(offset + 6, little); // 0, being reserved, where the VR has a longer length field
        const ends = LONG_LENGTH.has(vr) || isFollowed(view, offset, offset + 8 + length, little);
        return ends ? (little ? 'explicit-little' : 'explicit-big') : null;
      }
  const length = view.getUint32(offset + 4, true);
  const isImplicit = isPlausibleFirstGroup(view.getUint16(offset, true)) && length % 2 === 0;
  return isImplicit && isFollowed(view, offset, offset + 8 + length, true) ? 'implicit-little' : null;
}

/** Whether an element that ends at `next` is followed by one of a larger tag, or by the end of the file. */
function isFollowed(view: DataView, offset: number, next: number, little: boolean): boolean {
  if (next === view.byteLength) return true;
  if (next + 4 > view.byteLength) return false;
  const tagAt = (at: number) => view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little);
  const step = tagAt(next) - tagAt(offset);
  return step > 0 && (tagAt(next) < 0x00400000 || tagAt(next) >= 0x7fe00000);
}

/** Reads up to `count` bytes from the start of a file. @throws Fault `not-found`, `bad-file`. */
function readStart(path: string, count: number): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const buffer = Buffer.alloc(count);
    let filled = 0;
    while (filled < count) {
      const got = readSync(descriptor, buffer, filled, count - filled, filled);
      if (got === 0) break;
      filled += got;
    }
    return buffer.subarray(0, filled);
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isPlausibleFirstGroup(group: number): boolean {
  return group === 0x0002 || group === 0x0004 || group === 0x0008 || group === 0x0010;
}

/** BMP's fixed fields: two reserved words of zero, and one of the known sizes of the information header. */
function isBmpHeader(bytes: Uint8Array): boolean {
  if (bytes.length < 18) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(6, true) === 0 && [12, 40, 52, 56, 64, 108, 124].includes(view.getUint32(14, true));
}

function startsWith(bytes: Uint8Array, offset: number, signature: string): boolean {
  if (bytes.length < offset + signature.length) return false;
  for (let i = 0; i < signature.length; i += 1) if (bytes[offset + i] !== signature.charCodeAt(i)) return false;
  return true;
}
