/** The store: the data folder and the database in it, opened together. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../fault.ts';
import { acceptRestoredAudit } from './audit.ts';
import { blobSize, putFile } from './blobs.ts';
import { checkDatabaseFile, type OpenDatabase, type OpenOptions, openDatabase } from './database.ts';
import { type DataFolder, openDataFolder } from './folder.ts';
import { listOrphanBlobs, listReferencedBlobs } from './sweep.ts';

export interface Store {
  readonly folder: DataFolder;
  readonly db: OpenDatabase;
}

/** @throws Fault as openDataFolder and openDatabase do. */
export function openStore(root: string, options: OpenOptions = {}): Store {
  const folder = openDataFolder(root);
  return { folder, db: openDatabase(folder.database, options) };
}

export interface StoreCheck {
  readonly ok: boolean;
  /** What SQLite finds wrong. */
  readonly problems: readonly string[];
  /** Blobs that rows point at and that are not there. */
  readonly missingFiles: readonly string[];
  /** Blobs that no row points at: left by a crash, harmless. */
  readonly orphanFiles: number;
}

/** Integrity of the database, and whether every file that it names is there. */
export async function checkStore({ folder, db }: Store): Promise<StoreCheck> {
  const problems = db.check();
  const referenced = new Set(listReferencedBlobs(db));
  const missingFiles: string[] = [];
  for (const sha256 of referenced) if ((await blobSize(folder, sha256)) === null) missingFiles.push(sha256);
  const orphanFiles = (await listOrphanBlobs(folder, referenced)).length;
  return { ok: problems.length === 0 && missingFiles.length === 0, problems, missingFiles, orphanFiles };
}

/** Copies the database to `path` while it is in use; the copy appears whole or not at all. */
export async function backupDatabase({ db }: Store, path: string): Promise<void> {
  const unfinished = `${path}.${process.pid}.unfinished`;
  try {
    await db.backup(unfinished);
    await rename(unfinished, path);
  } catch (thrown) {
    throw Fault.from(thrown, { path });
  } finally {
    for (const left of [unfinished, `${unfinished}-wal`, `${unfinished}-shm`, `${unfinished}-journal`])
      await rm(left, { force: true });
  }
}

/**
 * Puts a backup in the database's place. What was there is kept beside it; its path is returned, or null where there was
 * nothing. No other process may have the store open.
 * @throws Fault `bad-database` where the backup is not a whole database of ours; nothing has changed then.
 */
export async function restoreDatabase(root: string, backup: string, now: Date): Promise<string | null> {
  const folder = openDataFolder(root);
  checkDatabaseFile(backup);
  const copy = await putFile({ ...folder, blobs: folder.temporary }, backup);
  const unfinished = join(folder.temporary, copy.sha256.slice(0, 2), copy.sha256);
  openDatabase(unfinished, { keepsOld: false }).close(); // upgraded, or refused where a newer version made it

  const kept = `${folder.database}.before-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
  let hadOne = true;
  for (const suffix of ['', '-wal', '-shm'])
    await rename(folder.database + suffix, kept + suffix).catch((thrown) => {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw Fault.from(thrown);
      if (suffix === '') hadOne = false;
    });
  await rename(unfinished, folder.database);
  const db = openDatabase(folder.database);
  try {
    acceptRestoredAudit(db, folder);
  } finally {
    db.close();
  }
  return hadOne ? kept : null;
}
