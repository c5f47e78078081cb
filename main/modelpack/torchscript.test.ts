import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Fault } from '../fault.ts';
import { openTorchFile } from './torchscript.ts';
import { PickledModule, PickledTensor, unpickle } from './unpickle.ts';
import { openZip, writeZip } from './zip.ts';

const openai = new URL('../../tests/golden/micro/openai.pt', import.meta.url).pathname;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

// A small assembler for pickles: what Python's pickle module would write, opcode by opcode.
const text = (value: string) => [0x58, value.length, 0, 0, 0, ...Buffer.from(value)];
const global = (module: string, name: string) => [0x63, ...Buffer.from(`${module}\n${name}\n`)];
const small = (value: number) => [0x4b, value];
const tuple = (...items: number[][]) => [0x28, ...items.flat(), 0x74];
const dictionary = (...items: number[][]) => [0x7d, 0x28, ...items.flat(), 0x75];
const pickle = (...code: number[][]) => Uint8Array.of(0x80, 2, ...code.flat(), 0x2e);
const storage = (elements: number, type = 'FloatStorage') => [
  ...tuple(text('storage'), global('torch', type), text('0'), text('cpu'), small(elements)),
  0x51,
];
const tensor = (elements: number, offset: number, shape: number[], strides: number[]) => [
  ...global('torch._utils', '_rebuild_tensor_v2'),
  ...tuple(
    storage(elements),
    small(offset),
    tuple(...shape.map(small)),
    tuple(...strides.map(small)),
    [0x89],
    [...global('collections', 'OrderedDict'), 0x29, 0x52],
  ),
  0x52,
];

/** An archive as torch.save writes it, with one storage of six floats 0..5. */
async function archive(code: Uint8Array, extra: Record<string, string> = {}): Promise<string> {
  const contents: Record<string, Uint8Array | string> = {
    'model/data.pkl': code,
    'model/data/0': new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer),
    ...extra,
  };
  const sources = [];
  for (const [i, [name, content]] of Object.entries(contents).entries()) {
    const path = join(folder, `part${i}`);
    await writeFile(path, content);
    sources.push({ name, path });
  }
  const path = join(folder, `model-${Math.abs(code.length)}-${Object.keys(extra).length}.pt`);
  await rm(path, { force: true });
  await writeZip(path, sources);
  return path;
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

async function rejection(promise: Promise<unknown>): Promise<Fault> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(Fault);
  return thrown as Fault;
}

