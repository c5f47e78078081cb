/**
 * Files encrypted at rest. A sealed file is its header and the plain bytes in chunks, each under AES-256-GCM:
 *
 *   MCLPSEAL     8 bytes
 *   version      uint32, little endian: 1
 *   salt         32 random bytes; the file's key is HKDF-SHA-256 of the data key with it
 *   chunks       1 MiB each, the last one shorter (empty in an empty file), followed by a tag of 16 bytes
 *
 * A chunk's nonce is its number and whether it is the last one (the STREAM construction: Hoang, Reyhanitabar, Rogaway and
 * Vizar, CRYPTO 2015), so chunks that are changed, exchanged or cut off are noticed. Each file has a key of its own:
 * whoever is given one (the reader, the engine, the network) can open that file and no other.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Fault } from '../fault.ts';

/** A file of the store as the child processes are given it: sealed where it has a key. */
export interface StoredFile {
  readonly path: string;
  /** The file's own key, 32 bytes. */
  readonly fileKey?: Uint8Array | undefined;
}

const MAGIC = Buffer.from('MCLPSEAL');
const VERSION = 1;
const SALT_AT = MAGIC.length + 4;
const HEADER_BYTES = SALT_AT + 32;
const CHUNK_BYTES = 1 << 20;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/** Bytes as a sealed file, chunk by chunk. */
export async function* seal(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  dataKey: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, MAGIC.length);
  const salt = randomBytes(32);
  salt.copy(header, SALT_AT);
  yield header;
  const key = deriveKey(dataKey, salt);
  let waiting = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of chunks) {
    waiting = Buffer.concat([waiting, chunk]);
    // What fills a chunk exactly waits: it may be the last one.
    for (; waiting.length > CHUNK_BYTES; waiting = waiting.subarray(CHUNK_BYTES))
      yield sealChunk(waiting.subarray(0, CHUNK_BYTES), key, number++, false);
  }
  yield sealChunk(waiting, key, number, true);
}

function sealChunk(plain: Uint8Array, key: Uint8Array, number: number, last: boolean): Uint8Array {
  const cipher = createCipheriv(ALGORITHM, key, nonceOf(number, last));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function nonceOf(number: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(last ? 1 : 0, 0);
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

const deriveKey = (dataKey: Uint8Array, salt: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', dataKey, salt, 'mediclip stored file', 32));

/** The key of one sealed file. @throws Fault `not-found`, `bad-file` where the file is not sealed */
export function keyOfFile(path: string, dataKey: Uint8Array): Uint8Array {
  return withFile(path, (descriptor) => {
    const header = readAt(descriptor, 0, HEADER_BYTES);
    const known = header.length === HEADER_BYTES && header.subarray(0, MAGIC.length).equals(MAGIC);
    if (!known || header.readUInt32LE(MAGIC.length) !== VERSION) throw damaged(path);
    return deriveKey(dataKey, header.subarray(SALT_AT));
  });
}

/**
 * The plain bytes of a file from its beginning, piece by piece.
 * @throws Fault `not-found`, `bad-file` where it cannot be read or was changed; pieces that came before are right
 */
export function* readPieces({ path, fileKey }: StoredFile): Generator<Buffer, void, undefined> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    if (fileKey) yield* unsealed(descriptor, size, fileKey, path);
    else for (let at = 0; at < size; at += CHUNK_BYTES) yield readAt(descriptor, at, Math.min(CHUNK_BYTES, size - at));
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function* unsealed(
  descriptor: number,
  size: number,
  key: Uint8Array,
  path: string,
): Generator<Buffer, void, undefined> {
  const whole = CHUNK_BYTES + TAG_BYTES;
  if (size < HEADER_BYTES + TAG_BYTES) throw damaged(path);
  for (let number = 0, at = HEADER_BYTES; at < size; number += 1, at += whole) {
    const length = Math.min(whole, size - at);
    const chunk = readAt(descriptor, at, length);
    if (chunk.length < TAG_BYTES) throw damaged(path);
    const decipher = createDecipheriv(ALGORITHM, key, nonceOf(number, at + length === size));
    decipher.setAuthTag(chunk.subarray(chunk.length - TAG_BYTES));
    const plain = decipher.update(chunk.subarray(0, chunk.length - TAG_BYTES));
    try {
      decipher.final();
    } catch (thrown) {
      throw damaged(path, thrown);
    }
    yield plain;
  }
}

/** Bytes of the plain file. @throws Fault as readPieces */
export function sizeOfStored({ path, fileKey }: StoredFile): number {
  const size = withFile(path, (descriptor) => fstatSync(descriptor).size);
  if (!fileKey) return size;
  const body = size - HEADER_BYTES;
  return body - Math.ceil(body / (CHUNK_BYTES + TAG_BYTES)) * TAG_BYTES;
}

/** The first bytes of a file, at most `count`. @throws Fault as readPieces */
export function readBeginning(file: StoredFile, count: number): Buffer {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (const piece of readPieces(file)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= count) break;
  }
  return Buffer.concat(pieces).subarray(0, count);
}

/** A file whole. @throws Fault as readPieces */
export function readStored(file: StoredFile): Buffer {
  const bytes = Buffer.allocUnsafe(sizeOfStored(file));
  let filled = 0;
  for (const piece of readPieces(file)) filled += piece.copy(bytes, filled);
  if (filled !== bytes.length) throw damaged(file.path);
  return bytes;
}

function withFile<T>(path: string, work: (descriptor: number) => T): T {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    return work(descriptor);
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function readAt(descriptor: number, at: number, count: number): Buffer {
  const buffer = Buffer.allocUnsafe(count);
  let filled = 0;
  while (filled < count) {
    const got = readSync(descriptor, buffer, filled, count - filled, at + filled);
    if (got === 0) break;
    filled += got;
  }
  return buffer.subarray(0, filled);
}

const damaged = (path: string, cause?: unknown) =>
  new Fault('bad-file', 'A stored file cannot be decrypted: it was changed on the disk. Restore it from a backup.', {
    path,
    cause,
  });
