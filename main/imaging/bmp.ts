import { Fault } from '../fault.ts';
import { checkFrameSize } from './limits.ts';

/** The parts of a BMP's headers that its pixels need. Windows bitmap, BITMAPINFOHEADER and its successors. */
interface BmpHeader {
  readonly columns: number;
  readonly rows: number;
  /** Rows are stored from the bottom unless the height is negative. */
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  readonly dataOffset: number;
  readonly paletteOffset: number;
  readonly paletteEntryBytes: 3 | 4;
}

/**
 * Reads the headers of an uncompressed BMP.
 * @throws Fault `bad-file`, `bad-pixels`, `unsupported` (run-length or bit-field compression, 16 bits per pixel).
 */
export function bmpHeader(bytes: Uint8Array, path?: string): BmpHeader {
  const about = path === undefined ? {} : { path };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 26) throw cutOff(about);
  const infoBytes = view.getUint32(14, true);
  const isCore = infoBytes === 12; // OS/2 1.x: 16-bit sizes, three-byte palette entries
  if (bytes.length < 14 + infoBytes) throw cutOff(about);
  const columns = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const height = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? 0 : view.getUint32(30, true);
  checkFrameSize(columns, Math.abs(height), 3, path);
  if (compression !== 0 || ![1, 4, 8, 24, 32].includes(bitsPerPixel))
    throw new Fault('unsupported', 'This kind of BMP is not supported. Save the image as PNG.', about);
  return {
    columns,
    rows: Math.abs(height),
    topDown: height < 0,
    bitsPerPixel,
    dataOffset: view.getUint32(10, true),
    paletteOffset: 14 + infoBytes,
    paletteEntryBytes: isCore ? 3 : 4,
  };
}

/** The pixels of an uncompressed BMP as interleaved RGB, from the top. @throws Fault as `bmpHeader`. */
export function decodeBmp(bytes: Uint8Array, path?: string): Uint8Array {
  const header = bmpHeader(bytes, path);
  const { columns, rows, bitsPerPixel } = header;
  const stride = Math.ceil((columns * bitsPerPixel) / 32) * 4; // rows are padded to four bytes
  if (header.dataOffset + stride * rows > bytes.length) throw cutOff(path === undefined ? {} : { path });
  const rgb = new Uint8Array(columns * rows * 3);
  for (let y = 0; y < rows; y += 1) {
    const row = header.dataOffset + stride * (header.topDown ? y : rows - 1 - y);
    for (let x = 0; x < columns; x += 1) {
      const at = bitsPerPixel >= 24 ? row + x * (bitsPerPixel / 8) : paletteEntry(bytes, header, row, x);
      const out = (y * columns + x) * 3;
      rgb[out] = bytes[at + 2] ?? 0; // stored as blue, green, red
      rgb[out + 1] = bytes[at + 1] ?? 0;
      rgb[out + 2] = bytes[at] ?? 0;
    }
  }
  return rgb;
}

/** Offset of the palette entry of pixel x: indices of 1, 4 or 8 bits, the leftmost pixel in the highest bits. */
function paletteEntry(bytes: Uint8Array, header: BmpHeader, row: number, x: number): number {
  const bit = x * header.bitsPerPixel;
  const shift = 8 - header.bitsPerPixel - (bit % 8);
  const index = ((bytes[row + (bit >> 3)] as number) >> shift) & (2 ** header.bitsPerPixel - 1);
  return header.paletteOffset + index * header.paletteEntryBytes;
}

function cutOff(about: { path?: string }): Fault {
  return new Fault('bad-file', 'This BMP image is cut off. Export or send it again.', about);
}
