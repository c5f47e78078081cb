/**
 * What a compressed frame says about itself, read from its markers without decoding it: the size to check before any
 * decoder allocates, and the colour space that a JPEG stream really uses.
 */
export interface CodestreamInfo {
  readonly columns: number;
  readonly rows: number;
  readonly components: number;
  /** Bits per sample. */
  readonly precision: number;
  /** JPEG only: what the stream's own markers say of three components, or null where they say nothing. */
  readonly colour: 'RGB' | 'YBR' | null;
}

/** Finds the frame header of a JPEG or JPEG-LS stream (ISO 10918-1 annex B, ISO 14495-1 annex C). Null: none found. */
export function readJpegInfo(stream: Uint8Array): CodestreamInfo | null {
  if (stream[0] !== 0xff || stream[1] !== 0xd8) return null;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let colour: CodestreamInfo['colour'] = null;
  for (let at = 2; at + 4 <= stream.length; ) {
    if (stream[at] !== 0xff) return null;
    const marker = stream[at + 1] as number;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const length = view.getUint16(at + 2);
    const body = stream.subarray(at + 4, at + 2 + length);
    if (isStartOfFrame(marker)) {
      if (body.length < 6) return null;
      const precision = body[0] as number;
      const rows = view.getUint16(at + 5);
      const columns = view.getUint16(at + 7);
      return { columns, rows, components: body[5] as number, precision, colour };
    }
    // Adobe's marker states the transform outright; JFIF implies YCbCr, but Adobe's word counts more.
    if (marker === 0xee && text(body, 5) === 'Adobe' && body.length >= 12) colour = body[11] === 0 ? 'RGB' : 'YBR';
    if (marker === 0xe0 && text(body, 4) === 'JFIF') colour ??= 'YBR';
    at += 2 + length;
  }
  return null;
}

/** Reads the SIZ marker of a JPEG 2000 or HTJ2K codestream, inside JP2 boxes or bare (ISO 15444-1 A.5.1). */
export function readJpeg2000Info(stream: Uint8Array): CodestreamInfo | null {
  const start = Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength).indexOf(
    Buffer.from([0xff, 0x4f, 0xff, 0x51]),
  );
  if (start < 0 || start + 45 > stream.length) return null;
  const view = new DataView(stream.buffer, stream.byteOffset + start, stream.byteLength - start);
  return {
    columns: view.getUint32(8) - view.getUint32(16),
    rows: view.getUint32(12) - view.getUint32(20),
    components: view.getUint16(40),
    precision: (view.getUint8(42) & 0x7f) + 1,
    colour: null,
  };
}

/**
 * The size in a JPEG XL codestream, bare or inside boxes (ISO 18181-1 annex D, 18181-2). Null: none found.
 */
export function readJpegXlSize(stream: Uint8Array): { readonly columns: number; readonly rows: number } | null {
  const codestream = jpegXlCodestream(stream);
  if (codestream === null || codestream[0] !== 0xff || codestream[1] !== 0x0a) return null;
  // More than the longest size takes: 70 bits.
  const bits = bitsFrom(codestream.subarray(2, 12));
  const inEighths = bits(1) === 1;
  const side = () => (inEighths ? 8 * (1 + bits(5)) : 1 + bits([9, 13, 18, 30][bits(2)] as number));
  const rows = side();
  const ratio = JPEG_XL_RATIOS[bits(3)];
  return { rows, columns: ratio ? Math.floor((rows * ratio[0]) / ratio[1]) : side() };
}

/** Width to height, by their number in the stream; the first means that the width is told. */
const JPEG_XL_RATIOS: readonly (readonly [number, number] | null)[] = [
  null,
  [1, 1],
  [12, 10],
  [4, 3],
  [3, 2],
  [16, 9],
  [5, 4],
  [2, 1],
];

/** The beginning of the codestream: the stream itself, or what is in its first box of codestream. */
function jpegXlCodestream(stream: Uint8Array): Uint8Array | null {
  if (stream[0] === 0xff) return stream;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  for (let at = 0; at + 16 <= stream.length; ) {
    const short = view.getUint32(at);
    const type = text(stream.subarray(at + 4), 4);
    const head = short === 1 ? 16 : 8;
    if (type === 'jxlc') return stream.subarray(at + head);
    if (type === 'jxlp') return stream.subarray(at + head + 4); // behind the number of the part
    const length = short === 1 ? Number(view.getBigUint64(at + 8)) : short;
    if (length < head) return null;
    at += length;
  }
  return null;
}

/** Reads bits from the lowest of the first byte on; beyond the end they are 0. */
function bitsFrom(bytes: Uint8Array): (count: number) => number {
  let at = 0;
  return (count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1, at += 1) value += (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) * 2 ** i;
    return value;
  };
}

/**
 * Whether an RLE frame is whole (PS3.5 annex G): a header naming `segments` byte planes in order, each of which unpacks
 * to at least `pixels` bytes. The decoder itself pads what is missing in silence.
 */
export function isWholeRle(stream: Uint8Array, segments: number, pixels: number): boolean {
  if (stream.length < 64) return false;
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  if (view.getUint32(0, true) !== segments) return false;
  for (let segment = 1; segment <= segments; segment += 1) {
    const start = view.getUint32(segment * 4, true);
    const end = segment < segments ? view.getUint32(segment * 4 + 4, true) : stream.length;
    if (start < 64 || end > stream.length || unpackedLength(stream, start, end) < pixels) return false;
  }
  return true;
}

/** Bytes that a PackBits run unpacks to: n < 128 copies n + 1 bytes, n > 128 repeats one byte 257 - n times. */
function unpackedLength(stream: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; ) {
    const control = stream[at] as number;
    const run = control < 128 ? control + 1 : control > 128 ? 257 - control : 0;
    const size = control < 128 ? 1 + run : control > 128 ? 2 : 1;
    if (at + size > end) break;
    length += run;
    at += size;
  }
  return length;
}

/** SOF0 to SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS. */
function isStartOfFrame(marker: number): boolean {
  if (marker === 0xf7) return true;
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function text(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
