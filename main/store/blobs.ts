/**
 * Files by content: `blobs/aa/<sha256>`. A blob is written beside its place, brought to the disk, and renamed; so what
 * is there is whole. Its row in the database is written afterwards: a crash in between leaves a file without a row
 * (harmless), never a row without a file.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { DataFolder } from './folder.ts';

export interface Blob {
  readonly sha256: string;
  readonly bytes: number;
}

const SHA256 = /^[0-9a-f]{64}$/;

/** Where the blob lies. @throws Fault `internal` for anything but a lower-case SHA-256. */
export function blobPath(folder: DataFolder, sha256: string): string {
  if (!SHA256.test(sha256)) throw new Fault('internal', 'A stored file is named by something that is not a SHA-256.');
  return join(folder.blobs, sha256.slice(0, 2), sha256);
}

/**
 * Copies a file into the store, streaming, hashes what was copied and reads it back.
 * @throws Fault `disk-full`, `not-found`, `bad-file` (cannot be read), `cancelled`; the store is then as before.
 */
export async function putFile(folder: DataFolder, path: string, signal?: AbortSignal): Promise<Blob> {
  return await put(folder, createReadStream(path, { highWaterMark: 1 << 20 }), { path, signal });
}

/** Stores bytes. @throws Fault `disk-full` */
export async function putBytes(folder: DataFolder, bytes: Uint8Array): Promise<Blob> {
  return await put(folder, [bytes], {});
}

async function put(
  folder: DataFolder,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  about: { path?: string; signal?: AbortSignal | undefined },
): Promise<Blob> {
  const unfinished = join(folder.temporary, randomUUID());
  let file: FileHandle | undefined;
  try {
    file = await open(unfinished, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of chunks) {
      throwIfCancelled(about.signal);
      hash.update(chunk);
      bytes += chunk.byteLength;
      await writeAll(file, chunk);
    }
    await file.sync();
    await file.close();
    file = undefined;
    const sha256 = hash.digest('hex');
    if ((await hashFile(unfinished, about.signal)).sha256 !== sha256) throw notAsWritten();
    await moveIntoPlace(unfinished, blobPath(folder, sha256));
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
  const path = blobPath(folder, sha256);
  const bytes = await readFile(path).catch((thrown) => {
    throw lost(path, thrown);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw damaged(path);
  return bytes;
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
  const path = blobPath(folder, sha256);
  const found = await hashFile(path).catch((thrown) => {
    throw lost(path, thrown);
  });
  if (found.sha256 !== sha256) throw damaged(path);
}

/** Size in bytes, or null where the blob is missing. */
export async function blobSize(folder: DataFolder, sha256: string): Promise<number | null> {
  return await stat(blobPath(folder, sha256)).then(
    ({ size }) => size,
    () => null,
  );
}

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
