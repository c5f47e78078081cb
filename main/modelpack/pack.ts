/** Model packs: made from checkpoints, checked, listed, removed. The layout of a pack stands in manifest.ts. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { TapShape, TextArchitecture } from '../method/architecture.ts';
import type { WeightFile } from '../method/graph/weights.ts';
import type { Normalisation } from '../method/resize.ts';
import {
  encodeManifest,
  manifestName,
  type PackFile,
  type PackManifest,
  type PackPrecision,
  type PackSource,
  packIdentity,
  packNamePattern,
  readManifest,
} from './manifest.ts';
import { type TensorReader, type WriteOptions, writeFileHashed, writeWeights } from './pack-writer.ts';
import { elementCount } from './safetensors.ts';
import { createDefaultPhraseTokeniser, loadTokeniser, type Tokeniser } from './tokeniser.ts';
import { findTokeniserFiles, type TokeniserFiles } from './tokeniser-files.ts';

/** Bytes done and in all, for a progress bar. */
export interface ByteProgress {
  readonly done: number;
  readonly total: number;
}

export interface PackJob {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ByteProgress) => void;
}

/** The options of a step of a job that goes through `total` bytes in all. */
export function countBytes({ signal, onProgress }: PackJob, total: number): WriteOptions {
  let done = 0;
  return {
    signal,
    onBytes: (bytes) => {
      done += bytes;
      onProgress?.({ done, total });
    },
  };
}

// ---------------------------------------------------------------------------------------------------------- making

interface PackBasics {
  readonly name: string;
  readonly licence: string;
  readonly source: PackSource;
  readonly precision: PackPrecision;
  readonly normalisation: Normalisation;
  readonly imageSize: number;
  readonly taps: readonly TapShape[];
  readonly tokeniserFiles: TokeniserFiles | undefined;
  /** Weights of both towers. */
  readonly reader: TensorReader;
  readonly visionTensors: readonly string[];
  readonly textTensors: readonly string[];
  /** The vision graph as ONNX, its weights as external data at the given places. */
  readonly visionGraph: (weights: WeightFile) => Uint8Array;
}

/** Everything that a pack is made from. */
export type PackContent = PackBasics &
  (
    | Pick<Extract<PackManifest, { family: 'clip-vit' }>, 'family' | 'architecture' | 'layers'>
    | { readonly family: 'vision-graph'; readonly architecture: TextArchitecture }
  );

/**
 * Writes a pack into `targetFolder`, under its name. Until all of it is on the disk it lies in a hidden folder beside,
 * which is removed on failure and on cancelling.
 * @returns the pack's folder
 * @throws Fault `not-allowed` where there is a pack of that name, `bad-model`, `disk-full`, `cancelled`
 */
export async function createPack(
  targetFolder: string,
  content: PackContent,
  options: WriteOptions = {},
): Promise<string> {
  const { reader, precision, visionTensors, textTensors } = content;
  const needed = storedSize(reader, [...visionTensors, ...textTensors], precision);
  return intoPlace(targetFolder, content.name, needed, async (folder) => {
    const vision = await writeWeights(folder, 'vision.bin', visionTensors, reader, precision, options);
    const text = await writeWeights(folder, 'text.bin', textTensors, reader, precision, options);
    const graph = await writeFileHashed(folder, 'vision.onnx', content.visionGraph(vision.weights));
    const tokeniser = await copyTokeniser(folder, content.tokeniserFiles);
    const { name, licence, source, imageSize, taps, normalisation } = content;
    const common = {
      format: 'mediclip-pack' as const,
      version: 1 as const,
      name,
      licence,
      source,
      precision,
      vision: {
        graph: graph.name,
        weights: vision.weights,
        imageSize,
        taps: [...taps],
        normalisation: mutable(normalisation),
      },
      text: { weights: text.weights },
      tokeniser: tokeniser.entry,
      files: [graph, vision.file, text.file, ...tokeniser.files],
    } satisfies Partial<PackManifest>;
    const manifest: PackManifest =
      content.family === 'clip-vit'
        ? { ...common, family: content.family, architecture: content.architecture, layers: content.layers }
        : { ...common, family: content.family, architecture: content.architecture };
    await writeFileHashed(folder, manifestName, encodeManifest(manifest));
  });
}

function mutable({ mean, deviation }: Normalisation): PackManifest['vision']['normalisation'] {
  return { mean: [...mean], deviation: [...deviation] };
}

/** Bytes of tensors as a pack stores them. */
export function storedSize(reader: TensorReader, names: readonly string[], precision: PackPrecision): number {
  const elements = names.reduce((sum, name) => sum + elementCount(reader.shape(name)), 0);
  return elements * (precision === 'float32' ? 4 : 2);
}

