/** Backups as a site makes and needs them: of a store with everything in it, and after its disk is gone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it, onTestFinished } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { verifyAudit } from '../store/audit.ts';
import { blobPath, putBytes, verifyBlob } from '../store/blobs.ts';
import { setSetting } from '../store/settings.ts';
import { checkStore, type Store } from '../store/store.ts';
import { listReferencedBlobs } from '../store/sweep.ts';
import { analyseStudy, openLatestAnalysis } from './analysis.ts';
import { isBackupDue, makeBackup } from './backup.ts';
import { backupFolder } from './backup-folder.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { decide } from './findings.ts';
import { importPaths } from './import.ts';
import { configureNode } from './nodes.ts';
import { createReferenceSet } from './reference-sets.ts';
import { saveReport, signReport } from './reports.ts';
import { repair, restore } from './upkeep.ts';
import { openStudy } from './worklist.ts';
import { openWorkstation, type Workstation } from './workstation.ts';

/** Four grey pictures of one study, the last with a bright square where `spot` is true, and a file that is none. */
async function importPictures(station: Workstation, grey: number, spot: boolean): Promise<string> {
  const folder = join(freshFolder(), 'study');
  mkdirSync(folder);
  for (let index = 0; index < 4; index++) {
    const data = Buffer.alloc(64 * 64, grey + index);
    if (spot && index === 3) for (let y = 8; y < 16; y++) data.fill(240, y * 64 + 8, y * 64 + 16);
    const raw = { width: 64, height: 64, channels: 1 as const };
    await sharp(data, { raw })
      .png()
      .toFile(join(folder, `${index}.png`));
  }
  writeFileSync(join(folder, 'letter.dcm'), 'no image');
  const { studies } = await importPaths(station, [folder], testJob());
  return studies[0] ?? '';
}

/** Images, a set, a calibration, an analysis, decisions, a signed report, a node, settings. */
async function fullWorkstation(): Promise<Workstation> {
  const station = testWorkstation(brightnessEngine);
  const normals = await importPictures(station, 40, false);
  const frames = openStudy(station.store.db, normals, []).series.flatMap((series) => series.frames);
  const set = createReferenceSet(station, {
    name: 'Normals',
    frames: frames.map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame })),
  });
  const calibration = await calibrateReferenceSet(
    station,
    {
      name: 'Site',
      referenceSetId: set.id,
      modelName: 'embedded',
      preset: 'fast',
      provider: 'auto',
      shots: 2,
      seed: 1,
      toleratedShare: 0.05,
    },
    testJob(),
  );
  const study = await importPictures(station, 20, true);
  await analyseStudy(station, { studyInstanceUid: study, calibrationId: calibration.id }, testJob());
  for (const { id } of openLatestAnalysis(station.store, study)?.findings ?? [])
    decide(station, { findingId: id, decision: 'accepted', comment: 'bright' });
  saveReport(station, { studyInstanceUid: study, indication: 'test', impression: 'bright square' });
  signReport(station, study);
  configureNode(station, {
    kind: 'dimse',
    name: 'archive',
    host: 'localhost',
    port: 11112,
    aeTitle: 'ARCHIVE',
    callingAeTitle: 'MEDICLIP',
    retrieve: 'get',
    tls: false,
    caFile: '',
    certFile: '',
    keyFile: '',
  });
  setSetting(station.store.db, 'test', 'kept');
  return station;
}

