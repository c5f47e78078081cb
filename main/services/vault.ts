/**
 * Encryption of a data folder: the database and every stored file under one data key, which a passphrase opens and, where
 * the site wants that, the operating system's key store (../seal/keyring.ts, docs/decisions/0010). Nothing of it can be
 * done while the store is open.
 */
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { VaultState } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import {
  type Keyring,
  newKeyring,
  readKeyring,
  type SystemKeys,
  unlockWithPassphrase,
  unlockWithSystem,
  withPassphrase,
  writeKeyring,
} from '../seal/keyring.ts';
import { convertStore } from '../store/convert.ts';
import { isPlainDatabase } from '../store/database.ts';
import { dataFolderAt } from '../store/folder.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import type { JobContext } from './jobs.ts';
import { openWorkstation, record, type Tools, type Workstation } from './workstation.ts';

export type { SystemKeys };

type ConversionJob = Pick<JobContext, 'signal' | 'progress'>;

const keyringOf = (root: string) => readKeyring(dataFolderAt(root).keys);

/** @throws Fault `bad-database` where the file of the keys is damaged */
export const isEncrypted = (root: string): boolean => keyringOf(root) !== null;

/** Which conversion of the folder was begun and not finished. */
export const unfinishedConversion = (root: string): Keyring['converting'] => keyringOf(root)?.converting ?? null;

/** A passphrase as the first line of a file: neither a process list nor a shell's history shows it. @throws Fault `not-found` */
export function readPassphrase(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  }
}

/** The data key from the operating system's key store; null where it keeps none, or the folder is not encrypted. */
export async function unlockBySystem(root: string, system: SystemKeys): Promise<Uint8Array | null> {
  const keyring = keyringOf(root);
  return keyring && (await unlockWithSystem(keyring, system));
}

/** @throws Fault `not-allowed` where the passphrase is wrong or the folder is not encrypted; nothing has changed then */
export async function unlockByPassphrase(root: string, passphrase: string): Promise<Uint8Array> {
  return await unlockWithPassphrase(requireKeyring(root), passphrase);
}

function requireKeyring(root: string): Keyring {
  const keyring = keyringOf(root);
  if (!keyring) throw new Fault('not-allowed', 'This data folder is not encrypted.', { path: root });
  return keyring;
}

/**
 * Encrypts a data folder, or goes on where that was interrupted. Returns the data key.
 * @param system where the key shall open by itself for this user on this machine; null for the passphrase alone
 * @throws Fault `usage` for a short passphrase, `not-allowed` where it is encrypted already, `timed-out` where the store is
 * open elsewhere, `disk-full`, `cancelled`
 */
export async function encryptFolder(
  tools: Tools,
  root: string,
  passphrase: string,
  system: SystemKeys | null,
  job: ConversionJob,
): Promise<Uint8Array> {
  const before = keyringOf(root);
  if (before?.converting === 'decrypt')
    throw new Fault('not-allowed', 'This data folder is being decrypted. Finish that first.', { path: root });
  if (before && !before.converting)
    throw new Fault('not-allowed', 'This data folder is encrypted already.', { path: root });
  const { keyring, dataKey } = before
    ? { keyring: before, dataKey: await unlockWithPassphrase(before, passphrase) }
    : await newKeyring(passphrase);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const { keys } = dataFolderAt(root);
  writeKeyring(keys, await heldBySystem(keyring, dataKey, system));
  await convert(root, dataKey, job).catch(async (thrown) => {
    // Nothing has been touched yet where the database was in use: as if it had not been asked for.
    if (thrown instanceof Fault && thrown.code === 'timed-out' && isPlainDatabase(dataFolderAt(root).database))
      await rm(keys);
    throw thrown;
  });
  note(tools, root, dataKey, 'store.encrypt');
  return dataKey;
}

/** @throws Fault `timed-out`, `disk-full`, `cancelled`; call it again to go on */
export async function decryptFolder(
  tools: Tools,
  root: string,
  dataKey: Uint8Array,
  job: ConversionJob,
): Promise<void> {
  const keyring = requireKeyring(root);
  if (keyring.converting === 'encrypt')
    throw new Fault('not-allowed', 'This data folder is being encrypted. Finish that first.', { path: root });
  writeKeyring(dataFolderAt(root).keys, { ...keyring, converting: 'decrypt' });
  await convert(root, dataKey, job);
  note(tools, root, null, 'store.decrypt');
}

