/** Writes data elements, one after the other, as PS3.5 section 7 says. */
export type Encoding = 'explicit-little' | 'implicit-little' | 'explicit-big';

export interface OutElement {
  /** `x00100010` */
  readonly tag: string;
  readonly vr: string;
  readonly value:
    | { readonly bytes: Uint8Array }
    | { readonly items: readonly (readonly OutElement[])[] }
    /** Encapsulated pixel data: items and delimiter, of undefined length. */
    | { readonly encapsulated: Uint8Array };
}

const LONG_LENGTH = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));

/** All elements, in the order of their tags. */
function writeElements(elements: readonly OutElement[], encoding: Encoding): Buffer {
  const sorted = [...elements].sort((a, b) => (a.tag < b.tag ? -1 : 1));
  return Buffer.concat(sorted.flatMap((element) => writeElement(element, encoding)));
}

/** A Part 10 file (PS3.10 section 7.1): an empty preamble, file meta information, the data set. */
export function writeFile(meta: readonly OutElement[], dataset: readonly OutElement[], encoding: Encoding): Buffer {
  const group = writeElements(meta, 'explicit-little');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length);
  const groupLength = writeElements([{ tag: 'x00020000', vr: 'UL', value: { bytes: length } }], 'explicit-little');
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), groupLength, group, writeElements(dataset, encoding)]);
}

function writeElement({ tag, vr, value }: OutElement, encoding: Encoding): Buffer[] {
  if ('encapsulated' in value) return [headerOf(tag, vr, 0xffffffff, encoding), Buffer.from(value.encapsulated)];
  if ('bytes' in value) {
    const body = evenly(value.bytes, vr);
    // A value too long for a VR with a length of 16 bits can only come from an element that had none.
    const written = body.length > 0xfffe && !LONG_LENGTH.has(vr) ? 'UN' : vr;
    return [headerOf(tag, written, body.length, encoding), body];
  }
  const items = value.items.flatMap((item) => {
    const body = writeElements(item, encoding);
    return [itemHeader(body.length, encoding), body];
  });
  const length = items.reduce((sum, part) => sum + part.length, 0);
  return [headerOf(tag, vr, length, encoding), ...items];
}

function headerOf(tag: string, vr: string, length: number, encoding: Encoding): Buffer {
  const big = encoding === 'explicit-big';
  const short = encoding !== 'implicit-little' && !LONG_LENGTH.has(vr);
  const out = Buffer.alloc(encoding === 'implicit-little' || short ? 8 : 12);
  writeTag(out, tag, big);
  if (encoding !== 'implicit-little') out.write(vr, 4, 'latin1');
  if (short) big ? out.writeUInt16BE(length, 6) : out.writeUInt16LE(length, 6);
  else big ? out.writeUInt32BE(length, out.length - 4) : out.writeUInt32LE(length, out.length - 4);
  return out;
}

function itemHeader(length: number, encoding: Encoding): Buffer {
  const big = encoding === 'explicit-big';
  const out = Buffer.alloc(8);
  writeTag(out, 'xfffee000', big);
  if (big) out.writeUInt32BE(length, 4);
  else out.writeUInt32LE(length, 4);
  return out;
}

function writeTag(out: Buffer, tag: string, big: boolean): void {
  const [group, element] = [Number.parseInt(tag.slice(1, 5), 16), Number.parseInt(tag.slice(5), 16)];
  if (big) {
    out.writeUInt16BE(group, 0);
    out.writeUInt16BE(element, 2);
  } else {
    out.writeUInt16LE(group, 0);
    out.writeUInt16LE(element, 2);
  }
}

/** Values have an even length: text is padded by a space, UIDs and bytes by a zero (PS3.5 section 6.2). */
function evenly(bytes: Uint8Array, vr: string): Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length % 2 === 0) return buffer;
  return Buffer.concat([buffer, Buffer.of(/^(O.|U[ILNS]|S[LSQ]|F.|AT)$/.test(vr) ? 0 : 0x20)]);
}
