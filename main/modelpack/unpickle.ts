/**
 * A restricted reader for the pickles inside PyTorch files (Python's pickle, protocol 2, as written by TorchScript and
 * by torch.save). Pickle is a small stack machine that in Python can call anything. This one knows tensors, plain
 * containers and module objects as inert records; whatever else a pickle asks for is refused by name and never run.
 *
 * Opcodes: CPython, Lib/pickletools.py. What TorchScript writes: PyTorch, torch/csrc/jit/serialization/pickler.cpp.
 */
import { Fault } from '../fault.ts';
import { type Dtype, elementCount } from './safetensors.ts';

/** A tensor as the pickle describes it: a strided view of a storage that lies elsewhere in the archive. */
export class PickledTensor {
  readonly dtype: Dtype;
  /** Name of the storage: the file data/<key> of the archive. */
  readonly storageKey: string;
  /** Elements in the whole storage. */
  readonly storageElements: number;
  /** First element, shape and strides, counted in elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: PickledStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.dtype = storage.dtype;
    this.storageKey = storage.key;
    this.storageElements = storage.elements;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** A module of a TorchScript archive: its attributes, none of its code. */
export class PickledModule {
  readonly className: string;
  attributes: ReadonlyMap<unknown, unknown> = new Map();

  constructor(className: string) {
    this.className = className;
  }
}

class PickledStorage {
  readonly dtype: Dtype;
  readonly key: string;
  readonly elements: number;

  constructor(dtype: Dtype, key: string, elements: number) {
    this.dtype = dtype;
    this.key = key;
    this.elements = elements;
  }
}

/** A name that the pickle wants to use as a function or class. */
class PickledGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const storageDtypes: Readonly<Record<string, Dtype>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ByteStorage': 'U8',
  'torch.CharStorage': 'I8',
  'torch.BoolStorage': 'BOOL',
};

/** Functions that only tag a value with a type: the value is their first argument. */
const typeTags = new Set([
  'torch.jit._pickle.restore_type_tag',
  'torch.jit._pickle.build_intlist',
  'torch.jit._pickle.build_doublelist',
  'torch.jit._pickle.build_boollist',
  'torch.jit._pickle.build_tensorlist',
  'torch._utils._rebuild_parameter',
]);

const modulePrefix = '__torch__.';
const rebuildTensor = 'torch._utils._rebuild_tensor_v2';
const orderedDict = 'collections.OrderedDict';

function isAllowed(name: string): boolean {
  return (
    name === rebuildTensor ||
    name === orderedDict ||
    typeTags.has(name) ||
    name.startsWith(modulePrefix) ||
    Object.hasOwn(storageDtypes, name)
  );
}

/** Marks where a group of stack values begins. */
const mark = Symbol('mark');

/**
 * The value that a pickle describes: numbers, strings, arrays (lists and tuples), Maps (dictionaries), PickledTensor,
 * PickledModule, null. `path` is only named in Faults.
 * @throws Fault `bad-model` where the pickle is damaged or asks for anything but tensors and plain data.
 */
export function unpickle(bytes: Uint8Array, path: string): unknown {
  const machine = new Machine(bytes, path);
  try {
    return machine.run();
  } catch (thrown) {
    // Reading beyond the end of a DataView is a RangeError.
    if (thrown instanceof RangeError) throw damaged(path, 'its list of tensors is cut short');
    throw thrown;
  }
}

