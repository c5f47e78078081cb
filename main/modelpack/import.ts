/** Brings models into the folder of packs: published checkpoints, and packs that travelled as one file. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Fault } from '../fault.ts';
import { visionGraph, visionTaps } from '../method/clip/vision.ts';
import { archiveSuffix, importArchive } from './archive.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { defaultLayers, officialModels, type PackPrecision } from './manifest.ts';
import {
  countBytes,
  createPack,
  hashFiles,
  loadPack,
  type Pack,
  type PackContent,
  type PackJob,
  storedSize,
} from './pack.ts';
import { loadTokeniser } from './tokeniser.ts';

export interface ImportOptions extends PackJob {
  /** Folder of all packs. */
  readonly targetFolder: string;
  /** The published name or the file's, where it is left out. */
  readonly name?: string;
  /** Blocks to read, counted from 1; `defaultLayers` where left out. */
  readonly layers?: readonly number[];
  /** Side of the input in pixels; the checkpoint's own where left out. */
  readonly imageSize?: number;
  /** `float16` halves the files and is widened when the model is opened, so that it then takes more memory. */
  readonly precision?: PackPrecision;
  /** SPDX identifier, where the person importing knows it. */
  readonly licence?: string;
  /** See CheckpointOptions. */
  readonly textHeads?: number;
}

/**
 * Brings in the model at `sourcePath`: a checkpoint (see openCheckpoint) or a packed `.mclip`.
 *
 * A checkpoint is read twice, to hash it and to convert it, with one tensor in memory at a time; progress counts the
 * bytes hashed and the bytes written. Of the options a packed model heeds only its name.
 * @throws Fault `not-found`; `bad-model` for a damaged file or another family of model; `not-allowed` where there is a
 * model of that name; `usage` for layers or a size that the model does not have; `disk-full`, `cancelled`. After any of
 * them nothing is left in the target folder.
 */
export async function importModel(sourcePath: string, options: ImportOptions): Promise<Pack> {
  const source = resolve(sourcePath);
  if (source.endsWith(archiveSuffix)) return importArchive(source, options);
  const checkpoint = await openCheckpoint(source, options);
  try {
    return await importCheckpoint(source, checkpoint, options);
  } catch (thrown) {
    const fault = Fault.from(thrown, { path: source });
    throw fault.path === undefined ? new Fault(fault.code, fault.message, { path: source, cause: thrown }) : fault;
  } finally {
    await checkpoint.close();
  }
}

async function importCheckpoint(source: string, checkpoint: Checkpoint, options: ImportOptions): Promise<Pack> {
  const { architecture, names, weights } = checkpoint;
  const { precision = 'float32', imageSize = architecture.imageSize } = options;
  const layers = options.layers ?? defaultLayers(architecture.vision.layers);
  const isVision = (name: string) => name.startsWith('visual.');
  await requireUsableTokeniser(checkpoint);

  const sourceBytes = await totalSize(weights);
  const step = countBytes(options, sourceBytes + storedSize(checkpoint, names, precision));
  const sha256 = await hashFiles(weights, step);
  const verifiedAs = officialModels[sha256];
  const content: PackContent = {
    family: 'clip-vit',
    architecture,
    layers: [...layers],
    name: options.name ?? suggestName(source, verifiedAs),
    licence: options.licence ?? (verifiedAs === undefined ? await statedLicence(source) : 'MIT'),
    source: {
      format: checkpoint.source,
      file: basename(weights.length === 1 ? weights[0] : source),
      sha256,
      bytes: sourceBytes,
      verifiedAs,
    },
    precision,
    normalisation: checkpoint.normalisation,
    imageSize,
    taps: visionTaps(architecture, layers, imageSize),
    tokeniserFiles: checkpoint.tokeniserFiles,
    reader: checkpoint,
    visionTensors: names.filter(isVision),
    textTensors: names.filter((name) => !isVision(name)),
    visionGraph: (places) => visionGraph({ architecture, weights: places, taps: layers, imageSize }),
  };
  return loadPack(await createPack(options.targetFolder, content, step), { verify: false });
}

async function totalSize(paths: readonly string[]): Promise<number> {
  let total = 0;
  for (const path of paths) total += (await stat(path)).size;
  return total;
}

/** A vocabulary that lies beside the weights must be theirs; better found out now than at the first calibration. */
async function requireUsableTokeniser({ tokeniserFiles, architecture }: Checkpoint): Promise<void> {
  if (tokeniserFiles === undefined) return;
  const { vocabularySize } = await loadTokeniser(tokeniserFiles);
  if (vocabularySize > architecture.text.vocabularySize)
    throw new Fault(
      'bad-model',
      `${tokeniserFiles.paths[0]} has ${vocabularySize} tokens, and the model beside it ${architecture.text.vocabularySize}.`,
      { path: tokeniserFiles.paths[0] },
    );
}

/** The licence that the model card names (YAML head of README.md, as on the Hugging Face hub). */
async function statedLicence(source: string): Promise<string> {
  const folder = (await stat(source)).isDirectory() ? source : dirname(source);
  const card = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '');
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? '';
  return /^licen[sc]e:\s*["']?([\w.+-]+)/m.exec(head)?.[1] ?? 'unknown';
}

function suggestName(source: string, verifiedAs: string | undefined): string {
  const own = verifiedAs?.replace('OpenAI CLIP ', '') ?? basename(source).replace(/\.(pt|safetensors)$/, '');
  const cleaned = own.replace(/[^A-Za-z0-9._@-]+/g, '-').replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9_-]+$/g, '');
  return cleaned.slice(0, 80) || 'model';
}