/** Every table with all its rows, the audit trail up to an entry. */
function contentOf({ db }: Pick<Store, 'db'>, auditEntries: number): Record<string, unknown> {
  const tables = db.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`);
  return Object.fromEntries(
    tables.map(({ name }) => [
      name,
      db.all(name === 'audit' ? `SELECT * FROM audit WHERE entry <= ${auditEntries}` : `SELECT * FROM "${name}"`),
    ]),
  );
}

it('bring everything back on another disk: every row, every file, a trail that verifies', async () => {
  const station = await fullWorkstation();
  const folder = join(freshFolder(), 'backups');
  const plan = { folder, everyHours: 24, keep: 2 };
  const { path, copiedFiles } = await makeBackup(station, plan, testJob());
  const { entries } = verifyAudit(station.store.db, station.store.folder);
  const before = contentOf(station.store, entries);
  for (const table of [
    'patients',
    'frames',
    'reference_sets',
    'calibrations',
    'findings',
    'reports',
    'nodes',
    'settings',
  ])
    expect(before[table], table).not.toHaveLength(0);
  expect(copiedFiles).toBe(new Set(listReferencedBlobs(station.store.db)).size);

  const root = join(freshFolder(), 'new-machine');
  expect(await restore(station, root, path)).toEqual({ kept: null, fetchedFiles: copiedFiles });
  const restored = openWorkstation(station, root);
  onTestFinished(() => restored.store.db.close());
  expect(contentOf(restored.store, entries)).toEqual(before);
  expect(await checkStore(restored.store)).toMatchObject({ ok: true, missingFiles: [], orphanFiles: 0 });
  for (const sha256 of listReferencedBlobs(restored.store.db)) await verifyBlob(restored.store.folder, sha256);
  expect(verifyAudit(restored.store.db, restored.store.folder)).toEqual({ ok: true, entries: entries + 1 });
});

it('are made when due, copy each file once, and go when newer ones have been checked', async () => {
  let hours = 0;
  const start = Date.now();
  const station = { ...(await fullWorkstation()), now: () => new Date(start + hours * 3_600_000) };
  const plan = { folder: freshFolder(), everyHours: 24, keep: 2 };
  const { path: folder } = backupFolder(station, plan.folder);
  const names = () => readdirSync(folder).filter((name) => /sqlite/.test(name));
  expect(await isBackupDue(testWorkstation(), plan)).toBe(false); // nothing in it
  expect(await isBackupDue(station, plan)).toBe(true);
  await makeBackup(station, plan, testJob());
  expect(await isBackupDue(station, plan)).toBe(false);
  hours = 24;
  expect(await isBackupDue(station, plan)).toBe(true);
  expect(await makeBackup(station, plan, testJob())).toMatchObject({ copiedFiles: 0, removedBackups: 0 });
  hours = 48;
  const [oldest] = names();
  expect(await makeBackup(station, plan, testJob())).toMatchObject({ removedBackups: 1 });
  expect(names()).toHaveLength(2);
  expect(names()).not.toContain(oldest);
});

it('refuse a stored file that has changed on the disk, and leave the earlier backups', async () => {
  const station = await fullWorkstation();
  const [sha256 = ''] = listReferencedBlobs(station.store.db);
  const file = blobPath(station.store.folder, sha256);
  writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('!')]));
  const plan = { folder: freshFolder(), everyHours: 24, keep: 2 };
  await expect(makeBackup(station, plan, testJob())).rejects.toMatchObject({ code: 'bad-file', path: file });
  const left = readdirSync(backupFolder(station, plan.folder).path).filter((name) => /sqlite|unfinished/.test(name));
  expect(left).toEqual([]);
});

it('lie in the data folder where nothing else was said, and keep a sweep from what they name', async () => {
  const station = await fullWorkstation();
  const { folder, db } = station.store;
  const orphan = await putBytes(folder, Buffer.from('left by a crash'));
  const young = await putBytes(folder, Buffer.from('about to be named'));
  const old = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(blobPath(folder, orphan.sha256), old, old);
  db.run('CREATE TABLE another (map_sha256 TEXT)');
  const kept = await putBytes(folder, Buffer.from('named by the backup alone'));
  utimesSync(blobPath(folder, kept.sha256), old, old);
  db.run('INSERT INTO another VALUES (?)', kept.sha256);
  await makeBackup(station, { folder: null, everyHours: 24, keep: 2 }, testJob());
  db.run('DELETE FROM another');

  expect(await repair(station)).toEqual({ removedFiles: 1, removedBytes: orphan.bytes });
  expect(existsSync(blobPath(folder, orphan.sha256))).toBe(false);
  for (const { sha256 } of [young, kept]) expect(existsSync(blobPath(folder, sha256))).toBe(true);
  expect(await checkStore(station.store)).toMatchObject({ ok: true, orphanFiles: 2 });
  rmSync(folder.backups, { recursive: true });
  expect(await repair(station)).toMatchObject({ removedFiles: 1 });
});

it('leaves alone what a running process receives into, however old', async () => {
  const station = testWorkstation();
  const old = new Date(Date.now() - 25 * 3_600_000);
  const [living, dead] = [process.pid, 2 ** 22 + 1].map((pid) =>
    join(station.store.folder.temporary, `inbox-${pid}-x`),
  ) as [string, string];
  for (const path of [living, dead]) {
    mkdirSync(path);
    utimesSync(path, old, old);
  }
  expect(await repair(station)).toMatchObject({ removedFiles: 1 });
  expect([living, dead].map((path) => existsSync(path))).toEqual([true, false]);
});
