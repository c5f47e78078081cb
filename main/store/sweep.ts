/** Files of the pixel store that nothing names: found, and removed when asked. */
import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openReadOnly, type ReadableDatabase } from './database.ts';
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
      if (!referenced.has(name)) orphans.push(join(folder.blobs, prefix, name));
  return orphans;
}

export interface Sweep {
  readonly removedFiles: number;
  readonly removedBytes: number;
}

/** A file appears before its row does, so the young ones may be about to be named. */
const YOUNG_MS = 24 * 60 * 60 * 1000;

/**
 * Removes blobs, and unfinished files, that neither the database nor any database kept beside it or in `backups/`
 * names. Those younger than a day stay.
 */
export async function sweepStore(folder: DataFolder, db: ReadableDatabase, now: Date): Promise<Sweep> {
  const referenced = new Set(listReferencedBlobs(db));
  for (const kept of await listKeptDatabases(folder)) {
    const other = openReadOnly(kept);
    try {
      for (const sha256 of listReferencedBlobs(other)) referenced.add(sha256);
    } finally {
      other.close();
    }
  }
  const unfinished = (await readdir(folder.temporary)).map((name) => join(folder.temporary, name));
  let removedFiles = 0;
  let removedBytes = 0;
  for (const path of [...(await listOrphanBlobs(folder, referenced)), ...unfinished]) {
    const { size, mtimeMs } = await stat(path);
    if (now.getTime() - mtimeMs < YOUNG_MS) continue;
    await rm(path, { recursive: true });
    removedFiles += 1;
    removedBytes += size;
  }
  return { removedFiles, removedBytes };
}

/** Databases that an upgrade, a restore or a backup left in the data folder. */
async function listKeptDatabases(folder: DataFolder): Promise<readonly string[]> {
  const beside = (await readdir(folder.root))
    .filter((name) => /^workstation\.sqlite\.(before|schema)-/.test(name) && !/-(wal|shm)$/.test(name))
    .map((name) => join(dirname(folder.database), name));
  const backups = existsSync(folder.backups) ? await readdir(folder.backups) : [];
  return [...beside, ...backups.filter((name) => name.endsWith('.sqlite')).map((name) => join(folder.backups, name))];
}
