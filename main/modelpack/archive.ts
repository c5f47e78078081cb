/** A pack as one file, to carry it to another machine: `.mclip`, a zip of the pack's files, uncompressed. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../fault.ts';
import { decodeManifest, encodeManifest, manifestName, type PackFile, readManifest } from './manifest.ts';
import { checkFiles, countBytes, intoPlace, loadPack, type Pack, type PackJob, packBytes } from './pack.ts';
import { HashedFile, type WriteOptions, writeFileHashed } from './pack-writer.ts';
import { openZip, writeZip, type ZipEntry, type ZipFile } from './zip.ts';

export const archiveSuffix = '.mclip';

/**
 * Packs a model into one file, after comparing its hashes: what is damaged does not travel. A file of that name is
 * replaced. The same pack gives the same bytes.
 * @throws Fault as loadPack; `disk-full`, `cancelled`
 */
export async function exportPack(folder: string, archivePath: string, job: PackJob = {}): Promise<void> {
  const manifest = await readManifest(folder);
  const step = countBytes(job, 2 * packBytes(manifest)); // once to compare, once to copy
  await checkFiles(folder, manifest, step);
  const names = [manifestName, ...manifest.files.map(({ name }) => name)];
  const partial = `${archivePath}.partial`;
  try {
    await rm(partial, { force: true });
    await writeZip(
      partial,
      names.map((name) => ({ name, path: join(folder, name) })),
      step,
    );
    await rename(partial, archivePath);
  } catch (thrown) {
    await rm(partial, { force: true });
    throw Fault.from(thrown, { path: archivePath });
  }
}

/**
 * Unpacks a model into `targetFolder`, under `name` or its own, comparing every hash on the way.
 * @throws Fault `bad-model` that names the archive and the file in it; `not-allowed` where there is a model of that
 * name; `disk-full`, `cancelled`
 */
export async function importArchive(
  archivePath: string,
  { targetFolder, name, ...job }: PackJob & { readonly targetFolder: string; readonly name?: string },
): Promise<Pack> {
  const zip = await openZip(archivePath);
  try {
    const own = decodeManifest(await zip.read(requireEntry(zip, manifestName)), join(archivePath, manifestName));
    const manifest = { ...own, name: name ?? own.name };
    const step = countBytes(job, packBytes(manifest));
    const folder = await intoPlace(targetFolder, manifest.name, packBytes(manifest), async (partial) => {
      for (const file of manifest.files) await unpackFile(zip, file, partial, step);
      await writeFileHashed(partial, manifestName, encodeManifest(manifest));
    });
    return await loadPack(folder, { verify: false });
  } finally {
    await zip.close();
  }
}

async function unpackFile(zip: ZipFile, { name, bytes, sha256 }: PackFile, folder: string, step: WriteOptions) {
  const entry = requireEntry(zip, name);
  const altered = new Fault('bad-model', `${zip.path} is damaged: ${name} in it was altered. Copy the file again.`, {
    path: zip.path,
  });
  if (entry.size !== bytes) throw altered;
  const file = await HashedFile.create(folder, name);
  try {
    for await (const piece of zip.stream(entry)) {
      if (step.signal?.aborted) throw new Fault('cancelled', 'Cancelled.');
      await file.append(piece);
      step.onBytes?.(piece.length);
    }
    if ((await file.finish()).sha256 !== sha256) throw altered;
  } catch (thrown) {
    await file.abandon();
    throw thrown;
  }
}

function requireEntry(zip: ZipFile, name: string): ZipEntry {
  const entry = zip.entries.get(name);
  if (entry === undefined)
    throw new Fault('bad-model', `${zip.path} is not a packed model, or incomplete: it has no ${name}.`, {
      path: zip.path,
    });
  return entry;
}
