/** Writes the files of a pack one by one, hashing each on its way to the disk. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { float32ToHalf } from './half.ts';
import type { PackFile, PackPrecision, PackWeights } from './manifest.ts';
import { writeAll } from './zip.ts';

/** Where tensors come from; an open checkpoint is one. */
export interface TensorReader {
  shape(name: string): readonly number[];
  read(name: string): Promise<Float32Array>;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes written since the last call. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * onnxruntime maps the file into memory. Tensors start at multiples of 64 bytes (vector registers); large ones at
 * multiples of a memory page, which the ONNX format asks for.
 */
const vectorAlignment = 64;
const pageAlignment = 4096;
const largeTensor = 1024 * 1024;

/** Bytes after which the disk is asked to begin: otherwise the system may keep gigabytes until the file is finished. */
const flushEvery = 64 * 1024 * 1024;

/** A file that grows at its end, with its hash. */
export class HashedFile {
  readonly name: string;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  #flushed = 0;
  /** Under way while the next tensors are read and hashed. */
  #flushing: Promise<void> | undefined;

  private constructor(name: string, handle: FileHandle) {
    this.name = name;
    this.#handle = handle;
  }

  static async create(folder: string, name: string): Promise<HashedFile> {
    return new HashedFile(name, await open(join(folder, name), 'wx'));
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await writeAll(this.#handle, bytes, this.#bytes);
    this.#bytes += bytes.length;
    if (this.#bytes - this.#flushed >= flushEvery) await this.#flush();
  }

  /** Begins to flush, once the flush before is through. */
  async #flush(): Promise<void> {
    await this.#flushing;
    this.#flushed = this.#bytes;
    this.#flushing = this.#handle.datasync();
    this.#flushing.catch(() => undefined); // told by the next flush, or at the end
  }

  /** Flushes to the disk and closes. */
  async finish(): Promise<PackFile> {
    await this.#flushing;
    await this.#handle.sync();
    await this.#handle.close();
    return { name: this.name, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Closes without ado, after a failure. Closing twice is harmless. */
  async abandon(): Promise<void> {
    await this.#flushing?.catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
  }
}

/** Writes one file whole. */
export async function writeFileHashed(
  folder: string,
  name: string,
  bytes: Uint8Array,
  { onBytes }: WriteOptions = {},
): Promise<PackFile> {
  const file = await HashedFile.create(folder, name);
  try {
    await file.append(bytes);
    onBytes?.(bytes.length);
    return await file.finish();
  } catch (thrown) {
    await file.abandon();
    throw thrown;
  }
}

/**
 * Writes tensors one after the other. While one is written the next is read; no more than these two are in memory.
 * @throws Fault `bad-model` where a weight is not a finite number, or is too large for float16.
 */
export async function writeWeights(
  folder: string,
  name: string,
  tensors: readonly string[],
  reader: TensorReader,
  precision: PackPrecision,
  options: WriteOptions = {},
): Promise<{ file: PackFile; weights: PackWeights }> {
  const file = await HashedFile.create(folder, name);
  try {
    const layout: PackWeights['tensors'] = {};
    let ahead = readAhead(reader, tensors[0]);
    for (const [i, tensor] of tensors.entries()) {
      throwIfCancelled(options.signal);
      const bytes = storedBytes(tensor, await ahead, precision);
      ahead = readAhead(reader, tensors[i + 1]);
      const alignment = bytes.length >= largeTensor ? pageAlignment : vectorAlignment;
      await file.append(new Uint8Array((alignment - (file.bytes % alignment)) % alignment));
      layout[tensor] = {
        offset: file.bytes,
        length: bytes.length,
        dtype: precision,
        shape: [...reader.shape(tensor)],
      };
      await file.append(bytes);
      options.onBytes?.(bytes.length);
    }
    return { file: await file.finish(), weights: { file: name, tensors: layout } };
  } catch (thrown) {
    await file.abandon();
    throw thrown;
  }
}

/** Begins to read a tensor. Should it fail while the one before is written, the failure waits until it is asked for. */
function readAhead(reader: TensorReader, name: string | undefined): Promise<Float32Array> {
  const reading = name === undefined ? Promise.resolve(new Float32Array(0)) : reader.read(name);
  reading.catch(() => undefined);
  return reading;
}

function storedBytes(name: string, values: Float32Array, precision: PackPrecision): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (hasAll(bits, 0x7f800000))
    throw new Fault('bad-model', `The model's tensor ${name} holds a value that is not a finite number.`);
  if (precision === 'float32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const halves = float32ToHalf(values);
  if (hasAll(halves, 0x7c00))
    throw new Fault('bad-model', `The model's tensor ${name} has values too large for float16. Import it as float32.`);
  return new Uint8Array(halves.buffer);
}

/** Whether any number has all of these bits: with those of the exponent, whether any is infinite or none at all. */
function hasAll(numbers: Uint32Array | Uint16Array, bits: number): boolean {
  for (let i = 0; i < numbers.length; i++) if ((numbers[i] & bits) === bits) return true;
  return false;
}
