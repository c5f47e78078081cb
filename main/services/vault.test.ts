/** A data folder that is encrypted, used, backed up, restored and decrypted, with everything in it. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { noSystemKeys, testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { listAudit } from '../store/audit.ts';
import { blobPath, putBytes, readBlob } from '../store/blobs.ts';
import { checkStore } from '../store/store.ts';
import { listReferencedBlobs } from '../store/sweep.ts';
import { analyseStudy, openLatestAnalysis, openMap } from './analysis.ts';
import { makeBackup } from './backup.ts';
import { exportResults } from './exports.ts';
import { Images } from './images.ts';
import { importPaths } from './import.ts';
import { restore } from './upkeep.ts';
import {
  adoptKeys,
  changePassphrase,
  decryptFolder,
  encryptFolder,
  finishConversion,
  type SystemKeys,
  setLockAfter,
  unfinishedConversion,
  unlockByPassphrase,
  unlockBySystem,
  vaultState,
} from './vault.ts';
import { openWorkstation, type Tools, type Workstation } from './workstation.ts';

const PASSPHRASE = 'correct horse battery staple';
const NAME = 'FICTIONAL^CASE';

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const hashOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const filesWith = (folder: string, words: string) =>
  filesBelow(folder).filter((path) => readFileSync(path).includes(words));

/** A closed data folder with a signed study in it, and what opens it. */
async function filledFolder(): Promise<{ root: string; tools: Tools; study: string }> {
  const station = testWorkstation(brightnessEngine, { print: async () => Buffer.from('%PDF-1.7 of a test') });
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, lesion: 'intracerebral-bleed', slices: 3 });
  const { studyInstanceUid } = await signedStudy(station, paths);
  await makeBackup(station, { folder: null, everyHours: 24, keep: 2 }, testJob());
  station.store.db.close();
  const { store, ...tools } = station;
  return { root: store.folder.root, tools, study: studyInstanceUid };
}

function opened(tools: Tools, root: string, dataKey: Uint8Array | null): Workstation {
  const station = openWorkstation({ ...tools, dataKey }, root);
  onTestFinished(() => station.store.db.close());
  return station;
}

it('leaves no name and no image readable on the disk, and works as before', async () => {
  const { root, tools, study } = await filledFolder();
  expect(filesWith(root, NAME)).not.toEqual([]);
  const dataKey = await encryptFolder(tools, root, PASSPHRASE, null, testJob());
  expect(filesWith(root, NAME)).toEqual([]);
  expect(filesWith(root, 'DICM')).toEqual([]);
  expect(filesWith(root, 'SQLite format 3')).toEqual([]);

  const station = opened(tools, root, dataKey);
  expect(await checkStore(station.store)).toMatchObject({ ok: true, missingFiles: [], orphanFiles: 0 });
  const { id, frames } = openLatestAnalysis(station.store, study) ?? { id: '', frames: [] };
  const frame = frames[1]!;
  expect((await new Images(station).pixels(frame)).rows).toBe(96);
  expect((await new Images(station).thumbnail(frame)).length).toBeGreaterThan(0);
  expect((await openMap(station.store, id, frame)).data.length).toBeGreaterThan(0);
  const out = join(freshFolder(), 'export');
  const exported = await exportResults(station, study, out, ['sr', 'seg', 'sc'], testJob(), 'media');
  expect(filesWith(out, NAME).length).toBe(exported.length);
  const more = writePhantomStudy(freshFolder(), { number: 2, lesion: 'intracerebral-bleed' });
  expect(await importPaths(station, more.paths, testJob())).toMatchObject({ instances: 1, skipped: [] });
  const calibrationId = openLatestAnalysis(station.store, study)?.calibration.id ?? '';
  await analyseStudy(station, { studyInstanceUid: more.studyInstanceUid, calibrationId }, testJob());
  expect(openLatestAnalysis(station.store, more.studyInstanceUid)?.frames).toHaveLength(1);
  expect(filesWith(root, NAME)).toEqual([]);
});

it('opens with its passphrase alone; a wrong one is told so and changes nothing', async () => {
  const { root, tools } = await filledFolder();
  const dataKey = await encryptFolder(tools, root, PASSPHRASE, null, testJob());
  const before = filesBelow(root).map((path) => [path, hashOf(path)]);
  await expect(unlockByPassphrase(root, 'wrong horse battery staple')).rejects.toMatchObject({
    code: 'not-allowed',
    message: 'This passphrase does not open this data folder. Nothing was changed; try again.',
  });
  expect(() => openWorkstation(tools, root)).toThrowError(/is encrypted. Unlock it/);
  expect(() => openWorkstation({ ...tools, dataKey: new Uint8Array(32) }, root)).toThrowError(/does not open with/);
  expect(filesBelow(root).map((path) => [path, hashOf(path)])).toEqual(before);
  expect(await unlockByPassphrase(root, PASSPHRASE)).toEqual(dataKey);

  await changePassphrase(tools, root, dataKey, 'another long passphrase');
  await expect(unlockByPassphrase(root, PASSPHRASE)).rejects.toMatchObject({ code: 'not-allowed' });
  expect(await unlockByPassphrase(root, 'another long passphrase')).toEqual(dataKey);
  await expect(changePassphrase(tools, root, dataKey, 'short')).rejects.toMatchObject({ code: 'usage' });
  const station = openWorkstation({ ...tools, dataKey }, root);
  onTestFinished(() => station.store.db.close());
  setLockAfter(station, 5);
  expect(vaultState(station, false)).toMatchObject({ encrypted: true, lockAfterMinutes: 5 });
  const acts = listAudit(station.store.db).map(({ action }) => action);
  expect(acts.slice(-3)).toEqual(['store.encrypt', 'store.passphrase', 'window.lock-after']);
});