async function copyTokeniser(folder: string, files: TokeniserFiles | undefined) {
  if (files === undefined) return { entry: { kind: 'default-phrases' } as const, files: [] };
  const copied = [];
  for (const path of files.paths) copied.push(await writeFileHashed(folder, basename(path), await readFile(path)));
  return { entry: tokeniserEntry(files), files: copied };
}

function tokeniserEntry(files: TokeniserFiles): PackManifest['tokeniser'] {
  switch (files.kind) {
    case 'vocab-and-merges':
      return { kind: files.kind, vocabulary: basename(files.vocabulary), merges: basename(files.merges) };
    case 'tokenizer-json':
      return { kind: files.kind, tokenizer: basename(files.tokenizer) };
    case 'openai-merges':
      return { kind: files.kind, merges: basename(files.merges) };
  }
}

const partialPrefix = '.partial-';

/**
 * Runs `fill` on a new hidden folder in `targetFolder` and renames it to `name` once `fill` is done.
 * @throws Fault `usage` for a name that is no folder name, `not-allowed`, `disk-full`, and what `fill` throws
 */
export async function intoPlace(
  targetFolder: string,
  name: string,
  bytes: number,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  if (!packNamePattern.test(name))
    throw new Fault('usage', `"${name}" cannot be a model's name: use letters, digits, spaces and . _ @ - only.`);
  const folder = join(targetFolder, name);
  const partial = join(targetFolder, `${partialPrefix}${process.pid}-${randomUUID()}`);
  try {
    await mkdir(targetFolder, { recursive: true });
    await removeLeftovers(targetFolder);
    await requireAbsent(folder, name);
    await requireSpace(targetFolder, bytes);
    await mkdir(partial);
    await fill(partial);
    await rename(partial, folder);
    return folder;
  } catch (thrown) {
    await rm(partial, { recursive: true, force: true });
    throw Fault.from(thrown, { path: folder });
  }
}

async function requireAbsent(folder: string, name: string): Promise<void> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new Fault(
      'not-allowed',
      `There is already a model named "${name}". Remove it first or choose another name.`,
      {
        path: folder,
      },
    );
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const margin = 64 * 1024 * 1024;
  if (free < bytes + margin) {
    const megabytes = (value: number) => `${Math.ceil(value / 1e6)} MB`;
    throw new Fault('disk-full', `The model needs ${megabytes(bytes + margin)} and only ${megabytes(free)} are free.`, {
      path: folder,
    });
  }
}

/** Hidden folders of processes that no longer run: an import that was killed. */
async function removeLeftovers(targetFolder: string): Promise<void> {
  for (const name of await readdir(targetFolder)) {
    const owner = /^\.partial-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isRunning(Number(owner)))
      await rm(join(targetFolder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as { code?: string }).code === 'EPERM';
  }
}

// --------------------------------------------------------------------------------------------------------- hashing

/** SHA-256 of files one after the other. @throws Fault `cancelled`, `not-found` */
export async function hashFiles(paths: readonly string[], { signal, onBytes }: WriteOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  const piece = new Uint8Array(1024 * 1024);
  for (const path of paths) {
    const handle = await open(path).catch((thrown: unknown) => {
      throw Fault.from(thrown, { code: 'bad-model', path });
    });
    try {
      for (;;) {
        throwIfCancelled(signal);
        const { bytesRead } = await handle.read(piece, 0, piece.length, null);
        if (bytesRead === 0) break;
        hash.update(piece.subarray(0, bytesRead));
        onBytes?.(bytesRead);
      }
    } finally {
      await handle.close();
    }
  }
  return hash.digest('hex');
}

// ----------------------------------------------------------------------------------------------------------- using

/** A pack that lies ready. */
export interface Pack {
  readonly folder: string;
  readonly manifest: PackManifest;
  /** See packIdentity: what a calibration profile belongs to. */
  readonly identity: string;
  /** Path of the vision graph; its weights lie in the same folder. */
  readonly visionPath: string;
  /** For graphs of the text tower; resolve their external data against `folder`. */
  readonly textWeights: WeightFile;
  /** @throws Fault `bad-model`, or `unsupported` where there is no vocabulary and the table does not fit */
  tokeniser(): Promise<Tokeniser>;
}

/**
 * Opens a pack, after comparing all of its files with their hashes (`verify: false`: only their sizes).
 * @throws Fault `not-found`, or `bad-model` that names the file which is missing, cut or altered; `cancelled`
 */
