import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../fault.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  openSafetensors,
  readSafetensors,
  type Tensor,
  toFloat32,
  toFloat64,
  writeSafetensors,
} from './safetensors.ts';

const golden = new URL('../../tests/golden/micro/golden.safetensors', import.meta.url).pathname;

/** One tensor of every dtype, with sizes that leave the later ones unaligned. */
const everyDtype: Record<string, Tensor> = {
  flags: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
  bytes: { dtype: 'U8', shape: [2, 1], data: Uint8Array.of(7, 255) },
  small: { dtype: 'I8', shape: [1], data: Int8Array.of(-5) },
  half: { dtype: 'F16', shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
  brain: { dtype: 'BF16', shape: [1], data: Uint16Array.of(0x3f80) },
  ids: { dtype: 'I32', shape: [2], data: Int32Array.of(-1, 49407) },
  long: { dtype: 'I64', shape: [], data: BigInt64Array.of(77n) },
  single: { dtype: 'F32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
  double: { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) },
  empty: { dtype: 'F32', shape: [0, 5], data: new Float32Array(0) },
};

/** A file with the given header text and so many bytes of data. */
function fileOf(header: string, dataLength: number): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function faultOf(action: () => unknown): Fault {
  try {
    action();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Fault);
    return thrown as Fault;
  }
  throw new Error('nothing was thrown');
}

describe('writing and reading', () => {
  test('tensors of every dtype come back with their metadata', () => {
    const { tensors, metadata } = decodeSafetensors(
      encodeSafetensors(everyDtype, { format: 'pt', note: 'ä "quoted"' }),
    );
    expect(metadata).toEqual({ format: 'pt', note: 'ä "quoted"' });
    expect(Object.fromEntries(tensors)).toEqual(everyDtype);
  });

  test('the same content gives the same bytes, in whatever order it is passed', () => {
    const reversed = Object.fromEntries(Object.entries(everyDtype).reverse());
    expect(encodeSafetensors(reversed, { b: '2', a: '1' })).toEqual(
      encodeSafetensors(new Map(Object.entries(everyDtype)), { a: '1', b: '2' }),
    );
  });

  test('the layout is the published one', () => {
    const bytes = encodeSafetensors({ t: { dtype: 'F32', shape: [1], data: Float32Array.of(1) } }, { k: 'v' });
    const header = '{"__metadata__":{"k":"v"},"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8, ' ');
    expect(bytes).toEqual(Uint8Array.of(padded.length, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(padded), 0, 0, 0x80, 0x3f));
  });

  test('data that do not fill their shape are not written', () => {
    const fault = faultOf(() => encodeSafetensors({ t: { dtype: 'F32', shape: [3], data: new Float32Array(2) } }));
    expect(fault.code).toBe('internal');
  });

  test('any dtype is read as float32 and as float64', () => {
    const { tensors } = decodeSafetensors(encodeSafetensors(everyDtype));
    const singles = ['half', 'brain', 'ids', 'long'].map((name) => Array.from(toFloat32(tensors.get(name) as Tensor)));
    expect(singles).toEqual([[1, -2], [1], [-1, 49407], [77]]);
    expect(toFloat64(tensors.get('double') as Tensor)[0]).toBe(Math.PI);
    expect(toFloat64(tensors.get('half') as Tensor)).toEqual(Float64Array.of(1, -2));
  });
});

describe('a file on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('is read tensor by tensor, or whole', async () => {
    const path = join(folder, 'all.safetensors');
    await writeSafetensors(path, everyDtype, { format: 'pt' });
    const file = await openSafetensors(path);
    expect(await file.read('single')).toEqual(everyDtype.single);
    expect(file.metadata).toEqual({ format: 'pt' });
    await file.close();
    expect(Object.fromEntries((await readSafetensors(path)).tensors)).toEqual(everyDtype);
  });

  test('the recorded case is read as its writer meant it', async () => {
    const { tensors } = await readSafetensors(golden);
    expect(tensors.get('in.images')).toMatchObject({ dtype: 'F32', shape: [3, 3, 32, 32] });
    expect(tensors.get('text.ids')).toMatchObject({ dtype: 'I32', shape: [4, 77] });
    // The loss falls over its 100 steps.
    const trace = toFloat32(tensors.get('loss_trace') as Tensor);
    expect(trace[99]).toBeLessThan(trace[0]);
  });

  test('a missing file, a missing tensor and a file cut meanwhile are told apart', async () => {
    await expect(readSafetensors(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' });
    const path = join(folder, 'cut.safetensors');
    await writeSafetensors(path, everyDtype);
    const file = await openSafetensors(path);
    await expect(file.read('nothing')).rejects.toMatchObject({ code: 'bad-model', path });
    await writeFile(path, (await readFile(path)).subarray(0, -1));
    await expect(file.read('small')).rejects.toMatchObject({ code: 'bad-model', path });
    await file.close();
  });
});

describe('damage', () => {
  const entry = (fields: object) =>
    JSON.stringify({ t: { dtype: 'F32', shape: [1], data_offsets: [0, 4], ...fields } });

  test.each([
    ['a header longer than the file', fileOf('{}', 0).fill(0xff, 0, 4)],
    ['a header of impossible length', fileOf('{}', 0).fill(0xff, 0, 8)],
    ['no JSON', fileOf('{"t":', 4)],
    ['no UTF-8', fileOf('{"t":1}', 0).fill(0xff, 10, 11)],
    ['a list as header', fileOf('[]', 0)],
    ['metadata that are not strings', fileOf('{"__metadata__":{"a":1}}', 0)],
    ['an unknown dtype', fileOf(entry({ dtype: 'F8_E4M3' }), 4)],
    ['a dtype named like a method', fileOf(entry({ dtype: 'toString' }), 4)],
    ['a negative side', fileOf(entry({ shape: [-1] }), 4)],
    ['a side that is no whole number', fileOf(entry({ shape: [0.5, 2] }), 4)],
    ['sides whose product overflows', fileOf(entry({ shape: [2 ** 40, 2 ** 40] }), 4)],
    ['a shape that does not fit its range', fileOf(entry({ shape: [2] }), 4)],
    ['a range that runs backwards', fileOf(entry({ data_offsets: [4, 0] }), 4)],
    ['a hole before a tensor', fileOf(entry({ data_offsets: [4, 8] }), 8)],
    ['bytes after the last tensor', fileOf(entry({}), 5)],
    ['fewer bytes than promised', fileOf(entry({}), 3)],
    [
      'two tensors in one place',
      fileOf(
        '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}',
        3,
      ),
    ],
  ])('%s is refused in one sentence', (_, bytes) => {
    const fault = faultOf(() => decodeSafetensors(bytes, 'model.safetensors'));
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain('model.safetensors');
  });

  test('a file cut at any length is refused', () => {
    const whole = encodeSafetensors(everyDtype, { format: 'pt' });
    for (let length = 0; length < whole.length; length++)
      expect(faultOf(() => decodeSafetensors(whole.subarray(0, length))).code).toBe('bad-model');
  });

  test('any flipped bit is either refused or harmless, never another error', () => {
    const whole = encodeSafetensors(everyDtype, { format: 'pt' });
    let refused = 0;
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      try {
        decodeSafetensors(flipped);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
