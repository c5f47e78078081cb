/** Files of the pixel store that nothing names: found, and removed when asked. */
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { databaseKey } from '../seal/keyring.ts';
import { hasBlob, SEALED, storedFile } from './blobs.ts';
import { isPlainDatabase, openReadOnly, type ReadableDatabase } from './database.ts';
import type { DataFolder } from './folder.ts';

/**
 * SHA-256 of every blob that a row names. A blob's column is called `..._sha256`, in whichever table, so that no table
 * can be forgotten here; only `model_sha256` names something else.
 */
export function listReferencedBlobs(db: ReadableDatabase): readonly string[] {
  const columns = db.all<{ tableName: string; columnName: string }>(
    `SELECT tables.name AS tableName, columns.name AS columnName
     FROM sqlite_master AS tables, pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND columns.name LIKE '%sha256' AND columns.name <> 'model_sha256' AND tables.name NOT LIKE 'sqlite_%'`,
  );
  const named = columns.flatMap(({ tableName, columnName }) =>
    db.all<{ sha256: string | null }>(`SELECT DISTINCT "${columnName}" AS sha256 FROM "${tableName}"`),
  );
  return [...new Set(named.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256])))];
}

/** Paths of blobs that no row names. */
export async function listOrphanBlobs(folder: DataFolder, referenced: ReadonlySet<string>): Promise<readonly string[]> {
  const orphans: string[] = [];
  for (const prefix of await readdir(folder.blobs))
    for (const name of await readdir(join(folder.blobs, prefix)))
      if (!referenced.has(basename(name, SEALED))) orphans.push(join(folder.blobs, prefix, name));
  return orphans;
}

export interface Sweep {
  readonly removedFiles: number;
  readonly removedBytes: number;
}

/** A file appears before its row does, so the young ones may be about to be named. */
const YOUNG_MS = 24 * 60 * 60 * 1000;

/**
 * Removes databases that were replaced long ago, and blobs that neither the database nor any database kept beside it or in
 * `backups/` names. Young ones stay.
 */
export async function sweepBlobs(folder: DataFolder, db: ReadableDatabase, now: Date): Promise<Sweep> {
  const replaced = await removeReplaced(folder, now);
  const referenced = new Set(listReferencedBlobs(db));
  for (const kept of await listKeptDatabases(folder)) {
    const other = openReadOnly(kept, isPlainDatabase(kept) || !folder.dataKey ? null : databaseKey(folder.dataKey));
    try {
      for (const sha256 of listReferencedBlobs(other)) referenced.add(sha256);
    } finally {
      other.close();
    }
  }
  const orphans = await removeOld(await listOrphanBlobs(folder, referenced), now);
  return {
    removedFiles: replaced.removedFiles + orphans.removedFiles,
    removedBytes: replaced.removedBytes + orphans.removedBytes,
  };
}

/** How long the database stays that an upgrade or a restore replaced, ms: it names patients, removed ones too. */
const REPLACED_MS = 30 * YOUNG_MS;
const REPLACED = /\.(?:before|schema-\d+)-(\d{4}-\d\d-\d\d)T[\d-]+Z$/;

async function removeReplaced(folder: DataFolder, now: Date): Promise<Sweep> {
  const beside = (await listKeptDatabases(folder)).filter((path) => {
    const day = REPLACED.exec(path)?.[1];
    return day !== undefined && now.getTime() - Date.parse(day) >= REPLACED_MS;
  });
  let removedBytes = 0;
  for (const path of beside) {
    removedBytes += (await stat(path)).size;
    for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
  }
  return { removedFiles: beside.length, removedBytes };
}

/**
 * Removes those of some blobs that the database does not name any more, without the day that a sweep waits; the very newest
 * stay for it, since another process may be about to name them.
 */
export async function removeUnnamed(
  folder: DataFolder,
  db: ReadableDatabase,
  sha256s: readonly string[],
  now: Date,
): Promise<Sweep> {
  const named = new Set(listReferencedBlobs(db));
  const unnamed = sha256s.filter((sha256) => !named.has(sha256) && hasBlob(folder, sha256));
  return await removeOld(
    unnamed.map((sha256) => storedFile(folder, sha256).path),
    now,
    BEING_STORED_MS,
  );
}

const BEING_STORED_MS = 60 * 60 * 1000;

/** Removes unfinished files, those aside that `inUse` knows by name. Young ones stay. */
export async function sweepUnfinished(
  { temporary }: DataFolder,
  now: Date,
  inUse: (name: string) => boolean,
): Promise<Sweep> {
  const left = (await readdir(temporary)).filter((name) => !inUse(name));
  return await removeOld(
    left.map((name) => join(temporary, name)),
    now,
  );
}

async function removeOld(paths: readonly string[], now: Date, youngMs = YOUNG_MS): Promise<Sweep> {
  let removedFiles = 0;
  let removedBytes = 0;
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path);
    if (now.getTime() - mtimeMs < youngMs) continue;
    await rm(path, { recursive: true });
    removedFiles += 1;
    removedBytes += size;
  }
  return { removedFiles, removedBytes };
}

/** Databases that an upgrade, a restore or a backup left in the data folder. */
export async function listKeptDatabases(folder: DataFolder): Promise<readonly string[]> {
  const beside = (await readdir(folder.root))
    .filter((name) => /^workstation\.sqlite\.(before|schema)-/.test(name) && !/-(wal|shm)$/.test(name))
    .map((name) => join(dirname(folder.database), name));
  const backups = existsSync(folder.backups) ? await readdir(folder.backups) : [];
  return [...beside, ...backups.filter((name) => name.endsWith('.sqlite')).map((name) => join(folder.backups, name))];
}
