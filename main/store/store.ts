/** The store: the data folder and the database in it, opened together. */
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../fault.ts';
import { databaseKey, readKeyring } from '../seal/keyring.ts';
import { acceptRestoredAudit } from './audit.ts';
import { blobPath, hasBlob, putFile } from './blobs.ts';
import {
  checkDatabaseFile,
  isPlainDatabase,
  type OpenDatabase,
  type OpenOptions,
  openDatabase,
  rekeyDatabase,
  releaseDatabase,
} from './database.ts';
import { type DataFolder, dataFolderAt, openDataFolder } from './folder.ts';
import { listOrphanBlobs, listReferencedBlobs } from './sweep.ts';

export interface Store {
  readonly folder: DataFolder;
  readonly db: OpenDatabase;
}

export interface StoreOptions extends Omit<OpenOptions, 'key' | 'keepsOld'> {
  /** Opens an encrypted store; without meaning for a plain one. */
  readonly dataKey?: Uint8Array | null;
}

/**
 * @throws Fault as openDataFolder and openDatabase do; `not-allowed` where the store is encrypted and no key was given, or
 * is being converted
 */
export function openStore(root: string, { dataKey = null, ...options }: StoreOptions = {}): Store {
  const key = keyFor(root, dataKey);
  const folder = openDataFolder(root, key);
  return { folder, db: openDatabase(folder.database, { ...options, key: key && databaseKey(key) }) };
}

/** The data key where the folder is encrypted; null where it is not. */
function keyFor(root: string, dataKey: Uint8Array | null): Uint8Array | null {
  const { keys } = dataFolderAt(root);
  const keyring = readKeyring(keys);
  if (!keyring) return null;
  if (keyring.converting)
    throw new Fault('not-allowed', `This data folder is half converted. Run "db ${keyring.converting}" to its end.`, {
      path: root,
    });
  if (dataKey) return dataKey;
  throw new Fault('not-allowed', 'This data folder is encrypted. Unlock it with its passphrase first.', { path: root });
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
  for (const sha256 of referenced) if (!hasBlob(folder, sha256)) missingFiles.push(sha256);
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

export interface RestoreOptions {
  readonly now: Date;
  /** Opens the data folder where that is encrypted. */
  readonly dataKey?: Uint8Array | null;
  /** Opens the backup where it was encrypted under another key; the data folder's own unless given. */
  readonly backupKey?: Uint8Array | null;
}

/**
 * Puts a backup in the database's place. What was there is kept beside it; its path is returned, or null where there was
 * nothing. A data folder without a key of the audit trail takes the one beside the backup.
 * @throws Fault `bad-database` where the backup is not a whole database of ours, `timed-out` where another process has the
 * store open; nothing has changed then
 */
export async function restoreDatabase(
  root: string,
  backup: string,
  { now, dataKey = null, backupKey = dataKey }: RestoreOptions,
): Promise<string | null> {
  const ownKey = keyFor(root, dataKey);
  const folder = openDataFolder(root, ownKey);
  const key = ownKey && databaseKey(ownKey);
  const scratch = await mkdtemp(join(folder.temporary, 'restore-'));
  try {
    const copyAt = { ...folder, dataKey: null, blobs: scratch };
    const unfinished = blobPath(copyAt, (await putFile(copyAt, backup)).sha256);
    bringUpToDate(unfinished, backup, backupKey && databaseKey(backupKey), key);
    const auditKey = join(dirname(backup), basename(folder.auditKey));
    if (!existsSync(folder.auditKey) && existsSync(auditKey)) await copyFile(auditKey, folder.auditKey);
    const kept = await setAside(folder.database, key, now);
    await rename(unfinished, folder.database);
    const db = openDatabase(folder.database, { key });
    try {
      acceptRestoredAudit(db, folder);
    } finally {
      db.close();
    }
    return kept;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/**
 * Checks the copy of a backup, and gives it the data folder's key and the newest schema. The copy, since a database that has
 * a write-ahead log cannot be opened on a medium that nobody can write to.
 * @throws Fault `bad-database` about the backup
 */
function bringUpToDate(copy: string, backup: string, from: Uint8Array | null, to: Uint8Array | null): void {
  const present = isPlainDatabase(copy) ? null : from;
  if (present === null && !isPlainDatabase(copy))
    throw new Fault(
      'bad-database',
      'This is no backup, or one that is encrypted: then give its passphrase with --backup-passphrase-file, or restore it into an empty data folder with --passphrase-file.',
      { path: backup },
    );
  try {
    checkDatabaseFile(copy, present);
    if (!isSameKey(present, to)) rekeyDatabase(copy, present, to);
    openDatabase(copy, { keepsOld: false, key: to }).close(); // or refused where a newer version made it
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.path !== copy) throw thrown;
    throw new Fault(thrown.code, thrown.message, { path: backup, cause: thrown });
  }
}

const isSameKey = (a: Uint8Array | null, b: Uint8Array | null) =>
  a === null || b === null ? a === b : Buffer.from(a).equals(b);

/**
 * Moves the database out of the way once nobody has it open. Returns where it is now; null where there was none.
 * @throws Fault `timed-out` where another process has it open
 */
async function setAside(database: string, key: Uint8Array | null, now: Date): Promise<string | null> {
  if (!existsSync(database)) return null;
  try {
    releaseDatabase(database, key);
  } catch (thrown) {
    // One that is damaged is what restores are for.
    if (!(thrown instanceof Fault && thrown.code === 'bad-database')) throw thrown;
  }
  const kept = `${database}.before-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const suffix of ['', '-wal', '-shm'])
    await rename(database + suffix, kept + suffix).catch((thrown) => {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw Fault.from(thrown);
    });
  return kept;
}
