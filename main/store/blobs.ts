/**
 * Files by content: `blobs/aa/<sha256>`. A blob is written beside its place, brought to the disk, and renamed; so what
 * is there is whole. Its row in the database is written afterwards: a crash in between leaves a file without a row
 * (harmless), never a row without a file. In an encrypted store a blob is called `<sha256>.sealed`, after the plain bytes
 * that are sealed in it; one without the ending is read as it is, so that a store can be read while it is converted.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault, throwIfCancelled } from '../fault.ts';
import { keyOfFile, readPieces, readStored, type StoredFile, seal, sizeOfStored } from '../seal/sealed-file.ts';
import type { DataFolder } from './folder.ts';

export interface Blob {
  readonly sha256: string;
  readonly bytes: number;
}

const SHA256 = /^[0-9a-f]{64}$/;

export const SEALED = '.sealed';

/** Where a new blob goes. @throws Fault `internal` for anything but a lower-case SHA-256. */
export function blobPath(folder: Pick<DataFolder, 'blobs' | 'dataKey'>, sha256: string): string {
  if (!SHA256.test(sha256)) throw new Fault('internal', 'A stored file is named by something that is not a SHA-256.');
  return join(folder.blobs, sha256.slice(0, 2), folder.dataKey ? sha256 + SEALED : sha256);
}

/** Where the blob lies, sealed or not. */
function placeOf(folder: DataFolder, sha256: string): string {
  const path = blobPath(folder, sha256);
  const plain = blobPath({ ...folder, dataKey: null }, sha256);
  return folder.dataKey && !existsSync(path) && existsSync(plain) ? plain : path;
}

/**
 * A blob as the child processes open it, with the key of this one file where it is sealed.
 * @throws Fault `bad-file` where it is missing or not what its name says
 */
export function storedFile(folder: DataFolder, sha256: string): StoredFile {
  const path = placeOf(folder, sha256);
  if (!folder.dataKey || !path.endsWith(SEALED)) return { path };
  try {
    return { path, fileKey: keyOfFile(path, folder.dataKey) };
  } catch (thrown) {
    throw lost(path, thrown);
  }
}

/**
 * Copies a file into the store, streaming, hashes what was copied and reads it back.
 * @throws Fault `disk-full`, `not-found`, `bad-file` (cannot be read), `cancelled`; the store is then as before.
 */
export async function putFile(folder: DataFolder, path: string, signal?: AbortSignal): Promise<Blob> {
  return await put(folder, chunksOf(path), { path, signal });
}

/** Opened once it is read: nobody would hear of the failure of a stream that was opened before, and it ends the process. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* createReadStream(path, { highWaterMark: 1 << 20 });
}

/** Stores bytes. @throws Fault `disk-full` */
export async function putBytes(folder: DataFolder, bytes: Uint8Array): Promise<Blob> {
  return await put(folder, [bytes], {});
}

/**
 * Copies a blob from another folder of blobs, sealed or not, and seals it where this one is encrypted.
 * @throws Fault `disk-full`, `bad-file` where it is missing or has changed; nothing is stored then
 */
export async function copyBlob(source: DataFolder, target: DataFolder, sha256: string): Promise<void> {
  const file = storedFile(source, sha256);
  const copied = await put(target, readPieces(file), { path: file.path });
  if (copied.sha256 === sha256) return;
  await rm(blobPath(target, copied.sha256));
  throw new Fault('bad-file', 'A stored file has changed on the disk since it was stored, so it is not copied.', {
    path: file.path,
  });
}

/**
 * Seals a blob, or takes the seal off, in its own place. One whose bytes have changed keeps its name, so that the damage
 * shows as before; one that cannot be decrypted any more stays as it is.
 */
export async function convertBlob(source: DataFolder, target: DataFolder, sha256: string): Promise<void> {
  const file = storedFile(source, sha256);
  await put(target, readPieces(file), { path: file.path, name: sha256 });
  await rm(file.path);
}

