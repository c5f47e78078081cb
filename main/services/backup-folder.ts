/**
 * Where backups lie. In the data folder, which saves from mistakes alone, there is nothing but databases. A folder elsewhere
 * takes several workstations, each with a folder of its own, and in it one for each key that its data were encrypted under,
 * so that none replaces what another one needs:
 *
 *   FOLDER/3F2A-91BC-0D11-77E4/      first half of the workstation's fingerprint (../store/station-key.ts)
 *     workstation.json               whose backups these are, for a person who looks for them
 *     plain/ or key-<name>/
 *       mediclip-<time>.sqlite       `db restore` takes it, with what lies beside it
 *       blobs/aa/<sha256>            the files that those databases name, as in the data folder
 *       audit.key                    what the audit trail is verified with
 *       keys.json                    the locked data key: the passphrase opens it
 */
import { existsSync } from 'node:fs';
import { copyFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import nodePath, { basename, dirname, join } from 'node:path';
import { Fault } from '../fault.ts';
import { databaseKey, keyName } from '../seal/keyring.ts';
import { openReadOnly } from '../store/database.ts';
import type { DataFolder } from '../store/folder.ts';
import { makePrivateFolder } from '../store/private-files.ts';
import { stationName } from '../store/station-key.ts';
import { listOrphanBlobs, listReferencedBlobs } from '../store/sweep.ts';
import type { Workstation } from './workstation.ts';

/** The folder that a backup goes to. */
export interface BackupFolder {
  readonly path: string;
  /** The files too, and not the database alone. */
  readonly holdsFiles: boolean;
}

/** @param outside from the administrator's policy; null for the data folder @throws Fault `bad-file` */
export function backupFolder(station: Workstation, outside: string | null): BackupFolder {
  const { folder } = station.store;
  if (outside === null || isInside(folder.root, outside)) return { path: folder.backups, holdsFiles: false };
  const forKey = folder.dataKey ? `${FOR_KEY}${keyName(folder.dataKey)}` : PLAIN;
  return { path: join(outside, stationName(folder), forKey), holdsFiles: true };
}

const PLAIN = 'plain';
const FOR_KEY = 'key-';

/** `path`: that of another system, for tests. */
export function isInside(root: string, folder: string, path: typeof nodePath = nodePath): boolean {
  const way = path.relative(path.resolve(root), path.resolve(folder));
  // Absolute from one drive of Windows to another.
  return !path.isAbsolute(way) && way.split(path.sep)[0] !== '..';
}

/** Makes the folder, with what a restore on another machine needs beside the database. @throws Fault `bad-file`, `disk-full` */
export async function prepareBackupFolder({ store: { folder } }: Workstation, into: BackupFolder): Promise<void> {
  try {
    makePrivateFolder(into.path);
    // What a process that was killed has left.
    for (const name of await readdir(into.path))
      if (name.includes(UNFINISHED)) await rm(join(into.path, name), { recursive: true });
    if (!into.holdsFiles) return;
    const whose = { computer: hostname(), dataFolder: folder.root };
    await writeFile(join(dirname(into.path), 'workstation.json'), `${JSON.stringify(whose, null, 2)}\n`, PRIVATE);
    for (const key of [folder.auditKey, folder.keys])
      if (existsSync(key)) await copyFile(key, join(into.path, basename(key)));
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path: into.path });
  }
}

const PRIVATE = { mode: 0o600 };

/** In the name of what is being written. */
export const UNFINISHED = '.unfinished';

const NAME = /^mediclip-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3}Z)\.sqlite$/;

export const backupName = (made: Date): string => `mediclip-${made.toISOString().replaceAll(/[:.]/g, '-')}.sqlite`;

/** When the newest backup of a folder was made; null where there is none. @throws Fault `bad-file` */
export async function newestBackup(folder: BackupFolder): Promise<Date | null> {
  const [newest] = await listBackups(folder.path);
  return newest === undefined ? null : new Date(basename(newest).replace(NAME, '$1T$2:$3:$4.$5'));
}

/** The newest first. A missing folder has none. @throws Fault `bad-file` where the folder cannot be read */
export async function listBackups(folder: string): Promise<readonly string[]> {
  const names = (await namesIn(folder)).filter((name) => NAME.test(name)).sort();
  return names.reverse().map((name) => join(folder, name));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return await readdir(folder).catch((thrown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw Fault.from(thrown, { code: 'bad-file', path: folder });
  });
}

/** This workstation's backups that nothing encrypts, where backups go to an encrypted folder now; null otherwise. */
export function plainSibling(folder: BackupFolder): string | null {
  const plain = join(dirname(folder.path), PLAIN);
  return folder.holdsFiles && plain !== folder.path && existsSync(plain) ? plain : null;
}

/**
 * Removes all backups of this workstation but the newest, under whichever key; then the folders that none is left in, and the
 * files that no database of this key names any more. Returns how many backups went.
 */
export async function removeOldBackups(station: Workstation, folder: BackupFolder, keep: number): Promise<number> {
  const folders = folder.holdsFiles ? await foldersOfStation(dirname(folder.path)) : [folder.path];
  const all = (await Promise.all(folders.map(listBackups))).flat();
  const old = all.sort((a, b) => basename(b).localeCompare(basename(a))).slice(keep);
  // Backups of earlier versions have these beside them.
  for (const path of old) for (const suffix of ['', '-wal', '-shm']) await rm(path + suffix, { force: true });
  for (const each of folders)
    if (each !== folder.path && (await listBackups(each)).length === 0) await rm(each, { recursive: true });
  if (folder.holdsFiles) await removeUnnamedFiles(station, folder);
  return old.length;
}

async function foldersOfStation(parent: string): Promise<readonly string[]> {
  const names = (await namesIn(parent)).filter((name) => name === PLAIN || name.startsWith(FOR_KEY));
  return names.map((name) => join(parent, name));
}

async function removeUnnamedFiles(station: Workstation, folder: BackupFolder): Promise<void> {
  const { dataKey } = station.store.folder;
  const kept = namedFiles(await listBackups(folder.path), dataKey && databaseKey(dataKey));
  for (const path of await listOrphanBlobs(filesOf(station, folder.path), kept)) await rm(path);
}

/** SHA-256 of every file that one of the databases names. @throws Fault `bad-database` */
export function namedFiles(databases: readonly string[], key: Uint8Array | null): ReadonlySet<string> {
  const named = new Set<string>();
  for (const path of databases) {
    const database = openReadOnly(path, key);
    try {
      for (const sha256 of listReferencedBlobs(database)) named.add(sha256);
    } finally {
      database.close();
    }
  }
  return named;
}

/** A folder of backups as a place for stored files, under this workstation's key. */
export function filesOf({ store }: Pick<Workstation, 'store'>, path: string): DataFolder {
  return { ...store.folder, blobs: join(path, 'blobs'), temporary: join(path, `tmp${UNFINISHED}`) };
}
