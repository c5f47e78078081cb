/**
 * Compressed streams carry more than the picture: comments, Exif, thumbnails, XML. Here such parts are overwritten with
 * zeros where they stand, so that no length and no offset changes and every decoder gives the same pixels.
 */

/** Blanks a JPEG, JPEG-LS, JPEG 2000, HTJ2K or JPEG XL stream in place. Whatever else it is, it stays as it is. */
export function blankStream(stream: Uint8Array): void {
  if (startsWith(stream, 0, 'ffd8ff')) blankJpeg(stream);
  else if (startsWith(stream, 0, 'ff4fff51')) blankCodestream(stream);
  else if (BOX_FILES.some((signature) => startsWith(stream, 4, signature))) blankBoxes(stream);
}

const startsWith = (bytes: Uint8Array, at: number, hex: string): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.max(0, Math.min(hex.length / 2, bytes.length - at))).equals(
    Buffer.from(hex, 'hex'),
  );

const marker = { SOI: 0xd8, EOI: 0xd9, SOS: 0xda, COM: 0xfe } as const;

/** Segments of JPEG (ISO 10918-1 annex B) and JPEG-LS; whatever follows the end of the image goes, too. */
function blankJpeg(stream: Uint8Array): void {
  for (let at = 2; at + 2 <= stream.length; ) {
    if (stream[at] !== 0xff) return; // damaged: whoever decodes it says so
    const code = stream[at + 1] as number;
    if (code === 0xff) {
      at += 1;
      continue;
    }
    if (code === marker.EOI) {
      stream.fill(0, at + 2);
      return;
    }
    if (at + 4 > stream.length) return;
    const end = at + 2 + uint16(stream, at + 2);
    const body = stream.subarray(at + 4, end);
    if (code === marker.COM) body.fill(0);
    else if (code >= 0xe0 && code <= 0xef) body.fill(0, decodersNeed(code, body));
    at = code === marker.SOS ? nextMarker(stream, end) : Math.max(end, at + 4);
  }
}

/**
 * How much of an application segment tells a decoder what the samples are: the head of JFIF without its thumbnail,
 * Adobe's and HP's colour transforms.
 */
function decodersNeed(code: number, body: Uint8Array): number {
  const named = (name: string) => Buffer.from(name, 'latin1').equals(body.subarray(0, name.length));
  if (code === 0xe0 && named('JFIF\0')) return 14;
  if (code === 0xee && named('Adobe')) return 12;
  if (code === 0xe8 && named('mrfx')) return body.length;
  return 0;
}

/** Behind entropy-coded data, in which 0xFF is followed by a small byte or a restart marker. */
function nextMarker(stream: Uint8Array, from: number): number {
  for (let at = from; at + 1 < stream.length; at += 1) {
    const code = stream[at + 1] as number;
    if (stream[at] === 0xff && code >= 0xc0 && code !== 0xff && !(code >= 0xd0 && code <= 0xd7)) return at;
  }
  return stream.length;
}

const codestream = { COM: 0xff64, SOT: 0xff90, SOD: 0xff93, EOC: 0xffd9 } as const;

/** Comments in the main header and the headers of tile parts (ISO 15444-1 annex A); what follows the end goes, too. */
function blankCodestream(stream: Uint8Array): void {
  let tileEnd = 0;
  for (let at = 2; at + 2 <= stream.length; ) {
    const code = uint16(stream, at);
    if (code === codestream.EOC) {
      stream.fill(0, at + 2);
      return;
    }
    if (code === codestream.SOD) {
      at = tileEnd;
      continue;
    }
    if (at + 4 > stream.length) return;
    const end = at + 2 + uint16(stream, at + 2);
    if (code === codestream.SOT && at + 10 <= stream.length) {
      const length = uint32(stream, at + 6);
      // Without a length the tile part reaches to the end marker, which is the last thing there is.
      tileEnd = length === 0 ? stream.length : at + length;
      if (tileEnd <= at) return;
    }
    // Two bytes say whether it is text.
    if (code === codestream.COM) stream.fill(0, Math.min(at + 6, end), end);
    at = Math.max(end, at + 4);
  }
}

/** JP2 and JPEG XL, whose files are boxes (ISO 15444-1 annex I, ISO 18181-2). */
const BOX_FILES = ['6a502020', '4a584c20'];
/** Of these the picture is made; all others speak about it. */
const PICTURE_BOXES = new Set(['jP  ', 'JXL ', 'ftyp', 'jp2h', 'jp2c', 'jxlc', 'jxlp', 'jxll']);

function blankBoxes(stream: Uint8Array): void {
  for (let at = 0; at + 8 <= stream.length; ) {
    const short = uint32(stream, at);
    const head = short === 1 ? 16 : 8;
    if (at + head > stream.length) return;
    const length = short === 0 ? stream.length - at : short === 1 ? uint32(stream, at + 12) : short;
    if (length < head) return;
    const type = String.fromCharCode(...stream.subarray(at + 4, at + 8));
    const content = stream.subarray(at + head, at + length);
    if (type === 'jp2c') blankCodestream(content);
    else if (!PICTURE_BOXES.has(type)) content.fill(0);
    at += length;
  }
}

const uint16 = (bytes: Uint8Array, at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
const uint32 = (bytes: Uint8Array, at: number) => uint16(bytes, at) * 65_536 + uint16(bytes, at + 2);