async function put(
  folder: DataFolder,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  about: { path?: string; signal?: AbortSignal | undefined; name?: string },
): Promise<Blob> {
  const unfinished = join(folder.temporary, randomUUID());
  let file: FileHandle | undefined;
  try {
    file = await open(unfinished, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    const plain = async function* () {
      for await (const chunk of chunks) {
        throwIfCancelled(about.signal);
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    };
    const { dataKey } = folder;
    for await (const chunk of dataKey ? seal(plain(), dataKey) : plain()) await writeAll(file, chunk);
    await file.sync();
    await file.close();
    file = undefined;
    const sha256 = hash.digest('hex');
    const written = dataKey
      ? await hashPieces({ path: unfinished, fileKey: keyOfFile(unfinished, dataKey) }, about.signal)
      : await hashFile(unfinished, about.signal);
    if (written.sha256 !== sha256) throw notAsWritten();
    await moveIntoPlace(unfinished, blobPath(folder, about.name ?? sha256));
    return { sha256, bytes };
  } catch (thrown) {
    await file?.close().catch(() => {});
    await rm(unfinished, { force: true });
    throw Fault.from(thrown, { code: 'bad-file', ...(about.path === undefined ? {} : { path: about.path }) });
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) done += (await file.write(chunk, done)).bytesWritten;
}

async function moveIntoPlace(unfinished: string, place: string): Promise<void> {
  if (existsSync(place)) {
    await rm(unfinished);
    // In use again from now on: a sweep of what nothing names leaves the young alone.
    const now = new Date();
    await utimes(place, now, now);
    return;
  }
  await mkdir(dirname(place), { recursive: true });
  await rename(unfinished, place);
  await syncFolder(dirname(place));
}

/** The rename itself must survive a power failure. Windows cannot open folders, and writes renames through by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bytes of a blob, checked against its name. @throws Fault `bad-file` where it is missing or damaged. */
export async function readBlob(folder: DataFolder, sha256: string): Promise<Buffer> {
  const file = storedFile(folder, sha256);
  let bytes: Buffer;
  try {
    bytes = readStored(file);
  } catch (thrown) {
    throw lost(file.path, thrown);
  }
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw damaged(file.path);
  return bytes;
}

/** Lets others have a turn after each piece: they are decrypted in this thread. */
async function hashPieces(file: StoredFile, signal?: AbortSignal): Promise<Blob> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const piece of readPieces(file)) {
    throwIfCancelled(signal);
    hash.update(piece);
    bytes += piece.length;
    await nextTurn();
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Hash and size of a file, without holding it in memory. @throws Fault `not-found`, `bad-file`, `cancelled` */
export async function hashFile(path: string, signal?: AbortSignal): Promise<Blob> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      throwIfCancelled(signal);
      hash.update(chunk);
      bytes += (chunk as Uint8Array).byteLength;
    }
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Checks a blob against its name without holding it in memory. @throws Fault `bad-file` where missing or damaged. */
export async function verifyBlob(folder: DataFolder, sha256: string): Promise<void> {
  const file = storedFile(folder, sha256);
  let found: Blob;
  try {
    found = file.fileKey ? await hashPieces(file) : await hashFile(file.path);
  } catch (thrown) {
    throw lost(file.path, thrown);
  }
  if (found.sha256 !== sha256) throw damaged(file.path);
}

/** Bytes of the plain blob. @throws Fault `bad-file` where it is missing or cannot be read */
export function sizeOfBlob(folder: DataFolder, sha256: string): number {
  const file = storedFile(folder, sha256);
  try {
    return sizeOfStored(file);
  } catch (thrown) {
    throw lost(file.path, thrown);
  }
}

/** Whether the blob is there, not whether it is whole. */
export const hasBlob = (folder: DataFolder, sha256: string): boolean => existsSync(placeOf(folder, sha256));

const notAsWritten = () =>
  new Fault('bad-file', 'What was written to the data folder reads back differently. Check the disk, then try again.');
const lost = (path: string, cause: unknown) =>
  new Fault('bad-file', 'A stored file is missing or cannot be read. Restore the data folder from a backup.', {
    path,
    cause,
  });
const damaged = (path: string) =>
  new Fault('bad-file', 'A stored file has changed on the disk since it was stored. Restore it from a backup.', {
    path,
  });

/** A map's values as bytes and back: float32, little endian, row-major. */
export function floatsToBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export function bytesToFloats(bytes: Uint8Array): Float32Array {
  // A copy, since a view needs an offset that is a multiple of 4.
  return new Float32Array(new Uint8Array(bytes).buffer);
}
