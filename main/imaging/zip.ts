import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { Fault, throwIfCancelled } from '../fault.ts';
import { MAX_FILE_BYTES } from './limits.ts';

/** What an archive may hold, so that a zip bomb is refused before it fills the disk. */
export interface ZipLimits {
  readonly maxEntries: number;
  readonly maxEntryBytes: number;
  /** All entries together, unpacked. */
  readonly maxTotalBytes: number;
}

export const ZIP_LIMITS: ZipLimits = {
  maxEntries: 200_000,
  maxEntryBytes: MAX_FILE_BYTES,
  maxTotalBytes: 64 * 1024 ** 3,
};

/** One file of an archive as its directory lists it. */
export interface ZipEntry {
  /** With forward slashes, only ever shown: nothing is written under it. */
  readonly name: string;
  /** Unpacked size, bytes. */
  readonly size: number;
}

/** One unpacked file, or, with `path` null, one that could not be unpacked. */
export type UnpackedEntry =
  | { readonly name: string; readonly path: string }
  | { readonly name: string; readonly path: null; readonly problem: string };

interface ZipOptions {
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ZipLimits | undefined;
}

/**
 * The files of a zip archive, in the order of their names.
 * @throws Fault `bad-file` (damaged, or beyond the limits), `cancelled`, `not-found`.
 */
export async function listZip(path: string, options: ZipOptions = {}): Promise<ZipEntry[]> {
  const zip = await openZip(path);
  try {
    const entries = await readEntries(zip, path, options);
    return entries.map(({ name, entry }) => ({ name, size: entry.uncompressedSize }));
  } finally {
    zip.close();
  }
}

/**
 * Unpacks a zip archive file by file into `target`, under numbers instead of the names in the archive. Each file is
 * yielded once it lies there whole; a damaged or encrypted one is yielded as a problem and the rest goes on.
 * @throws Fault `bad-file` (archive damaged, or beyond the limits), `cancelled`, `disk-full`, `not-found`.
 */
export async function* extractZip(
  path: string,
  target: string,
  options: ZipOptions = {},
): AsyncGenerator<UnpackedEntry, void, undefined> {
  const zip = await openZip(path);
  try {
    const entries = await readEntries(zip, path, options);
    await mkdir(target, { recursive: true });
    for (const [index, { name, entry }] of entries.entries()) {
      throwIfCancelled(options.signal);
      yield await unpack(zip, entry, name, join(target, String(index)), options.signal);
    }
  } finally {
    zip.close();
  }
}

async function openZip(path: string): Promise<ZipFile> {
  try {
    return await yauzl.openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false });
  } catch (thrown) {
    throw damagedZip(thrown, path);
  }
}

interface NamedEntry {
  readonly name: string;
  readonly entry: Entry;
}

const natural = new Intl.Collator('en', { numeric: true });

async function readEntries(zip: ZipFile, path: string, options: ZipOptions): Promise<NamedEntry[]> {
  const limits = options.limits ?? ZIP_LIMITS;
  const tooMuch = (what: string) =>
    new Fault('bad-file', `This zip archive holds ${what}. Unpack it yourself and import the folder.`, { path });
  const entries: NamedEntry[] = [];
  let total = 0;
  try {
    for await (const entry of zip.eachEntry()) {
      throwIfCancelled(options.signal);
      const name = entryName(entry);
      if (name.endsWith('/')) continue; // a folder
      total += entry.uncompressedSize;
      if (entries.length >= limits.maxEntries) throw tooMuch(`more than ${limits.maxEntries} files`);
      if (entry.uncompressedSize > limits.maxEntryBytes) throw tooMuch(`a file of ${entry.uncompressedSize} bytes`);
      if (total > limits.maxTotalBytes) throw tooMuch(`more than ${limits.maxTotalBytes} bytes`);
      entries.push({ name, entry });
    }
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : damagedZip(thrown, path);
  }
  return entries.sort((a, b) => natural.compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
}

async function unpack(
  zip: ZipFile,
  entry: Entry,
  name: string,
  file: string,
  signal: AbortSignal | undefined,
): Promise<UnpackedEntry> {
  if (!entry.canDecodeFileData())
    return {
      name,
      path: null,
      problem: 'This file is encrypted or packed in an unusual way. Unpack the archive yourself.',
    };
  try {
    const content = await zip.openReadStreamPromise(entry); // stops where the size is not the declared one
    await pipeline(content, createWriteStream(file, { flags: 'wx' }), ...(signal ? [{ signal }] : []));
    return { name, path: file };
  } catch (thrown) {
    await rm(file, { force: true });
    const fault = Fault.from(thrown);
    if (fault.code === 'cancelled' || fault.code === 'disk-full') throw fault;
    return { name, path: null, problem: 'This file is damaged inside its zip archive.' };
  }
}

/** The entry's name for people: decoded as the archive says, with forward slashes and without control characters. */
function entryName(entry: Entry): string {
  const name = yauzl.getFileNameLowLevel(
    entry.generalPurposeBitFlag,
    entry.fileNameRaw,
    yauzl.parseExtraFields(entry.extraFieldRaw),
    false,
  );
  return [...name].filter((character) => character >= ' ').join('');
}

function damagedZip(thrown: unknown, path: string): Fault {
  const fault = Fault.from(thrown, { code: 'bad-file', path });
  if (fault.code !== 'bad-file') return fault;
  return new Fault('bad-file', 'This zip archive is damaged. Download or copy it again.', { path, cause: thrown });
}