export async function loadPack(folder: string, options: PackJob & { readonly verify?: boolean } = {}): Promise<Pack> {
  const { verify = true, ...job } = options;
  const manifest = await readManifest(folder);
  await checkFiles(folder, manifest, verify ? countBytes(job, packBytes(manifest)) : undefined);
  return {
    folder,
    manifest,
    identity: packIdentity(manifest),
    visionPath: join(folder, manifest.vision.graph),
    textWeights: manifest.text.weights,
    async tokeniser() {
      const { tokeniser, architecture } = manifest;
      if (tokeniser.kind === 'default-phrases') return createDefaultPhraseTokeniser(architecture.text.vocabularySize);
      const names = manifest.files.map(({ name }) => name);
      return loadTokeniser(findTokeniserFiles(folder, names) as TokeniserFiles);
    },
  };
}

/** As loadPack with verification, for its own sake. */
export async function verifyPack(folder: string, job: PackJob = {}): Promise<PackManifest> {
  return (await loadPack(folder, { ...job, verify: true })).manifest;
}

/**
 * Compares the sizes of a pack's files with the manifest, and with `hashing` their hashes.
 * @throws Fault `bad-model` that names the file which is missing, cut or altered; `cancelled`
 */
export async function checkFiles(folder: string, manifest: PackManifest, hashing?: WriteOptions): Promise<void> {
  for (const file of manifest.files) {
    const path = join(folder, file.name);
    const wrong = await whatIsWrong(path, file, hashing);
    if (wrong !== undefined)
      throw new Fault('bad-model', `${path} ${wrong}. Remove the model "${manifest.name}" and import it again.`, {
        path,
      });
  }
}

async function whatIsWrong(path: string, { bytes, sha256 }: PackFile, hashing: WriteOptions | undefined) {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return 'is missing';
  if (found.size !== bytes) return `has ${found.size} bytes instead of ${bytes}`;
  if (hashing && (await hashFiles([path], hashing)) !== sha256)
    return 'was altered: its SHA-256 is not the one recorded at import';
  return undefined;
}

export function packBytes({ files }: PackManifest): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A pack as a list shows it; one that cannot be used carries the reason. */
export interface PackListing {
  readonly folder: string;
  readonly name: string;
  readonly manifest?: PackManifest;
  readonly fault?: Fault;
}

/** All packs in a folder by name, sizes compared, hashes not. A folder that does not exist holds none. */
export async function listPacks(targetFolder: string): Promise<PackListing[]> {
  const entries = await readdir(targetFolder, { withFileTypes: true }).catch((thrown: unknown) => {
    const fault = Fault.from(thrown, { path: targetFolder });
    if (fault.code === 'not-found') return [];
    throw fault;
  });
  const listings: PackListing[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const folder = join(targetFolder, entry.name);
    listings.push(
      await loadPack(folder, { verify: false }).then(
        ({ manifest }) => ({ folder, name: entry.name, manifest }),
        (thrown: unknown) => ({ folder, name: entry.name, fault: Fault.from(thrown, { path: folder }) }),
      ),
    );
  }
  return listings.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Removes a pack. Its folder is first renamed, so that no half-removed pack is ever listed.
 * @throws Fault `not-found` where there is no pack of that name
 */
export async function removePack(targetFolder: string, name: string): Promise<void> {
  const folder = join(targetFolder, name);
  const isThere = packNamePattern.test(name) && (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  if (!isThere) throw new Fault('not-found', `There is no model named "${name}".`, { path: folder });
  const partial = join(targetFolder, `${partialPrefix}${process.pid}-${randomUUID()}`);
  await rename(folder, partial).catch((thrown: unknown) => {
    throw Fault.from(thrown, { path: folder });
  });
  await rm(partial, { recursive: true, force: true });
}

/** The figures of a pack that lists show (`models list` of the command line). */
export interface PackSummary {
  readonly name: string;
  readonly source: string;
  readonly family: string;
  readonly imageSize: number;
  /** Pixels per token along a side, of the finest tap. */
  readonly patch: number;
  readonly embedDim: number;
  /** Blocks that are read, counted from 1; the taps' numbers where the vision graph is no ViT. */
  readonly layersOut: readonly number[];
  /** Of the source's weights. */
  readonly sha256: string;
  readonly licence: string;
  /** Published model that the source is, verified by its hash. */
  readonly verifiedAs?: string;
  readonly bytes: number;
}

export function summarisePack(manifest: PackManifest): PackSummary {
  const { name, family, licence, source, vision, architecture } = manifest;
  return {
    name,
    source: source.format,
    family,
    imageSize: vision.imageSize,
    patch: vision.imageSize / Math.max(...vision.taps.map(({ grid }) => grid)),
    embedDim: architecture.embedDim,
    layersOut: manifest.family === 'clip-vit' ? manifest.layers : vision.taps.map((_, i) => i + 1),
    sha256: source.sha256,
    licence,
    ...(source.verifiedAs === undefined ? {} : { verifiedAs: source.verifiedAs }),
    bytes: packBytes(manifest),
  };
}
