/**
 * Zip files as far as model files need them (PKWARE APPNOTE 6.3.10): reading the central directory and single entries
 * of a TorchScript archive or a packed model, and writing entries uncompressed. Weights do not compress, and a stored
 * entry can be read in place. Sizes beyond 4 GiB use the Zip64 fields.
 *
 * Written here because a 1.7 GB archive must neither be held in memory nor be read from its start to reach one entry.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { Fault, throwIfCancelled } from '../fault.ts';
import { readExactly } from './safetensors.ts';

export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly storedSize: number;
  readonly size: number;
  /** Of the local header, from the start of the file. */
  readonly headerOffset: number;
}

export interface ZipFile {
  readonly path: string;
  readonly size: number;
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /** One entry whole, its checksum compared. */
  read(entry: ZipEntry): Promise<Uint8Array<ArrayBuffer>>;
  /** A stored entry in pieces of `pieceSize` bytes, its checksum compared at the end. */
  stream(entry: ZipEntry, pieceSize?: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

const localHeader = { signature: 0x04034b50, size: 30 };
const centralHeader = { signature: 0x02014b50, size: 46 };
const endRecord = { signature: 0x06054b50, size: 22 };
const endRecord64 = { signature: 0x06064b50, size: 56 };
const endLocator64 = { signature: 0x07064b50, size: 20 };
const full16 = 0xffff;
const full32 = 0xffffffff;

/** What one inflated entry may hold. Only small texts are ever deflated in the archives that we read. */
const longestInflated = 64 * 1024 * 1024;
const longestDirectory = 64 * 1024 * 1024;

// ---------------------------------------------------------------------------------------------------------- reading

/** Opens a zip file and reads its directory. @throws Fault `not-found`, or `bad-model` where it is no intact zip. */
export async function openZip(path: string): Promise<ZipFile> {
  const handle = await open(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { code: 'bad-model', path });
  });
  try {
    const { size } = await handle.stat();
    const entries = await readDirectory(handle, path, size);
    return {
      path,
      size,
      entries,
      read: (entry) => readEntry(handle, path, size, entry),
      stream: (entry, pieceSize = 4 * 1024 * 1024) => streamEntry(handle, path, size, entry, pieceSize),
      close: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw Fault.from(thrown, { code: 'bad-model', path });
  }
}

async function readDirectory(handle: FileHandle, path: string, size: number): Promise<Map<string, ZipEntry>> {
  const { offset, length, count } = await findDirectory(handle, path, size);
  if (offset + length > size || length > longestDirectory) throw damaged(path, 'its directory lies outside the file');
  const bytes = await readExactly(handle, path, offset, length);
  const entries = new Map<string, ZipEntry>();
  let position = 0;
  for (let i = 0; i < count; i++) {
    const { entry, end } = parseCentralHeader(bytes, position, path);
    if (entries.has(entry.name)) throw damaged(path, `it lists ${entry.name} twice`);
    entries.set(entry.name, entry);
    position = end;
  }
  return entries;
}

/** The end record lies at the very end, before a comment of at most 65,535 bytes. */
async function findDirectory(handle: FileHandle, path: string, size: number) {
  const tailLength = Math.min(size, endRecord.size + full16);
  const tail = await readExactly(handle, path, size - tailLength, tailLength);
  const view = viewOf(tail);
  for (let at = tailLength - endRecord.size; at >= 0; at--) {
    if (view.getUint32(at, true) !== endRecord.signature) continue;
    const count = view.getUint16(at + 10, true);
    const length = view.getUint32(at + 12, true);
    const offset = view.getUint32(at + 16, true);
    if (count !== full16 && length !== full32 && offset !== full32) return { offset, length, count };
    return findDirectory64(handle, path, size, size - tailLength + at);
  }
  throw damaged(path, 'the end of the archive is missing');
}

async function findDirectory64(handle: FileHandle, path: string, size: number, endRecordOffset: number) {
  if (endRecordOffset < endLocator64.size) throw damaged(path, 'its directory is missing');
  const locator = viewOf(await readExactly(handle, path, endRecordOffset - endLocator64.size, endLocator64.size));
  const recordOffset = whole(locator.getBigUint64(8, true), path);
  if (locator.getUint32(0, true) !== endLocator64.signature || recordOffset + endRecord64.size > size)
    throw damaged(path, 'its directory is missing');
  const record = viewOf(await readExactly(handle, path, recordOffset, endRecord64.size));
  if (record.getUint32(0, true) !== endRecord64.signature) throw damaged(path, 'its directory is missing');
  return {
    count: whole(record.getBigUint64(32, true), path),
    length: whole(record.getBigUint64(40, true), path),
    offset: whole(record.getBigUint64(48, true), path),
  };
}

function parseCentralHeader(bytes: Uint8Array, at: number, path: string): { entry: ZipEntry; end: number } {
  if (at + centralHeader.size > bytes.length) throw damaged(path, 'its directory is cut short');
  const view = viewOf(bytes.subarray(at));
  if (view.getUint32(0, true) !== centralHeader.signature) throw damaged(path, 'its directory is not readable');
  const nameEnd = at + centralHeader.size + view.getUint16(28, true);
  const extraEnd = nameEnd + view.getUint16(30, true);
  const end = extraEnd + view.getUint16(32, true);
  if (end > bytes.length) throw damaged(path, 'its directory is cut short');
  const name = new TextDecoder().decode(bytes.subarray(at + centralHeader.size, nameEnd));
  if (view.getUint16(8, true) & 1) throw new Fault('bad-model', `${path} is encrypted.`, { path });
  const sizes = [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)];
  const [size, storedSize, headerOffset] = widen(sizes, bytes.subarray(nameEnd, extraEnd), path);
  const method = view.getUint16(10, true);
  return { entry: { name, method, crc32: view.getUint32(16, true), storedSize, size, headerOffset }, end };
}