describe('the restricted unpickler', () => {
  test('builds modules, tensors and plain data', () => {
    const module = [...global('__torch__.clip', 'Model'), 0x29, 0x81];
    const attributes = dictionary(
      text('weight'),
      tensor(6, 0, [2, 3], [3, 1]),
      text('training'),
      [0x88],
      text('none'),
      [0x4e],
    );
    const value = unpickle(pickle(module, attributes, [0x62]), 'model.pt') as PickledModule;
    expect(value).toBeInstanceOf(PickledModule);
    expect(value.className).toBe('clip.Model');
    expect(value.attributes.get('training')).toBe(true);
    expect(value.attributes.get('none')).toBe(null);
    expect(value.attributes.get('weight')).toBeInstanceOf(PickledTensor);
    expect(value.attributes.get('weight')).toMatchObject({
      dtype: 'F32',
      storageKey: '0',
      shape: [2, 3],
      strides: [3, 1],
    });
  });

  test('reads numbers of every width', () => {
    const numbers = tuple(
      small(255),
      [0x4d, 0xff, 0xff],
      [0x4a, 0xfe, 0xff, 0xff, 0xff],
      [0x8a, 5, 0, 0, 0, 0, 1],
      [0x8a, 1, 0xff],
      [0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
    );
    expect(unpickle(pickle(numbers), 'model.pt')).toEqual([255, 65535, -2, 2 ** 32, -1, 1.5]);
  });

  test('takes typed lists and parameters for what they hold', () => {
    const list = [0x5d, 0x28, ...small(1), ...small(2), 0x65];
    const tagged = [...global('torch.jit._pickle', 'restore_type_tag'), ...tuple(list, text('List[int]')), 0x52];
    expect(unpickle(pickle(tagged), 'model.pt')).toEqual([1, 2]);
  });

  test.each([
    ['os', 'system'],
    ['builtins', 'eval'],
    ['__builtin__', 'getattr'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['collections', 'Counter'],
    ['__torch__evil', 'x'],
    ['', 'toString'],
  ])('refuses %s.%s by name', (module, name) => {
    const call = [...global(module, name), ...tuple(text('echo')), 0x52];
    const fault = faultOf(() => unpickle(pickle(call), 'model.pt'));
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain(`"${module}.${name}"`);
  });

  test.each([
    ['an opcode that TorchScript does not write (INST)', [0x69]],
    ['an empty stack', []],
    ['a tuple without its mark', [0x74]],
    ['a memo that was never filled', [0x68, 7]],
    ['items set on a number', [...small(1), 0x28, ...small(1), ...small(2), 0x75]],
    ['a key without a value', dictionary(text('a'))],
    ['a call of a number', [...small(1), 0x29, 0x52]],
    ['a state set on a list', [0x5d, 0x7d, 0x62]],
    ['a persistent id that is no storage', [...text('x'), 0x51]],
    ['a storage of no known type', storage(6, 'OrderedDict')],
    ['an object of a class that is no module', [...global('collections', 'OrderedDict'), 0x29, 0x81]],
    ['a tensor larger than its storage', tensor(6, 0, [7], [1])],
    ['a tensor that starts beyond its storage', tensor(6, 6, [1], [1])],
    ['a tensor with strides that leave its storage', tensor(6, 0, [2, 2], [5, 1])],
    ['a tensor that repeats its storage beyond its size', tensor(6, 0, [7, 1], [0, 1])],
    ['a tensor of more elements than any memory holds', tensor(6, 0, Array(30).fill(255), Array(30).fill(0))],
    ['a tensor with fewer strides than sides', tensor(6, 0, [2, 2], [1])],
  ])('refuses %s', (_, code) => {
    expect(faultOf(() => unpickle(pickle(code), 'model.pt')).code).toBe('bad-model');
  });
});

describe('a PyTorch archive', () => {
  test('of OpenAI gives its tensors by the names of its modules', async () => {
    const file = await openTorchFile(openai);
    expect(file.tensors.get('visual.transformer.resblocks.2.mlp.c_proj.weight')?.shape).toEqual([64, 256]);
    expect(await file.read('context_length')).toEqual({ dtype: 'I64', shape: [], data: BigInt64Array.of(77n) });
    await file.close();
  });

  test('with a plain state dictionary is read, views and transposed tensors in row-major order', async () => {
    const state = dictionary(
      text('view'),
      tensor(6, 2, [3], [1]),
      text('transposed'),
      tensor(6, 0, [3, 2], [1, 3]),
      text('repeated'),
      tensor(6, 4, [2, 2], [0, 1]),
    );
    const file = await openTorchFile(await archive(pickle(state)));
    const values = async (name: string) => Array.from((await file.read(name)).data as Float32Array);
    expect(await values('view')).toEqual([2, 3, 4]);
    expect(await values('transposed')).toEqual([0, 3, 1, 4, 2, 5]);
    expect(await values('repeated')).toEqual([4, 5, 4, 5]);
    expect((await rejection(file.read('other'))).code).toBe('bad-model');
    await file.close();
  });

  test('is refused where it is big-endian', async () => {
    const state = pickle(dictionary(text('w'), tensor(6, 0, [6], [1])));
    expect((await rejection(openTorchFile(await archive(state, { 'model/byteorder': 'big' })))).message).toContain(
      'big-endian',
    );
  });

  test('that claims more elements than it stores is refused when it is opened', async () => {
    const claiming = (elements: number[]) => [
      ...global('torch._utils', '_rebuild_tensor_v2'),
      ...tuple(
        [...tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), elements), 0x51],
        small(0),
        tuple(small(2)),
        tuple(small(1)),
      ),
      0x52,
    ];
    const state = pickle(dictionary(text('w'), claiming([0x8a, 5, 0, 0, 0, 0, 1])));
    const fault = await rejection(openTorchFile(await archive(state)));
    expect(fault.code).toBe('bad-model');
    expect(fault.message).toContain('24 of 17179869184 bytes');
    const repeated = pickle(dictionary(text('w'), tensor(6, 0, [255, 255], [0, 0])));
    const path = await archive(repeated);
    expect(await rejection(openTorchFile(path))).toMatchObject({ code: 'bad-model', path });
  });

  test('of another kind of zip is refused', async () => {
    const other = join(folder, 'other.zip');
    await writeZip(other, [{ name: 'readme.txt', path: openai }]);
    expect((await rejection(openTorchFile(other))).message).toContain('not one that PyTorch wrote');
  });

  test('whose modules contain themselves is refused', async () => {
    // d = {}; d['x'] = d
    const endless = [0x7d, 0x71, 0, ...text('x'), 0x68, 0, 0x73];
    expect((await rejection(openTorchFile(await archive(pickle(endless))))).message).toContain('nest endlessly');
  });

  test('whose parts multiply beyond all bounds is refused', async () => {
    // Thirty dictionaries, each holding the one before it twice: a walk over all would visit 2^30.
    const levels = [[0x7d]];
    for (let i = 0; i < 30; i++) levels.push([0x71, i, ...dictionary(text('a'), [0x68, i], text('b'), [0x68, i])]);
    expect((await rejection(openTorchFile(await archive(pickle(...levels))))).message).toContain('nest endlessly');
  });
});

