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
