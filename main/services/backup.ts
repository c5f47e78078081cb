/**
 * Backups: the database as a copy that is checked, and, where they are kept outside the data folder, the files that it
 * names (backup-folder.ts says what lies where).
 */
import { copyFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { databaseKey } from '../seal/keyring.ts';
import { blobPath, copyBlob, hasBlob, sizeOfBlob, verifyBlob } from '../store/blobs.ts';
import { checkDatabaseFile, rekeyDatabase } from '../store/database.ts';
import type { DataFolder } from '../store/folder.ts';
import { makePrivateFolder } from '../store/private-files.ts';
import { backupDatabase } from '../store/store.ts';
import { listReferencedBlobs } from '../store/sweep.ts';
import {
  type BackupFolder,
  backupFolder,
  backupName,
  filesOf,
  listBackups,
  namedFiles,
  newestBackup,
  plainSibling,
  prepareBackupFolder,
  removeOldBackups,
  UNFINISHED,
} from './backup-folder.ts';
import type { JobContext } from './jobs.ts';
import { record, type Workstation } from './workstation.ts';

export interface BackupPlan {
  /** Where backups go; null for `backups/` of the data folder, which saves from mistakes but not from a broken disk. */
  readonly folder: string | null;
  readonly everyHours: number;
  /** How many databases are kept. */
  readonly keep: number;
}

export const DEFAULT_PLAN: BackupPlan = { folder: null, everyHours: 24, keep: 14 };

export interface BackupResult {
  readonly path: string;
  /** Files that were copied this time; none where backups lie in the data folder. */
  readonly copiedFiles: number;
  /** Earlier backups that were not encrypted and are now. */
  readonly sealedBackups: number;
  readonly removedBackups: number;
}

/** Whether the last backup is older than the plan wants. A store without studies needs none. @throws Fault `bad-file` */
export async function isBackupDue(station: Workstation, plan: BackupPlan): Promise<boolean> {
  if (station.store.db.get('SELECT 1 FROM studies LIMIT 1') === undefined) return false;
  const newest = await newestBackup(backupFolder(station, plan.folder));
  return newest === null || station.now().getTime() - newest.getTime() >= plan.everyHours * HOUR_MS;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Makes a backup while the store is in use, checks it, and removes the oldest. It appears under its name once every file
 * that it names is there.
 * @throws Fault `disk-full`, `bad-database` where the copy does not pass, `bad-file` where a stored file is damaged or the
 * folder cannot be written, `cancelled`. Earlier backups are as they were then.
 */
export async function makeBackup(station: Workstation, plan: BackupPlan, job: JobContext): Promise<BackupResult> {
  const folder = backupFolder(station, plan.folder);
  await prepareBackupFolder(station, folder);
  const name = backupName(station.now());
  const path = join(folder.path, name);
  record(station, 'database.backup', name);
  const unfinished = path + UNFINISHED;
  try {
    await backupDatabase(station.store, unfinished);
    checkDatabaseFile(unfinished, keyOf(station));
    const copiedFiles = folder.holdsFiles ? await copyFiles(station, unfinished, folder, job) : 0;
    await rename(unfinished, path);
    const sealedBackups = await sealPlainBackups(station, folder, job);
    const removedBackups = await removeOldBackups(station, folder, plan.keep);
    return { path, copiedFiles, sealedBackups, removedBackups };
  } finally {
    await rm(unfinished, { force: true });
    await rm(filesOf(station, folder.path).temporary, { recursive: true, force: true });
  }
}

const keyOf = ({ store: { folder } }: Workstation) => folder.dataKey && databaseKey(folder.dataKey);

/** Returns how many files were copied: those that are missing there, or are not any more what they should be. */
async function copyFiles(station: Workstation, database: string, folder: BackupFolder, job: JobContext) {
  const target = placeForFiles(station, folder);
  const source = station.store.folder;
  const wanted = [...namedFiles([database], keyOf(station))];
  let copied = 0;
  for (const [done, sha256] of wanted.entries()) {
    throwIfCancelled(job.signal);
    job.progress({ done, total: wanted.length, unit: 'files', note: 'Backing up the images' });
    if (await isWhole(source, target, sha256, station.now())) continue;
    await rm(blobPath(target, sha256), { force: true });
    await copyBlob(source, target, sha256);
    copied += 1;
  }
  return copied;
}

function placeForFiles(station: Workstation, folder: BackupFolder): DataFolder {
  const place = filesOf(station, folder.path);
  for (const part of [place.blobs, place.temporary]) makePrivateFolder(part);
  return place;
}

/** After how long a file of a backup is read again from beginning to end, ms. To read all of them daily would take hours. */
const TRUSTED_MS = 30 * 24 * HOUR_MS;

/**
 * Whether a file of a backup is what it should be: there, sealed where the store is, as long as its original, and, when it
 * was last read back too long ago, the same bytes. The time of its last change says when that was.
 */
async function isWhole(source: DataFolder, target: DataFolder, sha256: string, now: Date): Promise<boolean> {
  const path = blobPath(target, sha256);
  const found = await stat(path).catch(() => null);
  if (!found) return false;
  try {
    if (sizeOfBlob(target, sha256) !== sizeOfBlob(source, sha256)) return false;
    if (now.getTime() - found.mtimeMs < TRUSTED_MS) return true;
    await verifyBlob(target, sha256);
    await utimes(path, now, now);
    return true;
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === 'bad-file') return false;
    throw thrown;
  }
}

/**
 * What was backed up before the data folder was encrypted would stay readable: those backups come over under the key, and what
 * nothing encrypts is removed. Returns how many backups came.
 */
async function sealPlainBackups(station: Workstation, folder: BackupFolder, job: JobContext): Promise<number> {
  const plain = plainSibling(folder);
  if (plain === null) return 0;
  const databases = (await listBackups(plain)).filter(isIntact);
  const source: DataFolder = { ...filesOf(station, plain), dataKey: null };
  const target = placeForFiles(station, folder);
  const wanted = [...namedFiles(databases, null)];
  for (const [done, sha256] of wanted.entries()) {
    throwIfCancelled(job.signal);
    job.progress({ done, total: wanted.length, unit: 'files', note: 'Encrypting earlier backups' });
    if (!hasBlob(target, sha256) && hasBlob(source, sha256))
      await copyBlob(source, target, sha256).catch(unlessDamaged);
  }
  for (const database of databases) {
    const sealed = join(folder.path, basename(database));
    await copyFile(database, sealed + UNFINISHED);
    rekeyDatabase(sealed + UNFINISHED, null, keyOf(station));
    await rename(sealed + UNFINISHED, sealed);
  }
  await rm(plain, { recursive: true });
  return databases.length;
}

/** A damaged backup, or a damaged file of one, restores nothing: it is left out. */
function isIntact(database: string): boolean {
  try {
    checkDatabaseFile(database, null);
    return true;
  } catch (thrown) {
    unlessDamaged(thrown);
    return false;
  }
}

function unlessDamaged(thrown: unknown): void {
  if (!(thrown instanceof Fault && (thrown.code === 'bad-file' || thrown.code === 'bad-database'))) throw thrown;
}

/**
 * Files that the restored database names and the data folder lacks, from beside the backup. Returns how many came.
 * @param backupKey what those are sealed with, where they are
 */
export async function fetchMissingFiles(
  station: Workstation,
  backupFolder: string,
  backupKey: Uint8Array | null,
): Promise<number> {
  const target = station.store.folder;
  const source: DataFolder = { ...target, dataKey: backupKey, blobs: join(backupFolder, 'blobs') };
  let fetched = 0;
  for (const sha256 of listReferencedBlobs(station.store.db)) {
    if (hasBlob(target, sha256) || !hasBlob(source, sha256)) continue;
    await copyBlob(source, target, sha256);
    fetched += 1;
  }
  return fetched;
}
