/**
 * The safetensors format (huggingface/safetensors, format description in its README): 8 bytes little-endian header
 * length, a JSON header that gives every tensor's dtype, shape and byte range, then the tensors without holes.
 *
 * Reading trusts nothing: every length, shape and range is checked before memory is allocated for it, and whatever is
 * wrong becomes one `bad-model` Fault that names the file. All platforms that we build for are little-endian.
 */
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { Fault } from '../fault.ts';
import { bfloat16ToFloat32, halfToFloat32 } from './half.ts';

export type Dtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8' | 'I8' | 'BOOL';

/** F16 and BF16 are held as bit patterns (see half.ts), BOOL as bytes 0 and 1. */
export type TensorData =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Uint8Array
  | Int8Array;

export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Where a tensor lies: `offset` counts from the start of the file, `length` in bytes. */
export interface TensorLayout {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export interface SafetensorsLayout {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorLayout>;
}

export interface SafetensorsContent {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const bytesPerElement: Record<Dtype, number> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  U8: 1,
  I8: 1,
  BOOL: 1,
};

/** As the reference implementation has it; a real header of the largest CLIP has 100 kB. */
const longestHeader = 100_000_000;

export function elementSize(dtype: Dtype): number {
  return bytesPerElement[dtype];
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The bytes of one tensor as a typed array. Shares memory with `bytes` where alignment allows, else copies. */
export function bytesToTensorData(dtype: Dtype, bytes: Uint8Array): TensorData {
  const size = bytesPerElement[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const view = [aligned.buffer, aligned.byteOffset, aligned.byteLength / size] as const;
  switch (dtype) {
    case 'F64':
      return new Float64Array(...view);
    case 'F32':
      return new Float32Array(...view);
    case 'F16':
    case 'BF16':
      return new Uint16Array(...view);
    case 'I64':
      return new BigInt64Array(...view);
    case 'I32':
      return new Int32Array(...view);
    case 'I8':
      return new Int8Array(...view);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(...view);
  }
}

/** Any tensor's values as float32 (F64 and integers are rounded to it). May share memory with the tensor. */
export function toFloat32(tensor: Pick<Tensor, 'dtype' | 'data'>): Float32Array {
  const { dtype, data } = tensor;
  if (data instanceof Float32Array) return data;
  if (dtype === 'F16') return halfToFloat32(data as Uint16Array);
  if (dtype === 'BF16') return bfloat16ToFloat32(data as Uint16Array);
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number);
  return Float32Array.from(data);
}

/** Any tensor's values as float64, exact but for I64 beyond 2^53. */
export function toFloat64(tensor: Pick<Tensor, 'dtype' | 'data'>): Float64Array {
  if (tensor.data instanceof Float64Array) return tensor.data;
  if (tensor.data instanceof BigInt64Array || tensor.data instanceof Int32Array)
    return Float64Array.from(tensor.data as Int32Array, Number);
  return Float64Array.from(toFloat32(tensor));
}

// ---------------------------------------------------------------------------------------------------------- reading

/** An open safetensors file: the layout is read, tensors are read one at a time. */
export interface SafetensorsFile extends SafetensorsLayout {
  readonly path: string;
  /** Throws `bad-model` for a name that the file lacks and where the file has become shorter meanwhile. */
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its whole header against its size.
 * @throws Fault `not-found`, or `bad-model` where the file is truncated or damaged.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const handle = await open(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { code: 'bad-model', path });
  });
  try {
    const layout = await readLayout(handle, path);
    return {
      path,
      ...layout,
      async read(name) {
        const tensor = layout.tensors.get(name);
        if (tensor === undefined) throw new Fault('bad-model', `${path} has no tensor named ${name}.`, { path });
        const bytes = await readExactly(handle, path, tensor.offset, tensor.length);
        return { dtype: tensor.dtype, shape: tensor.shape, data: bytesToTensorData(tensor.dtype, bytes) };
      },
      close: () => handle.close(),
    };
  } catch (thrown) {
    await handle.close();
    throw Fault.from(thrown, { code: 'bad-model', path });
  }
}

/** A whole safetensors file in memory. @throws as `openSafetensors`. */
export async function readSafetensors(path: string): Promise<SafetensorsContent> {
  const file = await openSafetensors(path);
  try {
    const tensors = new Map<string, Tensor>();
    for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
    return { metadata: file.metadata, tensors };
  } finally {
    await file.close();
  }
}

/** The content of a safetensors file given as bytes; `path` is only named in Faults. @throws Fault `bad-model`. */
export function decodeSafetensors(bytes: Uint8Array, path = 'safetensors data'): SafetensorsContent {
  const headerLength = headerLengthOf(bytes.subarray(0, 8), bytes.length, path);
  const layout = parseHeader(bytes.subarray(8, 8 + headerLength), bytes.length, path);
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, offset, length }] of layout.tensors)
    tensors.set(name, { dtype, shape, data: bytesToTensorData(dtype, bytes.subarray(offset, offset + length)) });
  return { metadata: layout.metadata, tensors };
}