/** Replaces each field that is all ones by the next 64-bit number of the Zip64 extra field (header id 1). */
function widen(fields: readonly number[], extra: Uint8Array, path: string): number[] {
  if (!fields.includes(full32)) return [...fields];
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    return fields.map((field) => {
      if (field !== full32) return field;
      if (next + 8 > extra.length) throw damaged(path, 'a size in its directory is missing');
      next += 8;
      return whole(view.getBigUint64(next - 8, true), path);
    });
  }
  throw damaged(path, 'a size in its directory is missing');
}

/** Where the content of an entry starts: its local header repeats the name and may have another extra field. */
async function contentOffset(handle: FileHandle, path: string, fileSize: number, entry: ZipEntry): Promise<number> {
  if (entry.headerOffset + localHeader.size > fileSize) throw damaged(path, `${entry.name} lies outside the file`);
  const view = viewOf(await readExactly(handle, path, entry.headerOffset, localHeader.size));
  if (view.getUint32(0, true) !== localHeader.signature) throw damaged(path, `${entry.name} has no header`);
  const offset = entry.headerOffset + localHeader.size + view.getUint16(26, true) + view.getUint16(28, true);
  if (offset + entry.storedSize > fileSize) throw damaged(path, `${entry.name} lies outside the file`);
  return offset;
}

async function readEntry(handle: FileHandle, path: string, fileSize: number, entry: ZipEntry) {
  const offset = await contentOffset(handle, path, fileSize, entry);
  const stored = await readExactly(handle, path, offset, entry.storedSize);
  const bytes = entry.method === 0 ? stored : inflate(stored, entry, path);
  if (bytes.length !== entry.size || crc32(bytes) !== entry.crc32) throw damaged(path, `${entry.name} was altered`);
  return bytes;
}

function inflate(stored: Uint8Array, entry: ZipEntry, path: string): Uint8Array<ArrayBuffer> {
  if (entry.method !== 8 || entry.size > longestInflated)
    throw new Fault('bad-model', `${path} stores ${entry.name} in a way that model files do not.`, { path });
  try {
    return new Uint8Array(inflateRawSync(stored, { maxOutputLength: longestInflated }));
  } catch {
    throw damaged(path, `${entry.name} does not decompress`);
  }
}

async function* streamEntry(handle: FileHandle, path: string, fileSize: number, entry: ZipEntry, pieceSize: number) {
  if (entry.method !== 0) throw new Fault('bad-model', `${path} stores ${entry.name} compressed.`, { path });
  const offset = await contentOffset(handle, path, fileSize, entry);
  let checksum = 0;
  for (let done = 0; done < entry.storedSize; ) {
    const piece = await readExactly(handle, path, offset + done, Math.min(pieceSize, entry.storedSize - done));
    checksum = crc32(piece, checksum);
    done += piece.length;
    yield piece;
  }
  if (checksum !== entry.crc32) throw damaged(path, `${entry.name} was altered`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function whole(value: bigint, path: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw damaged(path, 'its directory holds an impossible size');
  return Number(value);
}

function damaged(path: string, how: string): Fault {
  return new Fault('bad-model', `${path} is damaged or incomplete: ${how}. Copy or download the file again.`, { path });
}

// ---------------------------------------------------------------------------------------------------------- writing

export interface ZipSource {
  readonly name: string;
  readonly path: string;
}

/**
 * Packs files uncompressed; `onBytes` is told of the bytes since its last call. The same files give the same bytes: entries keep the given order and carry the format's
 * earliest date. Every entry has Zip64 sizes, so that there is one layout for all sizes.
 * @throws Fault `not-found`, `disk-full`, `cancelled`; the caller removes what was written so far.
 */
export async function writeZip(
  path: string,
  sources: readonly ZipSource[],
  options: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void } = {},
): Promise<void> {
  const out = await open(path, 'wx').catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  try {
    const central: Uint8Array[] = [];
    let position = 0;
    for (const source of sources) {
      const headerOffset = position;
      position += localHeader.size + utf8(source.name).length + zip64ExtraSize(2);
      const { checksum, size } = await copyInto(out, position, source.path, options);
      await writeAll(out, localHeaderOf(source.name, checksum, size), headerOffset);
      central.push(centralHeaderOf(source.name, checksum, size, headerOffset));
      position += size;
    }
    await writeAll(out, Buffer.concat([...central, endOf(central, position)]), position);
    await out.sync();
  } catch (thrown) {
    throw Fault.from(thrown, { path });
  } finally {
    await out.close();
  }
}

async function copyInto(
  out: FileHandle,
  position: number,
  sourcePath: string,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: (bytes: number) => void },
) {
  const source = await open(sourcePath);
  try {
    const piece = new Uint8Array(4 * 1024 * 1024);
    let checksum = 0;
    let size = 0;
    for (;;) {
      throwIfCancelled(signal);
      const { bytesRead } = await source.read(piece, 0, piece.length, size);
      if (bytesRead === 0) return { checksum, size };
      const bytes = piece.subarray(0, bytesRead);
      checksum = crc32(bytes, checksum);
      await writeAll(out, bytes, position + size);
      size += bytesRead;
      onBytes?.(bytesRead);
    }
  } finally {
    await source.close();
  }
}

