/**
 * Opens a CLIP as it was published and gives its tensors under one set of names, whatever the format:
 * a Hugging Face folder, an OpenCLIP folder, or one of OpenAI's `.pt` files.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { ClipArchitecture } from '../method/architecture.ts';
import { clipNormalisation, type Normalisation } from '../method/resize.ts';
import {
  huggingFaceArchitecture,
  huggingFaceNormalisation,
  openaiArchitecture,
  openClipArchitecture,
  otherFamily,
  parseConfig,
  readJson,
} from './checkpoint-config.ts';
import {
  canonicalShapes,
  huggingFaceRecipe,
  isBystander,
  openaiRecipe,
  openClipRecipe,
  type Recipe,
} from './naming.ts';
import { type Dtype, elementCount, openSafetensors, type Tensor, toFloat32 } from './safetensors.ts';
import { findTokeniserFiles, type TokeniserFiles } from './tokeniser-files.ts';
import { openTorchFile } from './torchscript.ts';

export type CheckpointSource = 'huggingface' | 'open_clip' | 'openai';

/** An open CLIP. Only headers are in memory; each `read` goes to the disk. Close it after use. */
export interface Checkpoint {
  readonly source: CheckpointSource;
  readonly architecture: ClipArchitecture;
  readonly normalisation: Normalisation;
  /** Absolute or relative as the path was given. The files that hold weights come in `weights`, also listed here. */
  readonly files: readonly string[];
  readonly weights: readonly string[];
  /** The widest number format that the weights are stored in. */
  readonly precision: 'float32' | 'float16' | 'bfloat16';
  /** Undefined where no vocabulary lies beside the weights. */
  readonly tokeniserFiles: TokeniserFiles | undefined;
  /** Canonical names (method/architecture.ts), in the order of the forward pass. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** @throws Fault `internal` for a name that no CLIP has. */
  shape(name: string): readonly number[];
  /**
   * One tensor as float32, row-major, freshly read (not cached).
   * @throws Fault `bad-model` where the file is damaged at that place.
   */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface CheckpointOptions {
  readonly signal?: AbortSignal;
  /** Heads of the text tower of an OpenAI file, which does not say. OpenAI's rule is one per 64 of width. */
  readonly textHeads?: number;
}

/**
 * Opens the CLIP at `path`: a folder with config.json (Hugging Face) or open_clip_config.json (OpenCLIP), the
 * `.safetensors` file inside such a folder, or a `.pt` file of OpenAI's. Every tensor's presence and shape is checked.
 * @throws Fault `not-found`; `bad-model` for a damaged file, or for a model of another family, which is named.
 */
export async function openCheckpoint(path: string, options: CheckpointOptions = {}): Promise<Checkpoint> {
  throwIfCancelled(options.signal);
  const info = await stat(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  if (info.isDirectory()) return openFolder(path, undefined);
  if (path.endsWith('.safetensors')) return openFolder(dirname(path), basename(path));
  if (await isZip(path)) return openOpenai(path, options.textHeads);
  throw new Fault(
    'bad-model',
    `${path} is not a model file. Choose a Hugging Face or OpenCLIP folder, or a .pt file of OpenAI's CLIP.`,
    { path },
  );
}

async function openFolder(folder: string, weightsName: string | undefined): Promise<Checkpoint> {
  const names = await readdir(folder);
  const safetensors = names.filter((name) => name.endsWith('.safetensors'));
  // Some published folders hold both formats: each config with its own weights file.
  const hasBoth = names.includes('config.json') && names.includes('open_clip_config.json');
  const prefersOpenClip = hasBoth && (weightsName ?? '').startsWith('open_clip');
  if (names.includes('config.json') && !prefersOpenClip) {
    const weights = huggingFaceWeights(names, safetensors, weightsName);
    if (weights !== undefined || !hasBoth)
      return openHuggingFace(folder, names, requireWeights(folder, names, weights));
  }
  if (names.includes('open_clip_config.json'))
    return openOpenClip(folder, names, requireWeights(folder, names, weightsName ?? openClipWeights(safetensors)));
  const pt = names.filter((name) => name.endsWith('.pt'));
  throw new Fault(
    'bad-model',
    pt.length > 0
      ? `${folder} has no config.json. To import OpenAI's CLIP choose the file itself, for instance ${pt[0]}.`
      : `${folder} has neither config.json nor open_clip_config.json, so it is not a CLIP folder.`,
    { path: folder },
  );
}

const shardIndex = 'model.safetensors.index.json';

function huggingFaceWeights(names: readonly string[], safetensors: readonly string[], chosen: string | undefined) {
  if (chosen !== undefined) return chosen;
  if (names.includes('model.safetensors')) return 'model.safetensors';
  if (names.includes(shardIndex)) return shardIndex;
  const own = safetensors.filter((name) => !name.startsWith('open_clip'));
  return own.length === 1 ? own[0] : undefined;
}

function openClipWeights(safetensors: readonly string[]): string | undefined {
  const own = safetensors.find((name) => name.startsWith('open_clip'));
  return own ?? (safetensors.length === 1 ? safetensors[0] : undefined);
}

function requireWeights(folder: string, names: readonly string[], weights: string | undefined): string {
  if (weights !== undefined) return weights;
  const other = names.find((name) => name.endsWith('.bin') || name.endsWith('.h5') || name.endsWith('.msgpack'));
  const found = other === undefined ? 'no weights' : `weights only as ${other}`;
  throw new Fault('bad-model', `${folder} has ${found}. Add the weights in the safetensors format.`, { path: folder });
}

async function isZip(path: string): Promise<boolean> {
  const handle = await open(path).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path });
  });
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(4), 0, 4, 0);
    return bytesRead === 4 && buffer[0] === 0x50 && buffer[1] === 0x4b && buffer[2] === 3 && buffer[3] === 4;
  } finally {
    await handle.close();
  }
}