/** Reads exactly `length` bytes at `offset`. @throws Fault `bad-model` where the file ends before. */
export async function readExactly(
  handle: FileHandle,
  path: string,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  // One system call moves at most 2 GiB, and may return less than it was asked for.
  for (let done = 0; done < length; ) {
    const step = Math.min(length - done, 1 << 30);
    const { bytesRead } = await handle.read(bytes, done, step, offset + done).catch((thrown: unknown) => {
      throw Fault.from(thrown, { code: 'bad-model', path });
    });
    if (bytesRead === 0) throw damaged(path, `it ends at byte ${offset + done}`);
    done += bytesRead;
  }
  return bytes;
}

async function readLayout(handle: FileHandle, path: string): Promise<SafetensorsLayout> {
  const { size } = await handle.stat();
  const head = await readExactly(handle, path, 0, Math.min(8, size));
  const headerLength = headerLengthOf(head, size, path);
  return parseHeader(await readExactly(handle, path, 8, headerLength), size, path);
}

function headerLengthOf(head: Uint8Array, fileSize: number, path: string): number {
  if (head.length < 8) throw damaged(path, `it has only ${fileSize} bytes`);
  const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
  if (length > longestHeader) throw damaged(path, `its header claims ${length} bytes`);
  if (Number(length) > fileSize - 8) throw damaged(path, 'it ends inside its header');
  return Number(length);
}

function parseHeader(json: Uint8Array, fileSize: number, path: string): SafetensorsLayout {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch {
    throw damaged(path, 'its header is not JSON');
  }
  if (!isRecord(header)) throw damaged(path, 'its header is not a JSON object');

  const dataStart = 8 + json.length;
  const tensors = new Map<string, TensorLayout>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(entry, path);
    else tensors.set(name, parseEntry(name, entry, dataStart, path));
  }
  requireGapless(tensors, dataStart, fileSize, path);
  return { metadata, tensors };
}

function parseMetadata(entry: unknown, path: string): Record<string, string> {
  if (!isRecord(entry) || !Object.values(entry).every((value) => typeof value === 'string'))
    throw damaged(path, 'its metadata are not strings');
  return entry as Record<string, string>;
}

function parseEntry(name: string, entry: unknown, dataStart: number, path: string): TensorLayout {
  if (!isRecord(entry)) throw damaged(path, `the header entry of ${name} is not an object`);
  const { dtype, shape, data_offsets: range } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype))
    throw new Fault('bad-model', `${path} stores ${name} as ${String(dtype)}, which is not supported.`, { path });
  if (!isWholeNumbers(shape)) throw damaged(path, `the shape of ${name} is not a list of sizes`);
  if (!isWholeNumbers(range) || range.length !== 2 || range[0] > range[1])
    throw damaged(path, `the byte range of ${name} is not valid`);
  const [begin, end] = range as [number, number];
  if (elementCount(shape) * bytesPerElement[dtype as Dtype] !== end - begin)
    throw damaged(path, `the shape and the byte range of ${name} do not agree`);
  return { dtype: dtype as Dtype, shape, offset: dataStart + begin, length: end - begin };
}

/** The format allows neither holes nor overlaps, nor bytes after the last tensor. */
function requireGapless(
  tensors: ReadonlyMap<string, TensorLayout>,
  dataStart: number,
  fileSize: number,
  path: string,
): void {
  let position = dataStart;
  const byOffset = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length);
  for (const [name, { offset, length }] of byOffset) {
    if (offset !== position) throw damaged(path, `${name} does not start where the tensor before it ends`);
    position += length;
  }
  if (position > fileSize) throw damaged(path, `it should have ${position} bytes and has ${fileSize}`);
  if (position < fileSize) throw damaged(path, `${fileSize - position} bytes follow its last tensor`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function damaged(path: string, how: string): Fault {
  return new Fault('bad-model', `${path} is damaged or incomplete: ${how}. Copy or download the file again.`, { path });
}

// ---------------------------------------------------------------------------------------------------------- writing

/**
 * A safetensors file as bytes. The same tensors and metadata give the same bytes, whatever order they are passed in:
 * tensors are laid out by falling element size (so that all are aligned), then by name.
 * @throws Fault `internal` where data and shape disagree.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...(tensors instanceof Map ? tensors : Object.entries(tensors))] as [string, Tensor][];
  entries.sort(
    ([nameA, a], [nameB, b]) => bytesPerElement[b.dtype] - bytesPerElement[a.dtype] || compare(nameA, nameB),
  );

  const fields: string[] = [];
  const metadataKeys = Object.keys(metadata).sort(compare);
  if (metadataKeys.length > 0) {
    const pairs = metadataKeys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    fields.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  let end = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (elementCount(shape) * bytesPerElement[dtype] !== data.byteLength)
      throw new Fault('internal', `Tensor ${name} has ${data.byteLength} bytes, which its shape [${shape}] denies.`);
    const range = [end, end + data.byteLength];
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: range })}`);
    end += data.byteLength;
  }

  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8; // tensors then start at a multiple of 8
  const out = new Uint8Array(8 + headerLength + end).fill(0x20, 8, 8 + headerLength);
  new DataView(out.buffer).setBigUint64(0, BigInt(headerLength), true);
  out.set(json, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of entries) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return out;
}

/** Writes a safetensors file. @throws Fault `disk-full` and others of the file system. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFile(path, encodeSafetensors(tensors, metadata)).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
}

/** By code units, so that the order does not depend on the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
