/** A folder as one zip archive. */
import { createWriteStream } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Zip, ZipPassThrough } from 'fflate';
import { Fault, throwIfCancelled } from '../fault.ts';

/** What a zip archive without its 64-bit extension holds. */
const LIMITS = { files: 65_535, bytes: 4 * 1024 ** 3 - 64 * 1024 * 1024 };

/**
 * Writes all files below a folder, uncompressed, into an archive that appears whole or not at all.
 * @throws Fault `bad-file` where they are too many or too large for a zip archive, or it cannot be written; `disk-full`,
 * `cancelled`
 */
export async function zipFolder(folder: string, archive: string, signal: AbortSignal): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  if (paths.length > LIMITS.files || sizes.reduce((sum, size) => sum + size, 0) > LIMITS.bytes)
    throw new Fault('bad-file', 'These are too many or too large files for one zip archive. Choose a folder instead.');
  const unfinished = `${archive}.unfinished`;
  try {
    const target = createWriteStream(unfinished, { mode: 0o600 });
    await pipeline(Readable.from(zipped(folder, paths.sort(), signal)), target, { signal });
    await rename(unfinished, archive);
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw Fault.from(thrown, { code: 'bad-file', path: archive });
  }
}

/** The archive's bytes, a file at a time. */
async function* zipped(folder: string, paths: readonly string[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((fault, chunk) => {
    if (fault) throw fault;
    ready.push(chunk);
  });
  for (const path of paths) {
    throwIfCancelled(signal);
    const entry = new ZipPassThrough(relative(folder, path).split(sep).join('/'));
    zip.add(entry);
    entry.push(await readFile(path), true);
    yield* ready.splice(0);
  }
  zip.end();
  yield* ready.splice(0);
}