it('opens by itself where the system keeps the key, and asks where that is only a plain file', async () => {
  const { root, tools } = await filledFolder();
  await expect(encryptFolder(tools, root, PASSPHRASE, noSystemKeys, testJob())).rejects.toMatchObject({
    code: 'unsupported',
  });
  let kept = '';
  const system: SystemKeys = {
    name: 'test',
    protect: async (secret) => {
      kept = secret;
      return Buffer.from('a ticket');
    },
    reveal: async () => kept,
  };
  const dataKey = await encryptFolder(tools, root, PASSPHRASE, system, testJob());
  expect(await unlockBySystem(root, system)).toEqual(dataKey);
  expect(await unlockBySystem(root, noSystemKeys)).toBeNull();
  kept = 'reset';
  expect(await unlockBySystem(root, system)).toBeNull();
});

it('goes on where it was interrupted, and gives every byte back when it is decrypted', async () => {
  const { root, tools } = await filledFolder();
  const blobs = () => filesBelow(join(root, 'blobs')).map((path) => [path, hashOf(path)]);
  const before = blobs();
  const abort = new AbortController();
  const stopping = testJob({ signal: abort.signal, progress: ({ done }) => done >= 2 && abort.abort() });
  await expect(encryptFolder(tools, root, PASSPHRASE, null, stopping)).rejects.toMatchObject({ code: 'cancelled' });
  expect(unfinishedConversion(root)).toBe('encrypt');
  const dataKey = await unlockByPassphrase(root, PASSPHRASE);
  expect(() => openWorkstation({ ...tools, dataKey }, root)).toThrowError(/half converted/);
  await finishConversion(tools, root, dataKey, testJob());
  expect(unfinishedConversion(root)).toBeNull();
  expect(blobs().every(([path]) => path?.endsWith('.sealed'))).toBe(true);

  await decryptFolder(tools, root, dataKey, testJob());
  expect(blobs()).toEqual(before);
  expect(await checkStore(opened(tools, root, null).store)).toMatchObject({ ok: true, missingFiles: [] });
});

it('waits for whoever has the store open, and is then as if it had not been asked for', async () => {
  const { root, tools } = await filledFolder();
  const other = openWorkstation(tools, root);
  await expect(encryptFolder(tools, root, PASSPHRASE, null, testJob())).rejects.toMatchObject({ code: 'timed-out' });
  other.store.db.close();
  expect(await checkStore(opened(tools, root, null).store)).toMatchObject({ ok: true });
}, 30_000);

it('keeps backups sealed, and restores them on another machine with the passphrase', async () => {
  const { root, tools, study } = await filledFolder();
  const dataKey = await encryptFolder(tools, root, PASSPHRASE, null, testJob());
  const station = opened(tools, root, dataKey);
  const folder = join(freshFolder(), 'backups');
  const { path } = await makeBackup(station, { folder, everyHours: 24, keep: 2 }, testJob());
  expect(filesWith(folder, NAME)).toEqual([]);

  const elsewhere = join(freshFolder(), 'new-machine');
  expect(await adoptKeys(elsewhere, path)).toBe(true);
  const key = await unlockByPassphrase(elsewhere, PASSPHRASE);
  await restore({ ...tools, dataKey: key }, elsewhere, path);
  const restored = opened(tools, elsewhere, key);
  expect(await checkStore(restored.store)).toMatchObject({ ok: true, missingFiles: [], orphanFiles: 0 });
  expect(openLatestAnalysis(restored.store, study)?.frames).toHaveLength(3);
});

it('seals what comes from a plain backup', async () => {
  const { root, tools, study } = await filledFolder();
  const plain = openWorkstation(tools, root);
  const folder = join(freshFolder(), 'backups');
  const { path } = await makeBackup(plain, { folder, everyHours: 24, keep: 2 }, testJob());
  plain.store.db.close();
  const dataKey = await encryptFolder(tools, root, PASSPHRASE, null, testJob());
  rmSync(join(root, 'blobs'), { recursive: true });
  await restore({ ...tools, dataKey }, root, path);
  const station = opened(tools, root, dataKey);
  expect(await checkStore(station.store)).toMatchObject({ ok: true, missingFiles: [] });
  expect(openLatestAnalysis(station.store, study)?.frames).toHaveLength(3);
  expect(filesWith(root, NAME)).toEqual([]);
});

it('tells damage of a sealed file from a wrong key', async () => {
  const { root, tools } = await filledFolder();
  const station = opened(tools, root, await encryptFolder(tools, root, PASSPHRASE, null, testJob()));
  const { sha256 } = await putBytes(station.store.folder, Buffer.from('a file'));
  expect(listReferencedBlobs(station.store.db)).not.toContain(sha256);
  const path = blobPath(station.store.folder, sha256);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(50) ^ 1, 50);
  writeFileSync(path, bytes);
  await expect(readBlob(station.store.folder, sha256)).rejects.toMatchObject({ code: 'bad-file', path });
  expect(statSync(path).size).toBe(bytes.length);
});