// ------------------------------------------------------------------------------------------------------ the formats

/** A file's tensors under its own names. */
interface TensorFile {
  readonly tensors: ReadonlyMap<string, { readonly dtype: Dtype; readonly shape: readonly number[] }>;
  read(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

async function openHuggingFace(folder: string, names: readonly string[], weightsName: string): Promise<Checkpoint> {
  const configPath = join(folder, 'config.json');
  const architecture = huggingFaceArchitecture(await readJson(configPath), configPath);
  const normalisation = await huggingFaceNormalisation(folder, names);
  const weightsPath = join(folder, weightsName);
  const { file, weights } = weightsName.endsWith('.json')
    ? await openShards(weightsPath)
    : { file: await openSafetensors(weightsPath), weights: [weightsPath] };
  return assemble({
    source: 'huggingface',
    path: weightsPath,
    architecture,
    normalisation,
    file,
    recipe: huggingFaceRecipe,
    weights,
    configFiles: [configPath],
    tokeniserFiles: findTokeniserFiles(folder, names),
  });
}

async function openOpenClip(folder: string, names: readonly string[], weightsName: string): Promise<Checkpoint> {
  const configPath = join(folder, 'open_clip_config.json');
  const { architecture, normalisation } = openClipArchitecture(await readJson(configPath), configPath);
  const weightsPath = join(folder, weightsName);
  const file = await openSafetensors(weightsPath);
  const hasTextPrefix = file.tensors.has('text.token_embedding.weight');
  return assemble({
    source: 'open_clip',
    path: weightsPath,
    architecture,
    normalisation,
    file,
    recipe: (name) => openClipRecipe(name, hasTextPrefix),
    weights: [weightsPath],
    configFiles: [configPath],
    tokeniserFiles: findTokeniserFiles(folder, names),
  });
}

async function openOpenai(path: string, textHeads: number | undefined): Promise<Checkpoint> {
  const file = await openTorchFile(path);
  try {
    const architecture = openaiArchitecture(file.tensors, path, textHeads);
    const folder = dirname(path);
    return await assemble({
      source: 'openai',
      path,
      architecture,
      normalisation: clipNormalisation,
      file,
      recipe: openaiRecipe,
      weights: [path],
      configFiles: [],
      tokeniserFiles: findTokeniserFiles(folder, await readdir(folder)),
    });
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** A checkpoint in several files, with an index that says which tensor is where. */
async function openShards(indexPath: string): Promise<{ file: TensorFile; weights: string[] }> {
  const index = parseConfig(
    z.object({ weight_map: z.record(z.string(), z.string()) }),
    await readJson(indexPath),
    indexPath,
  );
  const shardNames = [...new Set(Object.values(index.weight_map))].sort();
  const stray = shardNames.find((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (stray !== undefined)
    throw new Fault('bad-model', `${indexPath} refers to "${stray}", which is not a file beside it.`, {
      path: indexPath,
    });
  const weights = shardNames.map((name) => join(dirname(indexPath), name));
  const shards = new Map<string, TensorFile>();
  const close = async () => {
    for (const shard of shards.values()) await shard.close();
  };
  try {
    for (const [i, name] of shardNames.entries()) shards.set(name, await openSafetensors(weights[i]));
    const places = new Map<string, TensorFile>();
    const tensors = new Map<string, { dtype: Dtype; shape: readonly number[] }>();
    for (const [name, shardName] of Object.entries(index.weight_map)) {
      const shard = shards.get(shardName) as TensorFile;
      const tensor = shard.tensors.get(name);
      if (tensor === undefined)
        throw new Fault(
          'bad-model',
          `${join(dirname(indexPath), shardName)} lacks ${name}, which its index promises.`,
          {
            path: indexPath,
          },
        );
      places.set(name, shard);
      tensors.set(name, tensor);
    }
    return { file: { tensors, read: (name) => (places.get(name) as TensorFile).read(name), close }, weights };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

// ------------------------------------------------------------------------------------------------------ assembling

interface Parts {
  readonly source: CheckpointSource;
  /** The file that is named when something is wrong. */
  readonly path: string;
  readonly architecture: ClipArchitecture;
  readonly normalisation: Normalisation;
  readonly file: TensorFile;
  readonly recipe: (name: string) => Recipe;
  readonly weights: readonly string[];
  readonly configFiles: readonly string[];
  readonly tokeniserFiles: TokeniserFiles | undefined;
}

async function assemble(parts: Parts): Promise<Checkpoint> {
  const { source, path, architecture, normalisation, file, recipe, weights, tokeniserFiles } = parts;
  const shapes = canonicalShapes(architecture);
  try {
    requireExactly(shapes, parts);
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
  const shape = (name: string) => {
    const found = shapes.get(name);
    if (found === undefined) throw new Fault('internal', `No CLIP has a tensor named ${name}.`, { path });
    return found;
  };
  return {
    source,
    architecture,
    normalisation,
    weights,
    files: [...parts.configFiles, ...weights, ...(tokeniserFiles?.paths ?? [])],
    precision: widestPrecision(shapes, parts),
    tokeniserFiles,
    names: [...shapes.keys()],
    has: (name) => shapes.has(name),
    shape,
    async read(name) {
      const { from, transposed } = recipe(name);
      const [rows, columns] = shape(name);
      try {
        const stored = [];
        for (const own of from) stored.push(toFloat32(await file.read(own)));
        if (transposed) return transpose(stored[0], columns, rows);
        return stored.length === 1 ? stored[0] : concatenate(stored, elementCount(shape(name)));
      } catch (thrown) {
        if (!(thrown instanceof RangeError)) throw thrown; // an array that cannot be made
        throw new Fault('bad-model', `${path} has ${name} in a size that no memory here holds: [${shape(name)}].`, {
          path,
          cause: thrown,
        });
      }
    },
    close: () => file.close(),
  };
}

/** All of a CLIP's tensors are there, of the right shapes, and nothing beside them that would change the result. */
function requireExactly(shapes: ReadonlyMap<string, readonly number[]>, { file, recipe, path, source }: Parts): void {
  const expected = new Set<string>();
  for (const [name, shape] of shapes) {
    const { from, transposed } = recipe(name);
    const [first, ...rest] = shape;
    const own = transposed ? [...rest, first] : [first / from.length, ...rest];
    for (const stored of from) {
      expected.add(stored);
      const found = file.tensors.get(stored);
      if (found === undefined) {
        if (file.tensors.has('visual.layer1.0.conv1.weight')) throw otherFamily(path, 'CLIP with a ResNet');
        throw new Fault('bad-model', `${path} lacks the tensor ${stored}, which a CLIP of this size has.`, { path });
      }
      if (found.shape.join() !== own.join())
        throw new Fault(
          'bad-model',
          `${path} has ${stored} in the shape [${found.shape}], where ${source === 'openai' ? 'a CLIP' : 'its configuration'} says [${own}].`,
          { path },
        );
    }
  }
  for (const name of file.tensors.keys()) {
    // A TorchScript archive also holds attributes that are no parameters, such as attention masks.
    const counts = source !== 'openai' || /(weight|bias)$/.test(name);
    if (counts && !expected.has(name) && !isBystander(name)) throw otherFamily(path, `model with the tensor ${name}`);
  }
}

function widestPrecision(shapes: ReadonlyMap<string, unknown>, { file, recipe }: Parts): Checkpoint['precision'] {
  const dtypes = new Set<Dtype | undefined>();
  for (const name of shapes.keys()) for (const own of recipe(name).from) dtypes.add(file.tensors.get(own)?.dtype);
  if (dtypes.size === 1 && dtypes.has('F16')) return 'float16';
  if (dtypes.size === 1 && dtypes.has('BF16')) return 'bfloat16';
  return 'float32';
}

/** (rows, columns) to (columns, rows). */
function transpose(values: Float32Array, columns: number, rows: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[i * columns + j] = values[j * rows + i];
  return out;
}

function concatenate(pieces: readonly Float32Array[], length: number): Float32Array {
  const out = new Float32Array(length);
  let position = 0;
  for (const piece of pieces) {
    out.set(piece, position);
    position += piece.length;
  }
  return out;
}
