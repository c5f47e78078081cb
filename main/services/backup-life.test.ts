/** Backups over the life of a site: several workstations, encryption that comes and goes, studies that are to be forgotten. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, win32 } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { verifyAudit } from '../store/audit.ts';
import { blobPath } from '../store/blobs.ts';
import { checkStore } from '../store/store.ts';
import { listReferencedBlobs } from '../store/sweep.ts';
import { isBackupDue, makeBackup } from './backup.ts';
import { isInside } from './backup-folder.ts';
import { importPaths } from './import.ts';
import { applyRetention } from './retention.ts';
import { repair, restore } from './upkeep.ts';
import { adoptKeys, decryptFolder, encryptFolder, unlockBackup, unlockByPassphrase } from './vault.ts';
import { listWorklist } from './worklist.ts';
import { openWorkstation, type Tools, type Workstation } from './workstation.ts';

const PASSPHRASE = 'correct horse battery staple';
const NAME = 'FICTIONAL';
const DAY_MS = 24 * 60 * 60 * 1000;

/** What opens a workstation's data folder on a later day, and the day. */
interface Site {
  readonly root: string;
  readonly tools: Tools;
  day: number;
}

/** A data folder with a study of two images. */
async function site(number: number): Promise<Site> {
  const { store, ...tools } = testWorkstation();
  const found: Site = { root: store.folder.root, day: 0, tools: { ...tools, now: () => later(found) } };
  await importPaths(
    { store, ...found.tools },
    writePhantomStudy(freshFolder(), { number, slices: 2 }).paths,
    testJob(),
  );
  store.db.close();
  return found;
}

const later = ({ day }: Site) => new Date(Date.now() + day * DAY_MS);

function opened({ root, tools }: Pick<Site, 'root' | 'tools'>, dataKey: Uint8Array | null = null): Workstation {
  const station = openWorkstation({ ...tools, dataKey }, root);
  onTestFinished(() => station.store.db.close());
  return station;
}

