/**
 * Small DICOM files for tests, written byte by byte after PS3.5 and PS3.10, so that what reads them is not also what
 * wrote them. Not used by the product.
 */

export type Value = string | number | readonly number[] | Uint8Array | readonly Items[];
type Items = readonly Element[];
export type Element = readonly [tag: number, vr: string, value: Value];

export interface FileForm {
  readonly transferSyntax?: string;
  readonly encoding?: 'explicit-little' | 'implicit-little' | 'explicit-big';
  /** False: no preamble; the file starts with the file meta information. */
  readonly preamble?: boolean;
  /** False: neither preamble nor file meta information. */
  readonly meta?: boolean;
}

const LONG_LENGTH = new Set(['OB', 'OD', 'OF', 'OL', 'OW', 'SQ', 'UN', 'UT', 'UC', 'UR']);

/** A whole file. Elements are written in the order given. */
export function dicomFile(elements: readonly Element[], form: FileForm = {}): Uint8Array {
  const encoding = form.encoding ?? 'explicit-little';
  const transferSyntax =
    form.transferSyntax ??
    {
      'explicit-little': '1.2.840.10008.1.2.1',
      'implicit-little': '1.2.840.10008.1.2',
      'explicit-big': '1.2.840.10008.1.2.2',
    }[encoding];
  const body = elements.map((element) => encodeElement(element, encoding));
  if (form.meta === false) return Buffer.concat(body);
  const meta = encodeElement([0x00020010, 'UI', transferSyntax], 'explicit-little');
  const groupLength = encodeElement([0x00020000, 'UL', meta.length], 'explicit-little');
  const preamble = form.preamble === false ? [] : [Buffer.alloc(128), Buffer.from('DICM')];
  return Buffer.concat([...preamble, groupLength, meta, ...body]);
}

/** The elements of a small grey image; `changes` replaces elements by tag, a value of null removes one. */
export function imageElements(
  changes: readonly (readonly [tag: number, vr: string, value: Value | null])[] = [],
): Element[] {
  const elements = new Map<number, Element>();
  const defaults: Element[] = [
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', '2.25.3'],
    [0x00080060, 'CS', 'CT'],
    [0x00100010, 'PN', 'Phantom^Fictional'],
    [0x00100020, 'LO', 'F-1'],
    [0x0020000d, 'UI', '2.25.1'],
    [0x0020000e, 'UI', '2.25.2'],
    [0x00200013, 'IS', '7'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', 2],
    [0x00280011, 'US', 3],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 1],
    [0x7fe00010, 'OW', new Uint8Array(Int16Array.of(-1000, -1, 0, 1, 40, 3000).buffer)],
  ];
  for (const element of defaults) elements.set(element[0], element);
  for (const [tag, vr, value] of changes)
    if (value === null) elements.delete(tag);
    else elements.set(tag, [tag, vr, value]);
  return [...elements.values()].sort((a, b) => a[0] - b[0]);
}

/** Encapsulated pixel data: an offset table, possibly empty, and fragments (PS3.5 annex A.4). */
export function encapsulated(fragments: readonly Uint8Array[], offsets: readonly number[] = []): Uint8Array {
  const table = Buffer.from(Uint32Array.from(offsets).buffer);
  const items = [table, ...fragments].flatMap((fragment) => {
    const padded = fragment.length % 2 === 0 ? fragment : Buffer.concat([fragment, Buffer.alloc(1)]);
    return [words(0xfffe, 0xe000), length32(padded.length), padded];
  });
  return Buffer.concat([...items, words(0xfffe, 0xe0dd), length32(0)]);
}

/** A compressed image file: pixel data of undefined length holding `encapsulated` bytes. */
export function compressedFile(elements: readonly Element[], pixels: Uint8Array, transferSyntax: string): Uint8Array {
  const head = dicomFile(
    elements.filter(([tag]) => tag !== 0x7fe00010),
    { transferSyntax },
  );
  const opening = Buffer.concat([words(0x7fe0, 0x0010), Buffer.from('OB\0\0'), length32(0xffffffff)]);
  return Buffer.concat([head, opening, pixels]);
}

function encodeElement([tag, vr, value]: Element, encoding: NonNullable<FileForm['encoding']>): Buffer {
  const big = encoding === 'explicit-big';
  const body = encodeValue(vr, value, encoding);
  const header = words(tag >>> 16, tag & 0xffff);
  if (big) header.swap16();
  const number = (bytes: 2 | 4) => {
    const out = Buffer.alloc(bytes);
    if (big) out.writeUIntBE(body.length, 0, bytes);
    else out.writeUIntLE(body.length, 0, bytes);
    return out;
  };
  if (encoding === 'implicit-little') return Buffer.concat([header, number(4), body]);
  if (LONG_LENGTH.has(vr)) return Buffer.concat([header, Buffer.from(`${vr}\0\0`), number(4), body]);
  return Buffer.concat([header, Buffer.from(vr), number(2), body]);
}

function encodeValue(vr: string, value: Value, encoding: NonNullable<FileForm['encoding']>): Buffer {
  if (value instanceof Uint8Array) return padded(Buffer.from(value), 0);
  if (typeof value === 'string') return padded(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 0x20);
  if (vr === 'SQ') return Buffer.concat((value as readonly Items[]).map((item) => encodeItem(item, encoding)));
  const numbers = typeof value === 'number' ? [value] : (value as readonly number[]);
  const width = { US: 2, SS: 2, UL: 4, SL: 4, OW: 2 }[vr];
  if (width === undefined) throw new Error(`samples.ts writes no numbers of VR ${vr}`);
  const out = Buffer.alloc(numbers.length * width);
  for (const [i, number] of numbers.entries()) {
    const unsigned = number < 0 ? number + 2 ** (width * 8) : number;
    if (encoding === 'explicit-big') out.writeUIntBE(unsigned, i * width, width);
    else out.writeUIntLE(unsigned, i * width, width);
  }
  return out;
}

function encodeItem(item: Items, encoding: NonNullable<FileForm['encoding']>): Buffer {
  const body = Buffer.concat(item.map((element) => encodeElement(element, encoding)));
  const big = encoding === 'explicit-big';
  const tag = words(0xfffe, 0xe000);
  const length = length32(body.length);
  if (big) {
    tag.swap16();
    length.swap32();
  }
  return Buffer.concat([tag, length, body]);
}

function padded(bytes: Buffer, fill: number): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(fill)]);
}

function words(group: number, element: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt16LE(group, 0);
  out.writeUInt16LE(element, 2);
  return out;
}

function length32(length: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(length, 0);
  return out;
}
