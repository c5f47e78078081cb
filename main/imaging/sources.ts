import type { Dirent } from 'node:fs';
import { mkdtemp, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { readDicomdir } from './dicomdir.ts';
import { identify } from './identify.ts';
import { extractZip, type ZipLimits } from './zip.ts';

/** One file to read, or one that had to be left out. */
export type CollectedFile =
  | {
      readonly kind: 'file';
      /** Where its bytes lie now; inside the scratch folder for files from a zip. */
      readonly path: string;
      /** What to call it before a person: the path, or `archive.zip/inner/name`. */
      readonly label: string;
      /** Its own name, and the folder (or archive folder) that it shares with others: see `PhotoOrigin`. */
      readonly name: string;
      readonly group: string;
    }
  | { readonly kind: 'skipped'; readonly label: string; readonly fault: Fault };

export interface ExpandOptions {
  /** Folder for what comes out of zip archives. It must exist; the caller removes it when all is read. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  readonly zipLimits?: ZipLimits;
}

/** A file as a folder lists it, not opened yet. */
export type ListedFile =
  | (Extract<CollectedFile, { kind: 'file' }> & {
      /** Whether it was given by its own path. A DICOMDIR found in a folder is not followed: the folder is walked whole. */
      readonly chosen: boolean;
    })
  | Extract<CollectedFile, { kind: 'skipped' }>;

/**
 * All files behind the given paths, without opening any: files as they are, folders with everything below. The order is
 * that of the paths, then of the names, numbers by value. Symbolic links to folders are not followed.
 * @throws Fault `cancelled`; anything else wrong with one path is yielded as `skipped`.
 */
export async function* listFiles(
  paths: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<ListedFile, void, undefined> {
  for (const path of paths) {
    throwIfCancelled(signal);
    yield* guarded(path, () => listOne(path, signal));
  }
}

/**
 * The files inside a zip archive, unpacked into `scratch`, or those that a DICOMDIR refers to.
 * @throws Fault `bad-file`, `not-found`, `disk-full`, `cancelled`
 */
export async function* expandContainer(
  path: string,
  options: ExpandOptions = {},
): AsyncGenerator<CollectedFile, void, undefined> {
  if (identify(path) === 'zip') yield* fromZip(path, options);
  else yield* fromDicomdir(path, options);
}

/** Turns a failure while a path is expanded into a `skipped` entry, so that the rest goes on. */
async function* guarded<File>(
  label: string,
  expand: () => AsyncGenerator<File, void, undefined>,
): AsyncGenerator<File | Extract<CollectedFile, { kind: 'skipped' }>, void, undefined> {
  try {
    yield* expand();
  } catch (thrown) {
    const fault = Fault.from(thrown, { code: 'bad-file', path: label });
    if (fault.code === 'cancelled' || fault.code === 'disk-full') throw fault;
    yield { kind: 'skipped', label, fault };
  }
}

async function* listOne(path: string, signal?: AbortSignal): AsyncGenerator<ListedFile, void, undefined> {
  const info = await stat(path);
  if (info.isDirectory()) yield* walk(path, signal);
  else if (!info.isFile()) throw new Fault('bad-file', 'This is neither a file nor a folder.', { path });
  else yield { ...plainFile(path), chosen: true };
}

async function* walk(folder: string, signal?: AbortSignal): AsyncGenerator<ListedFile, void, undefined> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort(byNaturalName);
  for (const entry of entries) {
    throwIfCancelled(signal);
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* guarded(path, () => walk(path, signal));
    else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path))))
      yield { ...plainFile(path), chosen: false };
  }
}

async function leadsToFile(link: string): Promise<boolean> {
  return await stat(link).then(
    (info) => info.isFile(),
    () => false,
  );
}

async function* fromDicomdir(path: string, options: ExpandOptions): AsyncGenerator<CollectedFile, void, undefined> {
  for (const reference of await readDicomdir(path)) {
    throwIfCancelled(options.signal);
    if (reference.path === null) {
      const fault = new Fault('not-found', `The DICOMDIR refers to ${reference.fileId}, which is not there.`, { path });
      yield { kind: 'skipped', label: reference.fileId, fault };
    } else yield plainFile(reference.path);
  }
}

async function* fromZip(path: string, options: ExpandOptions): AsyncGenerator<CollectedFile, void, undefined> {
  if (options.scratch === undefined)
    throw new Fault('usage', 'There is no folder to unpack this zip archive into.', { path });
  const target = await mkdtemp(join(options.scratch, 'archive-'));
  for await (const entry of extractZip(path, target, { signal: options.signal, limits: options.zipLimits })) {
    const label = `${path}/${entry.name}`;
    if (entry.path === null) {
      const fault = new Fault('bad-file', entry.problem, { path: label });
      yield { kind: 'skipped', label, fault };
    } else yield { kind: 'file', path: entry.path, label, name: basename(entry.name), group: dirname(label) };
  }
}

function plainFile(path: string): Extract<CollectedFile, { kind: 'file' }> {
  return { kind: 'file', path, label: path, name: basename(path), group: dirname(path) };
}

const natural = new Intl.Collator('en', { numeric: true });

/** `2` before `10`, and a fixed order for names that differ in case only. */
function byNaturalName(a: Dirent, b: Dirent): number {
  return natural.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
