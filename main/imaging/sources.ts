import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { isDicomdir, readDicomdir } from './dicomdir.ts';
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

export interface CollectOptions {
  /** Folder for what comes out of zip archives. It must exist; the caller removes it when all is read. */
  readonly scratch?: string;
  readonly signal?: AbortSignal;
  readonly zipLimits?: ZipLimits;
}

/**
 * All files behind the given paths: files as they are, folders with everything below, a DICOMDIR with what it refers
 * to, zip archives unpacked into `scratch`. The order is that of the paths, then of the names, numbers by value.
 * A folder is walked whole even where it holds a DICOMDIR, since many discs list less than they carry.
 * Symbolic links to folders are not followed.
 * @throws Fault `cancelled`; anything else wrong with one path is yielded as `skipped`.
 */
export async function* collectFiles(
  paths: readonly string[],
  options: CollectOptions = {},
): AsyncGenerator<CollectedFile, void, undefined> {
  const budget = { archives: 0 };
  for (const path of paths) {
    throwIfCancelled(options.signal);
    yield* guarded(path, () => collectOne(path, options, budget));
  }
}

/** Turns a failure while a path is expanded into a `skipped` entry, so that the rest goes on. */
async function* guarded(
  label: string,
  expand: () => AsyncGenerator<CollectedFile, void, undefined>,
): AsyncGenerator<CollectedFile, void, undefined> {
  try {
    yield* expand();
  } catch (thrown) {
    const fault = Fault.from(thrown, { code: 'bad-file', path: label });
    if (fault.code === 'cancelled' || fault.code === 'disk-full') throw fault;
    yield { kind: 'skipped', label, fault };
  }
}

async function* collectOne(
  path: string,
  options: CollectOptions,
  budget: { archives: number },
): AsyncGenerator<CollectedFile, void, undefined> {
  const info = await stat(path);
  if (info.isDirectory()) yield* walk(path, options, budget);
  else if (!info.isFile()) throw new Fault('bad-file', 'This is neither a file nor a folder.', { path });
  else if (identify(path) === 'zip') yield* fromZip(path, options, budget);
  else if (identify(path) === 'dicom' && isDicomdir(path)) yield* fromDicomdir(path, options);
  else yield plainFile(path);
}

async function* walk(
  folder: string,
  options: CollectOptions,
  budget: { archives: number },
): AsyncGenerator<CollectedFile, void, undefined> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort(byNaturalName);
  for (const entry of entries) {
    throwIfCancelled(options.signal);
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* guarded(path, () => walk(path, options, budget));
    else if (entry.isFile() || entry.isSymbolicLink())
      yield* guarded(path, () => collectInFolder(path, entry, options, budget));
  }
}

async function* collectInFolder(
  path: string,
  entry: Dirent,
  options: CollectOptions,
  budget: { archives: number },
): AsyncGenerator<CollectedFile, void, undefined> {
  if (entry.isSymbolicLink() && !(await stat(path)).isFile()) return;
  if (identify(path) === 'zip') yield* fromZip(path, options, budget);
  else if (!/^DICOMDIR\b/i.test(entry.name)) yield plainFile(path);
}

async function* fromDicomdir(path: string, options: CollectOptions): AsyncGenerator<CollectedFile, void, undefined> {
  for (const reference of await readDicomdir(path)) {
    throwIfCancelled(options.signal);
    if (reference.path === null) {
      const fault = new Fault('not-found', `The DICOMDIR refers to ${reference.fileId}, which is not there.`, { path });
      yield { kind: 'skipped', label: reference.fileId, fault };
    } else yield plainFile(reference.path);
  }
}

async function* fromZip(
  path: string,
  options: CollectOptions,
  budget: { archives: number },
): AsyncGenerator<CollectedFile, void, undefined> {
  if (options.scratch === undefined)
    throw new Fault('usage', 'There is no folder to unpack this zip archive into.', { path });
  budget.archives += 1;
  const target = join(options.scratch, `archive-${budget.archives}`);
  for await (const entry of extractZip(path, target, { signal: options.signal, limits: options.zipLimits })) {
    const label = `${path}/${entry.name}`;
    if (entry.path === null) {
      const fault = new Fault('bad-file', entry.problem, { path: label });
      yield { kind: 'skipped', label, fault };
    } else if (!/^DICOMDIR\b/i.test(basename(entry.name)))
      yield { kind: 'file', path: entry.path, label, name: basename(entry.name), group: dirname(label) };
  }
}

function plainFile(path: string): CollectedFile {
  return { kind: 'file', path, label: path, name: basename(path), group: dirname(path) };
}

const natural = new Intl.Collator('en', { numeric: true });

/** `2` before `10`, and a fixed order for names that differ in case only. */
function byNaturalName(a: Dirent, b: Dirent): number {
  return natural.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
