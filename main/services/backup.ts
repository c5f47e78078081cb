/**
 * Backups: the database as a copy that is checked, and, where they are kept outside the data folder, the files that it
 * names. A folder of backups looks like this and can be restored from with `db restore FOLDER/mediclip-TIME.sqlite`:
 *
 *   mediclip-<time>.sqlite   the newest are kept, older ones removed once a newer one has been checked
 *   blobs/aa/<sha256>        as in the data folder; each is copied once
 *   audit.key                what the audit trail is verified with
 */
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { blobPath, blobSize, putFile } from '../store/blobs.ts';
import { checkDatabaseFile, openReadOnly } from '../store/database.ts';
import type { DataFolder } from '../store/folder.ts';
import { backupDatabase } from '../store/store.ts';
import { listReferencedBlobs } from '../store/sweep.ts';
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
  readonly removedBackups: number;
}

const NAME = /^mediclip-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)\.sqlite$/;

/** The newest first. @throws Fault where the folder cannot be read; a missing one has no backups */
async function listBackups(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((thrown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw Fault.from(thrown, { code: 'bad-file', path: folder });
  });
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .reverse();
}

const folderOf = ({ store }: Workstation, plan: BackupPlan) => plan.folder ?? store.folder.backups;

/** Whether the last backup is older than the plan wants. A store without studies needs none. */
export async function isBackupDue(station: Workstation, plan: BackupPlan): Promise<boolean> {
  if (station.store.db.get('SELECT 1 FROM studies LIMIT 1') === undefined) return false;
  const [newest = ''] = await listBackups(folderOf(station, plan));
  const time = NAME.exec(newest)?.[1]?.replace(/T(\d\d)-(\d\d)-(\d\d)-(\d{3}Z)/, 'T$1:$2:$3.$4') ?? 0;
  return station.now().getTime() - new Date(time).getTime() >= plan.everyHours * 60 * 60 * 1000;
}

/**
 * Makes a backup while the store is in use, checks it, and removes the oldest.
 * @throws Fault `disk-full`, `bad-database` where the copy does not pass, `bad-file` where a stored file is damaged or the
 * folder cannot be written, `cancelled`. Earlier backups are as they were then.
 */
export async function makeBackup(station: Workstation, plan: BackupPlan, job: JobContext): Promise<BackupResult> {
  const folder = folderOf(station, plan);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path: folder });
  }
  const name = `mediclip-${station.now().toISOString().replaceAll(/[:.]/g, '-')}.sqlite`;
  const path = join(folder, name);
  record(station, 'database.backup', name);
  await backupDatabase(station.store, path);
  try {
    checkDatabaseFile(path);
    const copiedFiles = isInside(station.store.folder.root, folder) ? 0 : await copyFiles(station, path, folder, job);
    const old = (await listBackups(folder)).slice(plan.keep);
    for (const each of old) await rm(join(folder, each));
    return { path, copiedFiles, removedBackups: old.length };
  } catch (thrown) {
    await rm(path, { force: true });
    throw thrown;
  }
}

function isInside(root: string, folder: string): boolean {
  const way = relative(resolve(root), resolve(folder));
  return !way.startsWith('..') && resolve(root, way) === resolve(folder);
}

async function copyFiles(station: Workstation, database: string, folder: string, job: JobContext): Promise<number> {
  const source = station.store.folder;
  const target: DataFolder = { ...source, blobs: join(folder, 'blobs'), temporary: join(folder, 'tmp') };
  for (const part of [target.blobs, target.temporary]) await mkdir(part, { recursive: true });
  await copyFile(source.auditKey, join(folder, basename(source.auditKey)));
  const copy = openReadOnly(database);
  const wanted = listReferencedBlobs(copy);
  copy.close();
  let copied = 0;
  for (const [index, sha256] of wanted.entries()) {
    throwIfCancelled(job.signal);
    job.progress({ done: index, total: wanted.length, unit: 'files', note: 'Backing up the images' });
    if ((await blobSize(target, sha256)) !== null) continue;
    await copyBlob(source, target, sha256);
    copied += 1;
  }
  await rm(target.temporary, { recursive: true, force: true });
  return copied;
}

/** Files that the restored database names and the data folder lacks, from beside the backup. Returns how many came. */
export async function fetchMissingFiles(station: Workstation, backupFolder: string): Promise<number> {
  const target = station.store.folder;
  const source: DataFolder = { ...target, blobs: join(backupFolder, 'blobs') };
  let fetched = 0;
  for (const sha256 of listReferencedBlobs(station.store.db)) {
    if ((await blobSize(target, sha256)) !== null || (await blobSize(source, sha256)) === null) continue;
    await copyBlob(source, target, sha256);
    fetched += 1;
  }
  return fetched;
}

/** Copies and compares what was copied with its name. @throws Fault `bad-file` */
async function copyBlob(source: DataFolder, target: DataFolder, sha256: string): Promise<void> {
  const path = blobPath(source, sha256);
  const copied = await putFile(target, path);
  if (copied.sha256 === sha256) return;
  await rm(blobPath(target, copied.sha256));
  throw new Fault('bad-file', 'A stored file has changed on the disk since it was stored, so it is not copied.', {
    path,
  });
}
