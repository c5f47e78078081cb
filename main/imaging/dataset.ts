import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { inflateRawSync, constants as zlibConstants } from 'node:zlib';
import dicomParser, { type DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';
import { type CharacterSets, decodeText } from './charset.ts';
import { type ElementEncoding, type FileKind, identify, sniffEncoding } from './identify.ts';
import { MAX_FILE_BYTES, MAX_INFLATED_BYTES } from './limits.ts';

/** A parsed DICOM data set, up to its pixel data. Offsets of its elements point into `bytes`. */
export interface DicomDataset {
  readonly dataset: DataSet;
  /** Transfer Syntax UID: as declared, or as recognised where the file does not say. */
  readonly transferSyntax: string;
  readonly bytes: Uint8Array;
  /** Size of the whole file as `bytes` would be, which may be only its beginning. */
  readonly totalBytes: number;
}

export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
export const DEFLATED_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
export const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

const PIXEL_DATA = 'x7fe00010';

/** How much of a file is read at first, in the hope that its header ends there; then more, then all. */
const HEADER_CHUNKS = [32 * 1024, 1024 * 1024, 8 * 1024 * 1024] as const;

/** A file by its path, or its bytes where somebody else has opened it. */
export type FileContent = string | Uint8Array;

/** What a Fault says where it is. */
export const pathOf = (file: FileContent): string | undefined => (typeof file === 'string' ? file : undefined);

/**
 * Reads the header of a DICOM file: everything before the pixel data, without reading those.
 * @throws Fault `not-found`, `bad-file`.
 */
export function readDatasetHeader(path: FileContent): DicomDataset {
  if (typeof path !== 'string') return parseDataset(path);
  return withFile(path, (descriptor, size) => {
    const start = size > HEADER_CHUNKS[0] ? readExactly(descriptor, HEADER_CHUNKS[0]) : null;
    return headerFrom(start, descriptor, size, path);
  });
}

/**
 * What a file is, told by its content, and its header where it is DICOM; the file is opened once.
 * @throws Fault `not-found`, `bad-file`.
 */
export function identifyWithHeader(
  path: string,
): { readonly kind: 'dicom'; readonly file: DicomDataset } | { readonly kind: Exclude<FileKind, 'dicom'> } {
  return withFile(path, (descriptor, size) => {
    if (size === 0) throw emptyFile(path);
    const start = readExactly(descriptor, Math.min(size, HEADER_CHUNKS[0]));
    const kind = identify(start);
    if (kind !== 'dicom') return { kind };
    return { kind, file: headerFrom(size > start.length ? start : null, descriptor, size, path) };
  });
}

/** The header from the first chunk, if it ends there, else from larger ones, else from the whole file. */
function headerFrom(start: Uint8Array | null, descriptor: number, size: number, path: string): DicomDataset {
  const parsed = start && parsePart(start, size);
  if (parsed) return parsed;
  for (const chunk of HEADER_CHUNKS.slice(1)) {
    if (size <= chunk) break;
    const more = parsePart(readExactly(descriptor, chunk), size);
    if (more) return more;
  }
  return parseDataset(readWhole(path, size, descriptor), path);
}

function withFile<T>(path: string, work: (descriptor: number, size: number) => T): T {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    return work(descriptor, fstatSync(descriptor).size);
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Reads a file whole. @throws Fault `not-found`, `bad-file` (also where it is larger than this version reads). */
export function readFileBytes(path: FileContent): Uint8Array {
  if (typeof path !== 'string') return path;
  return withFile(path, (descriptor, size) => readWhole(path, size, descriptor));
}

/**
 * Parses a DICOM file up to its pixel data: with or without preamble and file meta information, in any transfer syntax.
 * @throws Fault `bad-file` where it is not DICOM, is damaged or ends early.
 */
export function parseDataset(bytes: Uint8Array, path?: string): DicomDataset {
  const about = path === undefined ? {} : { path };
  const start = locateDataset(bytes, about);
  let body = bytes;
  let offset = start.offset;
  if (start.transferSyntax === DEFLATED_LITTLE_ENDIAN) {
    body = inflate(bytes.subarray(start.offset), about);
    offset = 0;
  }
  const encoding = encodingOf(start.transferSyntax, body, offset);
  const dataset = emptyDataset(body, encoding);
  try {
    readElements(dataset, body, offset, encoding);
  } catch (thrown) {
    throw damaged(dataset, thrown, about);
  }
  if (Object.keys(dataset.elements).length === 0)
    throw new Fault('bad-file', 'This DICOM file holds no elements. Export or send it again.', about);
  return { dataset, transferSyntax: start.transferSyntax, bytes: body, totalBytes: body.length };
}

/** Parses the beginning of a file. Null where the pixel data were not reached, so that nothing can be said yet. */
function parsePart(bytes: Uint8Array, size: number): DicomDataset | null {
  try {
    const parsed = parseDataset(bytes);
    if (parsed.transferSyntax === DEFLATED_LITTLE_ENDIAN || !(PIXEL_DATA in parsed.dataset.elements)) return null;
    return { ...parsed, totalBytes: size };
  } catch {
    return null; // perhaps only cut off; the whole file decides
  }
}

interface DatasetStart {
  readonly offset: number;
  readonly transferSyntax: string;
}

/** Where the data set begins after preamble and file meta information (PS3.10 section 7.1), and its transfer syntax. */
function locateDataset(bytes: Uint8Array, about: { path?: string }): DatasetStart {
  const hasPreamble = bytes.length >= 132 && String.fromCharCode(...bytes.subarray(128, 132)) === 'DICM';
  let offset = hasPreamble ? 132 : 0;
  if (!hasPreamble && sniffEncoding(bytes, 0) === null)
    throw new Fault('bad-file', 'This is not a DICOM file, whatever its name says. Choose the image itself.', about);
  let declared = '';
  try {
    const stream = new dicomParser.ByteStream(dicomParser.littleEndianByteArrayParser, bytes, offset);
    while (
      stream.position + 8 <= bytes.length &&
      stream.byteArrayParser.readUint16(bytes, stream.position) === 0x0002
    ) {
      const element = dicomParser.readDicomElementExplicit(stream);
      if (element.tag === 'x00020010')
        declared = dicomParser.readFixedString(bytes, element.dataOffset, element.length).trim();
      offset = stream.position;
    }
  } catch (thrown) {
    throw new Fault('bad-file', 'This DICOM file ends inside its file meta information. Export or send it again.', {
      ...about,
      cause: thrown,
    });
  }
  if (declared !== '') return { offset, transferSyntax: declared };
  const encoding = sniffEncoding(bytes, offset);
  if (encoding === null)
    throw new Fault('bad-file', 'This DICOM file does not say how it is encoded, and it cannot be recognised.', about);
  const transferSyntax = {
    'implicit-little': IMPLICIT_LITTLE_ENDIAN,
    'explicit-little': EXPLICIT_LITTLE_ENDIAN,
    'explicit-big': EXPLICIT_BIG_ENDIAN,
  }[encoding];
  return { offset, transferSyntax };
}

/** The encoding that the transfer syntax asks for, unless the bytes plainly say otherwise, as some writers do. */
function encodingOf(transferSyntax: string, bytes: Uint8Array, offset: number): ElementEncoding {
  if (transferSyntax === EXPLICIT_BIG_ENDIAN) return 'explicit-big';
  const declared = transferSyntax === IMPLICIT_LITTLE_ENDIAN ? 'implicit-little' : 'explicit-little';
  const sniffed = sniffEncoding(bytes, offset);
  return sniffed === 'implicit-little' || sniffed === 'explicit-little' ? sniffed : declared;
}

function emptyDataset(bytes: Uint8Array, encoding: ElementEncoding): DataSet {
  const parser =
    encoding === 'explicit-big' ? dicomParser.bigEndianByteArrayParser : dicomParser.littleEndianByteArrayParser;
  return new DatasetOf(parser, bytes, {});
}

// dicom-parser exports this class but leaves it out of its type declarations.
const DatasetOf = (dicomParser as unknown as { DataSet: new (...fields: unknown[]) => DataSet }).DataSet;

function readElements(dataset: DataSet, bytes: Uint8Array, offset: number, encoding: ElementEncoding): void {
  dataset.warnings ??= [];
  const stream = new dicomParser.ByteStream(dataset.byteArrayParser, bytes, offset);
  const options = { untilTag: PIXEL_DATA };
  if (encoding === 'implicit-little') dicomParser.parseDicomDataSetImplicit(dataset, stream, bytes.length, options);
  else dicomParser.parseDicomDataSetExplicit(dataset, stream, bytes.length, options);
}

function inflate(bytes: Uint8Array, about: { path?: string }): Uint8Array {
  try {
    // Some writers leave out the end of the stream or pad it: what was inflated so far is what there is.
    return inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES, finishFlush: zlibConstants.Z_SYNC_FLUSH });
  } catch (thrown) {
    throw new Fault('bad-file', 'The deflated part of this DICOM file is damaged or unreasonably large.', {
      ...about,
      cause: thrown,
    });
  }
}