/** A backup of a closed data folder, a day after the one before. */
async function backUp(at: Site, folder: string, keep: number, dataKey: Uint8Array | null = null) {
  at.day += 1;
  const station = openWorkstation({ ...at.tools, dataKey }, at.root);
  try {
    return await makeBackup(station, { folder, everyHours: 24, keep }, testJob());
  } finally {
    station.store.db.close();
  }
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const filesWith = (folder: string, words: string) =>
  filesBelow(folder).filter((path) => readFileSync(path).includes(words));

/** Restores into an empty data folder, and looks whether everything is there. */
async function expectToRestore({ tools }: Site, backup: string, passphrase?: string): Promise<void> {
  const root = join(freshFolder(), 'new-machine');
  expect(await adoptKeys(root, backup)).toBe(passphrase !== undefined);
  const dataKey = passphrase === undefined ? null : await unlockByPassphrase(root, passphrase);
  await restore({ ...tools, dataKey }, root, backup);
  const { store } = opened({ root, tools }, dataKey);
  expect(await checkStore(store)).toMatchObject({ ok: true, missingFiles: [] });
  expect(listReferencedBlobs(store.db).length).toBeGreaterThan(0);
  expect(verifyAudit(store.db, store.folder)).toMatchObject({ ok: true });
}

it('can each be restored, whichever key the data had at the time', async () => {
  const at = await site(1);
  const folder = freshFolder();
  const firstKey = await encryptFolder(at.tools, at.root, PASSPHRASE, null, testJob());
  const first = await backUp(at, folder, 9, firstKey);
  await decryptFolder(at.tools, at.root, firstKey, testJob());
  const plain = await backUp(at, folder, 9);
  await expectToRestore(at, plain.path);
  const secondKey = await encryptFolder(at.tools, at.root, 'another long passphrase', null, testJob());
  const second = await backUp(at, folder, 9, secondKey);

  expect(second).toMatchObject({ copiedFiles: 2, sealedBackups: 1 });
  await expectToRestore(at, first.path, PASSPHRASE);
  await expectToRestore(at, second.path, 'another long passphrase');
  await expectToRestore(at, join(dirname(second.path), basename(plain.path)), 'another long passphrase');
  // Into the folder that has another key by now, too.
  const tools = { ...at.tools, dataKey: secondKey };
  await expect(restore(tools, at.root, first.path)).rejects.toMatchObject({ code: 'bad-database', path: first.path });
  rmSync(join(at.root, 'blobs'), { recursive: true });
  expect(await restore(tools, at.root, first.path, await unlockBackup(first.path, PASSPHRASE))).toMatchObject({
    fetchedFiles: 2,
  });
  expect(await checkStore(opened(at, secondKey).store)).toMatchObject({ ok: true, missingFiles: [] });
  expect(filesWith(at.root, NAME)).toEqual([]);

  // They go as they grow old, the last one of a key with its folder.
  expect(await backUp(at, folder, 1, secondKey)).toMatchObject({ removedBackups: 3, copiedFiles: 0 });
  expect(existsSync(dirname(first.path))).toBe(false);
});

it('that were made before the data folder was encrypted are sealed by the next one', async () => {
  const at = await site(1);
  const folder = freshFolder();
  const { path } = await backUp(at, folder, 9);
  expect(filesWith(folder, NAME)).not.toEqual([]);
  const dataKey = await encryptFolder(at.tools, at.root, PASSPHRASE, null, testJob());
  expect(await isBackupDue(opened(at, dataKey), { folder, everyHours: 24 * 30, keep: 9 })).toBe(true);
  const sealed = await backUp(at, folder, 9, dataKey);
  expect(sealed).toMatchObject({ copiedFiles: 2, sealedBackups: 1, removedBackups: 0 });
  for (const words of [NAME, 'DICM', 'SQLite format 3']) expect(filesWith(folder, words), words).toEqual([]);
  expect(existsSync(dirname(path))).toBe(false);
  await expectToRestore(at, join(dirname(sealed.path), basename(path)), PASSPHRASE);
});

it('of several workstations lie side by side in one folder and leave each other alone', async () => {
  const [a, b] = [await site(1), await site(2)];
  const folder = freshFolder();
  const first = await backUp(a, folder, 1);
  const plan = { folder, everyHours: 24, keep: 1 };
  expect(await isBackupDue(opened(b), plan)).toBe(true);
  const second = await backUp(b, folder, 1);
  expect(second).toMatchObject({ copiedFiles: 2, removedBackups: 0 });
  expect(readdirSync(folder)).toHaveLength(2);
  expect(JSON.parse(readFileSync(join(dirname(first.path), '..', 'workstation.json'), 'utf8'))).toMatchObject({
    dataFolder: a.root,
  });
  await expectToRestore(a, first.path);
  await expectToRestore(b, second.path);
});

it('hold no file that is not what it should be for long', async () => {
  const at = await site(1);
  const folder = freshFolder();
  const { path } = await backUp(at, folder, 2);
  const [cut = '', changed = ''] = filesBelow(join(dirname(path), 'blobs'));
  writeFileSync(cut, readFileSync(cut).subarray(1));
  expect(await backUp(at, folder, 2)).toMatchObject({ copiedFiles: 1 });
  const bytes = readFileSync(changed);
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
  writeFileSync(changed, bytes);
  const longAgo = new Date(Date.now() - 31 * DAY_MS);
  utimesSync(changed, longAgo, longAgo);
  const mended = await backUp(at, folder, 2);
  expect(mended.copiedFiles).toBe(1);
  await expectToRestore(at, mended.path);
});

it('forget what retention removed, once the last one that had it is gone', async () => {
  const at = await site(1);
  const folder = freshFolder();
  const { path } = await backUp(at, folder, 2);
  at.day += 30;
  const policy = { retention: { studyDays: 20 } };
  const station = openWorkstation({ ...at.tools, policy }, at.root);
  expect(await applyRetention(station, testJob())).toMatchObject({ removedStudies: 1, removedFiles: 2 });
  const { folder: data } = station.store;
  // While it is open, and with what SQLite keeps beside it.
  expect(filesWith(data.root, NAME)).toEqual([]);
  station.store.db.close();
  await backUp(at, folder, 2);
  expect(filesWith(folder, NAME)).not.toEqual([]);
  writeFileSync(`${path}-wal`, NAME); // as earlier versions left it
  expect(await backUp(at, folder, 2)).toMatchObject({ removedBackups: 1 });
  expect(filesWith(folder, NAME)).toEqual([]);
});

it('outlive by a month what they replaced, which a sweep then removes', async () => {
  const at = await site(1);
  const { path } = await backUp(at, freshFolder(), 2);
  const { kept } = await restore(at.tools, at.root, path);
  expect(kept && existsSync(kept)).toBe(true);
  at.day += 29;
  expect(await repair(opened(at))).toMatchObject({ removedFiles: 0 });
  at.day += 2;
  expect(await repair(opened(at))).toMatchObject({ removedFiles: 1 });
  expect(kept && existsSync(kept)).toBe(false);
});

/** Linux, as root: a folder that not even its owner can write to. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

it.runIf(canMount)('restore from a medium that nobody can write to', async ({ skip }) => {
  const at = await site(1);
  const medium = freshFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', medium], { stdio: 'ignore' });
  } catch {
    skip('Nothing can be mounted here.');
  }
  try {
    const { path } = await backUp(at, medium, 2);
    expect(readdirSync(dirname(path)).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,ro', medium]);
    await expectToRestore(at, path);
  } finally {
    execFileSync('umount', [medium]);
  }
});

it('is not put in the place of a database that a window has open', async () => {
  const at = await site(1);
  const { path } = await backUp(at, freshFolder(), 2);
  const window = opened(at);
  await importPaths(window, writePhantomStudy(freshFolder(), { number: 2 }).paths, testJob());
  await expect(restore(at.tools, at.root, path)).rejects.toMatchObject({
    code: 'timed-out',
    message: expect.stringContaining('Close every window and command of the application'),
  });
  await importPaths(window, writePhantomStudy(freshFolder(), { number: 3 }).paths, testJob());
  expect(readdirSync(at.root).filter((name) => name.includes('before'))).toEqual([]);
  window.store.db.close();
  expect(listWorklist(opened(at).store.db, [])).toHaveLength(3);
}, 60_000);

it('know their own data folder from another disk', () => {
  expect(isInside('/data', '/data')).toBe(true);
  expect(isInside('/data', '/data/backups')).toBe(true);
  expect(isInside('/data', '/data/..backups')).toBe(true);
  expect(isInside('/data', '/srv/data')).toBe(false);
  expect(isInside('C:\\data', 'D:\\backups', win32)).toBe(false);
  expect(isInside('C:\\data', 'c:\\data\\backups', win32)).toBe(true);
});

it.runIf(process.platform !== 'win32')('can be read by their owner alone', async () => {
  const at = await site(1);
  const { path } = await backUp(at, join(freshFolder(), 'made'), 2);
  for (const private_ of [path, join(dirname(path), 'blobs'), dirname(path)])
    expect(statSync(private_).mode & 0o077, private_).toBe(0);
  const [sha256 = ''] = listReferencedBlobs(opened(at).store.db);
  expect(statSync(blobPath({ blobs: join(dirname(path), 'blobs'), dataKey: null }, sha256)).mode & 0o077).toBe(0);
});
