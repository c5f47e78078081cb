/** The tensors of a PyTorch file in the zip layout: a TorchScript archive (as OpenAI published CLIP) or a state_dict. */
import { Fault } from '../fault.ts';
import { bytesToTensorData, elementCount, elementSize, type Tensor, type TensorData } from './safetensors.ts';
import { PickledModule, PickledTensor, unpickle } from './unpickle.ts';
import { openZip, type ZipEntry, type ZipFile } from './zip.ts';

/** Modules nest a handful deep; a pickle that nests deeper refers to itself. */
const deepestNesting = 32;
/** The largest published CLIP has about 20,000. */
const mostValues = 1_000_000;

export interface TorchFile {
  readonly path: string;
  /** By dotted name, as `state_dict()` would give them. */
  readonly tensors: ReadonlyMap<string, PickledTensor>;
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * Opens a `.pt` file. No code in it is run.
 * @throws Fault `not-found`, or `bad-model` where it is damaged or holds anything but tensors and plain data.
 */
export async function openTorchFile(path: string): Promise<TorchFile> {
  const zip = await openZip(path);
  try {
    const root = archiveRoot(zip);
    await requireLittleEndian(zip, root);
    const pickle = await zip.read(requireEntry(zip, `${root}data.pkl`));
    const tensors = collectTensors(unpickle(pickle, path), path);
    const storages = new Map([...tensors].map(([name, tensor]) => [name, requireStorage(zip, root, name, tensor)]));
    return {
      path,
      tensors,
      async read(name) {
        const tensor = tensors.get(name);
        if (tensor === undefined) throw new Fault('bad-model', `${path} has no tensor named ${name}.`, { path });
        return materialise(tensor, await zip.read(storages.get(name) as ZipEntry));
      },
      close: () => zip.close(),
    };
  } catch (thrown) {
    await zip.close();
    throw Fault.from(thrown, { code: 'bad-model', path });
  }
}

/** All entries lie in one folder, named after the file when it was written. */
function archiveRoot(zip: ZipFile): string {
  for (const name of zip.entries.keys()) if (/^[^/]+\/data\.pkl$/.test(name)) return name.slice(0, -'data.pkl'.length);
  throw new Fault('bad-model', `${zip.path} is a zip file, but not one that PyTorch wrote.`, { path: zip.path });
}

async function requireLittleEndian(zip: ZipFile, root: string): Promise<void> {
  const entry = zip.entries.get(`${root}byteorder`);
  if (entry === undefined) return; // older files do not say; they are little-endian
  const order = new TextDecoder().decode(await zip.read(entry));
  if (order !== 'little')
    throw new Fault('bad-model', `${zip.path} stores its numbers in ${order}-endian order, which is not supported.`, {
      path: zip.path,
    });
}

function requireEntry(zip: ZipFile, name: string): ZipEntry {
  const entry = zip.entries.get(name);
  if (entry === undefined)
    throw new Fault('bad-model', `${zip.path} is damaged or incomplete: ${name} is missing from it.`, {
      path: zip.path,
    });
  return entry;
}

/** The entry that holds a tensor's storage; it has as many elements as the pickle says. */
function requireStorage(
  zip: ZipFile,
  root: string,
  name: string,
  { storageKey, storageElements, dtype }: PickledTensor,
): ZipEntry {
  const { path } = zip;
  const entry = requireEntry(zip, `${root}data/${storageKey}`);
  const bytes = storageElements * elementSize(dtype);
  if (entry.size !== bytes)
    throw new Fault('bad-model', `${path} is damaged: ${name} has ${entry.size} of ${bytes} bytes.`, { path });
  return entry;
}

/** Every tensor below `root`, by dotted name. */
function collectTensors(root: unknown, path: string): Map<string, PickledTensor> {
  const tensors = new Map<string, PickledTensor>();
  let visited = 0;
  const visit = (value: unknown, name: string, depth: number): void => {
    // A pickle can refer to itself, or to one part so often that the walk would never end.
    if (depth > deepestNesting || ++visited > mostValues)
      throw new Fault('bad-model', `${path} is damaged: its modules nest endlessly.`, { path });
    if (value instanceof PickledTensor) tensors.set(name, value);
    const children = value instanceof PickledModule ? value.attributes : value instanceof Map ? value : [];
    for (const [key, child] of children)
      if (typeof key === 'string') visit(child, name === '' ? key : `${name}.${key}`, depth + 1);
  };
  visit(root, '', 0);
  return tensors;
}

/** The view of its storage that the tensor is, in row-major order. */
function materialise(tensor: PickledTensor, storage: Uint8Array): Tensor {
  const { dtype, shape, strides, offset } = tensor;
  const all = bytesToTensorData(dtype, storage);
  const count = elementCount(shape);
  if (isRowMajor(shape, strides)) return { dtype, shape, data: all.subarray(offset, offset + count) };
  const data = all.slice(0, 0).constructor as new (length: number) => TensorData;
  const out = new data(count);
  const index = shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    out[i] = all[index.reduce((position, at, axis) => position + at * strides[axis], offset)];
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return { dtype, shape, data: out };
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