function damaged(dataset: DataSet, thrown: unknown, about: { path?: string }): Fault {
  const last = Object.keys(dataset.elements).at(-1);
  const where = last === undefined ? 'at its first element' : `after element ${tagName(last)}`;
  return new Fault('bad-file', `This DICOM file is damaged or cut off ${where}. Export or send it again.`, {
    ...about,
    cause: thrown,
  });
}

/** `x00100010` as `(0010,0010)`. */
export function tagName(tag: string): string {
  return `(${tag.slice(1, 5)},${tag.slice(5)})`.toUpperCase();
}

function emptyFile(path: string): Fault {
  return new Fault('bad-file', 'This file is empty. Export or send it again.', { path });
}

function readWhole(path: string, size: number, descriptor: number): Uint8Array {
  if (size > MAX_FILE_BYTES)
    throw new Fault('bad-file', `This file has ${size} bytes, more than this version reads (${MAX_FILE_BYTES}).`, {
      path,
    });
  if (size === 0) throw emptyFile(path);
  return readFileSync(descriptor);
}

function readExactly(descriptor: number, count: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(count);
  let filled = 0;
  while (filled < count) {
    const got = readSync(descriptor, buffer, filled, count - filled, filled);
    if (got === 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}

// Values of elements. A missing or empty element gives null or an empty list, never an error: real files lack much.

/** The raw bytes of an element, or null where it is absent or empty. */
export function bytesOf(dataset: DataSet, tag: string): Uint8Array | null {
  const element = dataset.elements[tag];
  if (!element || element.length <= 0) return null;
  const end = Math.min(element.dataOffset + element.length, dataset.byteArray.length);
  return dataset.byteArray.subarray(element.dataOffset, end);
}

/** The values of a string element of the default repertoire (AE, CS, DA, DS, IS, TM, UI), without padding. */
export function stringsOf(dataset: DataSet, tag: string): string[] {
  const bytes = bytesOf(dataset, tag);
  if (!bytes) return [];
  return dicomParser
    .readFixedString(bytes, 0, bytes.length)
    .split('\\')
    .map((value) => value.trim());
}

/** The first value of a string element of the default repertoire, or ''. */
export function stringOf(dataset: DataSet, tag: string): string {
  return stringsOf(dataset, tag)[0] ?? '';
}

/** The values of a DS or IS element that are numbers. */
export function numbersOf(dataset: DataSet, tag: string): number[] {
  return stringsOf(dataset, tag)
    .filter((value) => value !== '')
    .map(Number)
    .filter(Number.isFinite);
}

/** The first value of a DS or IS element, or null. */
export function numberOf(dataset: DataSet, tag: string): number | null {
  return numbersOf(dataset, tag)[0] ?? null;
}

/** The values of a US or SS element. */
export function shortsOf(dataset: DataSet, tag: string, signed = false): number[] {
  const bytes = bytesOf(dataset, tag);
  const parser = dataset.elements[tag]?.parser ?? dataset.byteArrayParser;
  if (!bytes) return [];
  const values: number[] = [];
  for (let at = 0; at + 2 <= bytes.length; at += 2)
    values.push(signed ? parser.readInt16(bytes, at) : parser.readUint16(bytes, at));
  return values;
}

/** The first value of a US element, or null. */
export function shortOf(dataset: DataSet, tag: string): number | null {
  return shortsOf(dataset, tag)[0] ?? null;
}

/** The items of a sequence. */
export function itemsOf(dataset: DataSet | undefined, tag: string): DataSet[] {
  return (dataset?.elements[tag]?.items ?? []).flatMap((item) => (item.dataSet ? [item.dataSet] : []));
}

/** The character sets of a data set or sequence item; an item without its own keeps its parent's. */
export function characterSetsOf(dataset: DataSet, parent: CharacterSets = []): CharacterSets {
  const own = stringsOf(dataset, 'x00080005');
  return own.length > 0 ? own : parent;
}

/** A text element (LO, SH, ST, LT, UT) with its characters decoded; several values stay joined by backslashes. */
export function textOf(dataset: DataSet, tag: string, sets: CharacterSets): string {
  const bytes = bytesOf(dataset, tag);
  return bytes ? trimPadding(decodeText(bytes, sets)) : '';
}

/** A person name (PN) with its characters decoded, spelled as DICOM spells it: `Family^Given=ideographic=phonetic`. */
export function personNameOf(dataset: DataSet, tag: string, sets: CharacterSets): string {
  const bytes = bytesOf(dataset, tag);
  return bytes ? trimPadding(decodeText(bytes, sets, '\\^=')) : '';
}

function trimPadding(text: string): string {
  return text.replace(/[\0 ]+$/, '').trimStart();
}