/** Writes every byte: one system call may take fewer. */
export async function writeAll(out: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await out.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const zip64ExtraSize = (numbers: number) => 4 + 8 * numbers;
const earliestDate = 0x21; // 1980-01-01
const versionNeeded = 45; // Zip64
const namesAreUtf8 = 0x800;

function localHeaderOf(name: string, checksum: number, size: number): Uint8Array {
  const nameBytes = utf8(name);
  const bytes = new Uint8Array(localHeader.size + nameBytes.length + zip64ExtraSize(2));
  const view = viewOf(bytes);
  view.setUint32(0, localHeader.signature, true);
  view.setUint16(4, versionNeeded, true);
  view.setUint16(6, namesAreUtf8, true);
  view.setUint16(12, earliestDate, true);
  view.setUint32(14, checksum, true);
  view.setUint32(18, full32, true);
  view.setUint32(22, full32, true);
  view.setUint16(26, nameBytes.length, true);
  view.setUint16(28, zip64ExtraSize(2), true);
  bytes.set(nameBytes, localHeader.size);
  setZip64Extra(view, localHeader.size + nameBytes.length, [size, size]);
  return bytes;
}

function centralHeaderOf(name: string, checksum: number, size: number, headerOffset: number): Uint8Array {
  const nameBytes = utf8(name);
  const bytes = new Uint8Array(centralHeader.size + nameBytes.length + zip64ExtraSize(3));
  const view = viewOf(bytes);
  view.setUint32(0, centralHeader.signature, true);
  view.setUint16(4, versionNeeded, true);
  view.setUint16(6, versionNeeded, true);
  view.setUint16(8, namesAreUtf8, true);
  view.setUint16(14, earliestDate, true);
  view.setUint32(16, checksum, true);
  view.setUint32(20, full32, true);
  view.setUint32(24, full32, true);
  view.setUint16(28, nameBytes.length, true);
  view.setUint16(30, zip64ExtraSize(3), true);
  view.setUint32(42, full32, true);
  bytes.set(nameBytes, centralHeader.size);
  setZip64Extra(view, centralHeader.size + nameBytes.length, [size, size, headerOffset]);
  return bytes;
}

function setZip64Extra(view: DataView, at: number, numbers: readonly number[]): void {
  view.setUint16(at, 1, true);
  view.setUint16(at + 2, 8 * numbers.length, true);
  for (const [i, number] of numbers.entries()) view.setBigUint64(at + 4 + 8 * i, BigInt(number), true);
}

/** The Zip64 end record, its locator and the classic end record. */
function endOf(central: readonly Uint8Array[], directoryOffset: number): Uint8Array {
  const directoryLength = central.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(endRecord64.size + endLocator64.size + endRecord.size);
  const view = viewOf(bytes);
  view.setUint32(0, endRecord64.signature, true);
  view.setBigUint64(4, BigInt(endRecord64.size - 12), true);
  view.setUint16(12, versionNeeded, true);
  view.setUint16(14, versionNeeded, true);
  view.setBigUint64(24, BigInt(central.length), true);
  view.setBigUint64(32, BigInt(central.length), true);
  view.setBigUint64(40, BigInt(directoryLength), true);
  view.setBigUint64(48, BigInt(directoryOffset), true);
  const locator = endRecord64.size;
  view.setUint32(locator, endLocator64.signature, true);
  view.setBigUint64(locator + 8, BigInt(directoryOffset + directoryLength), true);
  view.setUint32(locator + 16, 1, true);
  const end = locator + endLocator64.size;
  view.setUint32(end, endRecord.signature, true);
  view.setUint16(end + 8, full16, true);
  view.setUint16(end + 10, full16, true);
  view.setUint32(end + 12, full32, true);
  view.setUint32(end + 16, full32, true);
  return bytes;
}