/** Goes on with what was begun. Nothing where nothing was. */
export async function finishConversion(
  tools: Tools,
  root: string,
  dataKey: Uint8Array,
  job: ConversionJob,
): Promise<void> {
  const begun = unfinishedConversion(root);
  if (begun === null) return;
  await convert(root, dataKey, job);
  note(tools, root, begun === 'encrypt' ? dataKey : null, `store.${begun}`);
}

const convert = (root: string, dataKey: Uint8Array, { signal, progress }: ConversionJob) =>
  convertStore(root, dataKey, signal, ({ done, total }) => progress({ done, total, unit: 'files', note: '' }));

type Noted = 'store.encrypt' | 'store.decrypt' | 'store.passphrase';

function note(tools: Tools, root: string, dataKey: Uint8Array | null, action: Noted): void {
  const station = openWorkstation({ ...tools, dataKey }, root);
  record(station, action, '');
  station.store.db.close();
}

async function heldBySystem(keyring: Keyring, dataKey: Uint8Array, system: SystemKeys | null): Promise<Keyring> {
  if (system === null) return { ...keyring, system: null };
  if (system.name === null)
    throw new Fault(
      'unsupported',
      'This system has no key store that protects anything. Use the passphrase alone, or install GNOME Keyring or KWallet.',
    );
  const secret = Buffer.from(dataKey).toString('base64');
  return { ...keyring, system: Buffer.from(await system.protect(secret)).toString('base64') };
}

const LOCK_AFTER = 'window.lockAfterMinutes';
const DEFAULT_LOCK_MINUTES = 15;

/** Minutes without anybody at the computer after which the window locks; null where the folder is not encrypted. */
export function lockAfterMinutes({ store, policy }: Workstation): number | null {
  if (store.folder.dataKey === null) return null;
  return policy.lockAfterMinutes ?? Number(getSetting(store.db, LOCK_AFTER) ?? DEFAULT_LOCK_MINUTES);
}

/** @throws Fault `not-allowed` where the administrator has settled it */
export function setLockAfter(station: Workstation, minutes: number): void {
  if (station.policy.lockAfterMinutes !== undefined)
    throw new Fault('not-allowed', 'Your administrator has set after how long the window locks.');
  setSetting(station.store.db, LOCK_AFTER, String(minutes));
  record(station, 'window.lock-after', '', { minutes });
}

/** What the window shows of it. */
export function vaultState(station: Workstation, locked: boolean): VaultState {
  const keyring = keyringOf(station.store.folder.root);
  return {
    encrypted: keyring !== null,
    locked,
    bySystem: (keyring?.system ?? null) !== null,
    lockAfterMinutes: lockAfterMinutes(station) ?? DEFAULT_LOCK_MINUTES,
  };
}

/** Another passphrase for the same data: nothing is encrypted anew. @throws Fault `usage` where it is too short */
export async function changePassphrase(
  tools: Tools,
  root: string,
  dataKey: Uint8Array,
  passphrase: string,
): Promise<void> {
  writeKeyring(dataFolderAt(root).keys, await withPassphrase(requireKeyring(root), dataKey, passphrase));
  note(tools, root, dataKey, 'store.passphrase');
}

/**
 * What opens a backup that was encrypted under another key than the data folder's: its own locked key lies beside it.
 * @throws Fault `not-found` where none does, `not-allowed` where the passphrase is another one
 */
export async function unlockBackup(backup: string, passphrase: string): Promise<Uint8Array> {
  const beside = join(dirname(backup), basename(dataFolderAt('').keys));
  const keyring = readKeyring(beside);
  if (keyring) return await unlockWithPassphrase(keyring, passphrase);
  throw new Fault('not-found', 'The file with the key of this backup, keys.json, is not beside it.', { path: beside });
}

/**
 * Before an empty data folder is restored from an encrypted backup: takes the backup's locked key, which its passphrase
 * opens. False where the folder has a store of its own, or the backup is plain.
 */
export async function adoptKeys(root: string, backup: string): Promise<boolean> {
  const folder = dataFolderAt(root);
  const beside = join(dirname(backup), basename(folder.keys));
  if (existsSync(folder.database) || existsSync(folder.keys) || isPlainDatabase(backup) || !existsSync(beside))
    return false;
  await mkdir(root, { recursive: true, mode: 0o700 });
  await copyFile(beside, folder.keys);
  return true;
}