function damaged(path: string, how: string): Fault {
  return new Fault('bad-model', `${path} is damaged or incomplete: ${how}. Copy or download the file again.`, { path });
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #path: string;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #position = 0;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#path = path;
  }

  run(): unknown {
    const stop = 0x2e;
    for (let opcode = this.#uint8(); opcode !== stop; opcode = this.#uint8()) this.#step(opcode);
    return this.#pop();
  }

  #step(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.#uint8() > 5) throw damaged(this.#path, 'it is of an unknown pickle protocol');
        break;
      case 0x28: // MARK
        this.#push(mark);
        break;
      case 0x4e: // NONE
        this.#push(null);
        break;
      case 0x88: // NEWTRUE
        this.#push(true);
        break;
      case 0x89: // NEWFALSE
        this.#push(false);
        break;
      case 0x4b: // BININT1
        this.#push(this.#uint8());
        break;
      case 0x4d: // BININT2
        this.#push(this.#view.getUint16(this.#advance(2), true));
        break;
      case 0x4a: // BININT
        this.#push(this.#view.getInt32(this.#advance(4), true));
        break;
      case 0x8a: // LONG1
        this.#push(this.#long(this.#uint8()));
        break;
      case 0x47: // BINFLOAT
        this.#push(this.#view.getFloat64(this.#advance(8), false));
        break;
      case 0x58: // BINUNICODE
        this.#push(this.#text(this.#view.getUint32(this.#advance(4), true)));
        break;
      case 0x8c: // SHORT_BINUNICODE
        this.#push(this.#text(this.#uint8()));
        break;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        this.#push([]);
        break;
      case 0x7d: // EMPTY_DICT
        this.#push(new Map());
        break;
      case 0x74: // TUPLE
        this.#push(this.#popToMark());
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#push(this.#popMany(opcode - 0x84));
        break;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        break;
      case 0x65: // APPENDS
        this.#append(this.#popToMark());
        break;
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2));
        break;
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark());
        break;
      case 0x71: // BINPUT
        this.#remember(this.#uint8());
        break;
      case 0x72: // LONG_BINPUT
        this.#remember(this.#view.getUint32(this.#advance(4), true));
        break;
      case 0x68: // BINGET
        this.#recall(this.#uint8());
        break;
      case 0x6a: // LONG_BINGET
        this.#recall(this.#view.getUint32(this.#advance(4), true));
        break;
      case 0x63: // GLOBAL
        this.#push(this.#global(`${this.#line()}.${this.#line()}`));
        break;
      case 0x51: // BINPERSID
        this.#push(this.#storage(this.#pop()));
        break;
      case 0x81: // NEWOBJ
        this.#newObject();
        break;
      case 0x52: // REDUCE
        this.#reduce();
        break;
      case 0x62: // BUILD
        this.#build();
        break;
      default:
        throw damaged(this.#path, `its list of tensors has an unexpected instruction 0x${opcode.toString(16)}`);
    }
  }

  // Reading the pickle's bytes.

  #advance(count: number): number {
    const start = this.#position;
    if (start + count > this.#bytes.length) throw damaged(this.#path, 'its list of tensors is cut short');
    this.#position += count;
    return start;
  }

  #uint8(): number {
    return this.#bytes[this.#advance(1)];
  }

  #text(length: number): string {
    const start = this.#advance(length);
    return new TextDecoder().decode(this.#bytes.subarray(start, start + length));
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#position);
    if (end < 0) throw damaged(this.#path, 'its list of tensors is cut short');
    const text = this.#text(end - this.#position);
    this.#position++;
    return text;
  }

  /** A two's-complement little-endian integer; sizes beyond 2^53 exist in no tensor. */
  #long(length: number): number {
    const start = this.#advance(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[start + i]);
    return Number(BigInt.asIntN(8 * length, value));
  }

  // The stack.

  #push(value: unknown): void {
    this.#stack.push(value);
  }

  #pop(): unknown {
    const value = this.#stack.pop();
    if (value === undefined || value === mark) throw damaged(this.#path, 'its list of tensors is not well-formed');
    return value;
  }

  #popMany(count: number): unknown[] {
    const values = Array.from({ length: count }, () => this.#pop());
    return values.reverse();
  }

  #popToMark(): unknown[] {
    const start = this.#stack.lastIndexOf(mark);
    if (start < 0) throw damaged(this.#path, 'its list of tensors is not well-formed');
    const values = this.#stack.splice(start);
    return values.slice(1);
  }

  #top<T>(type: new (...args: never[]) => T): T {
    const value = this.#stack.at(-1);
    if (!(value instanceof type)) throw damaged(this.#path, 'its list of tensors is not well-formed');
    return value;
  }

  #remember(index: number): void {
    const value = this.#pop();
    this.#push(value);
    this.#memo.set(index, value);
  }

  #recall(index: number): void {
    if (!this.#memo.has(index)) throw damaged(this.#path, 'its list of tensors is not well-formed');
    this.#push(this.#memo.get(index));
  }

  #append(values: readonly unknown[]): void {
    const list = this.#top(Array<unknown>);
    for (const value of values) list.push(value);
  }

  #setItems(pairs: readonly unknown[]): void {
    const dictionary = this.#top(Map<unknown, unknown>);
    if (pairs.length % 2 !== 0) throw damaged(this.#path, 'its list of tensors is not well-formed');
    for (let i = 0; i < pairs.length; i += 2) dictionary.set(pairs[i], pairs[i + 1]);
  }

  // The few things that may be made.

  #global(name: string): PickledGlobal {
    if (!isAllowed(name))
      throw new Fault(
        'bad-model',
        `${this.#path} was refused: besides tensors it asks for "${name}", which a model file has no need of.`,
        { path: this.#path },
      );
    return new PickledGlobal(name);
  }

  #storage(id: unknown): PickledStorage {
    const [kind, type, key, , elements] = Array.isArray(id) ? id : [];
    const dtype = type instanceof PickledGlobal ? storageDtypes[type.name] : undefined;
    if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isSize(elements))
      throw damaged(this.#path, 'one of its tensors has no storage');
    return new PickledStorage(dtype, key, elements);
  }

  #newObject(): void {
    this.#pop(); // arguments: TorchScript passes none
    const type = this.#pop();
    if (!(type instanceof PickledGlobal) || !type.name.startsWith(modulePrefix))
      throw damaged(this.#path, 'its list of tensors is not well-formed');
    this.#push(new PickledModule(type.name.slice(modulePrefix.length)));
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (!(callee instanceof PickledGlobal) || !Array.isArray(args))
      throw damaged(this.#path, 'its list of tensors is not well-formed');
    if (callee.name === rebuildTensor) this.#push(this.#tensor(args));
    else if (callee.name === orderedDict && args.length === 0) this.#push(new Map());
    else if (typeTags.has(callee.name) && args.length > 0) this.#push(args[0]);
    else throw damaged(this.#path, 'its list of tensors is not well-formed');
  }

  #build(): void {
    const state = this.#pop();
    const target = this.#stack.at(-1);
    if (target instanceof PickledModule && state instanceof Map) target.attributes = state;
    // torch.save hangs version numbers onto the dictionary; they are not needed.
    else if (!(target instanceof Map)) throw damaged(this.#path, 'its list of tensors is not well-formed');
  }

  #tensor([storage, offset, shape, strides]: readonly unknown[]): PickledTensor {
    if (
      !(storage instanceof PickledStorage) ||
      !isSize(offset) ||
      !isSizes(shape) ||
      !isSizes(strides) ||
      shape.length !== strides.length ||
      lastElement(offset, shape, strides) >= storage.elements
    )
      throw damaged(this.#path, 'one of its tensors lies outside its storage');
    // By strides of 0 a few bytes could stand for any number of elements. Weights have no need of that.
    if (elementCount(shape) > storage.elements)
      throw damaged(this.#path, 'one of its tensors has more elements than are stored');
    return new PickledTensor(storage, offset, shape, strides);
  }
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}

function lastElement(offset: number, shape: readonly number[], strides: readonly number[]): number {
  if (elementCount(shape) === 0) return offset - 1;
  return shape.reduce((position, side, axis) => position + (side - 1) * strides[axis], offset);
}