describe('damage', () => {
  async function readEverything(path: string): Promise<void> {
    const file = await openTorchFile(path);
    try {
      for (const name of file.tensors.keys()) await file.read(name);
    } finally {
      await file.close();
    }
  }

  test('a cut archive is refused at any length', async () => {
    const whole = await readFile(openai);
    const path = join(folder, 'cut.pt');
    for (let i = 0; i < 80; i++) {
      await writeFile(path, whole.subarray(0, Math.floor((i * whole.length) / 80)));
      const fault = await rejection(readEverything(path));
      expect(fault.code).toBe('bad-model');
      expect(fault.message).toContain(path);
    }
  });

  test('a flipped byte in any tensor is noticed, anywhere else it is noticed or harmless', async () => {
    const whole = await readFile(openai);
    const zip = await openZip(openai);
    const weights = [...zip.entries.values()].filter(({ name }) => /\/data\/\d+$/.test(name));
    await zip.close();
    const path = join(folder, 'flipped.pt');
    for (let i = 0; i < 200; i++) {
      const position = Math.floor(((i + 0.5) * whole.length) / 200);
      const flipped = Buffer.from(whole);
      flipped[position] ^= 1 << (i % 8);
      await writeFile(path, flipped);
      // Content of a tensor: after its header (30 bytes, name, padding to 64) and before its end.
      const isContent = weights.some(
        ({ headerOffset, size }) => position >= headerOffset + 128 && position < headerOffset + size,
      );
      if (isContent) expect((await rejection(readEverything(path))).message).toContain('was altered');
      else
        await readEverything(path).catch((thrown: unknown) => {
          expect(thrown).toBeInstanceOf(Fault);
        });
    }
  });

  test('any flipped bit of the pickle gives a Fault or another reading, never another error', async () => {
    const zip = await openZip(openai);
    const entry = zip.entries.get('openai/data.pkl');
    if (entry === undefined) throw new Error('no pickle in the archive');
    const code = await zip.read(entry);
    await zip.close();
    let refused = 0;
    for (let bit = 0; bit < code.length * 8; bit += 5) {
      const flipped = code.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      try {
        unpickle(flipped, 'model.pt');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
