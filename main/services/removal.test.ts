import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { JobStatus } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { listAudit } from '../store/audit.ts';
import { checkStore } from '../store/store.ts';
import { analyseStudy, openLatestAnalysis } from './analysis.ts';
import { importPaths } from './import.ts';
import { removeStudies, studiesOfPatient } from './removal.ts';
import { listWorklist } from './worklist.ts';

/** A signed study, and one of another patient that was analysed and no more; its images came before the last hour. */
async function someWork() {
  const station = testWorkstation(brightnessEngine);
  const signed = writePhantomStudy(freshFolder(), { number: 1, lesion: 'intracerebral-bleed' });
  await signedStudy(station, signed.paths);
  const open = writePhantomStudy(freshFolder(), { number: 2, lesion: 'intracerebral-bleed', slices: 2 });
  await importPaths(station, open.paths, testJob());
  const calibrationId = openLatestAnalysis(station.store, signed.studyInstanceUid)?.calibration.id ?? '';
  await analyseStudy(station, { studyInstanceUid: open.studyInstanceUid, calibrationId }, testJob());
  const before = new Date(Date.now() - 2 * 3_600_000);
  for (const entry of readdirSync(station.store.folder.blobs, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), before, before);
  return { station, signed, open };
}

const filesWith = (folder: string, words: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(words))
    .map(({ name }) => name);

it('leaves nothing of a patient in the data folder but an entry of the trail', async () => {
  const { station, signed, open } = await someWork();
  const { folder, db } = station.store;
  expect(filesWith(folder.root, open.patientId)).not.toEqual([]);
  const studies = studiesOfPatient(station, open.patientId);
  expect(studies).toEqual([open.studyInstanceUid]);
  expect(await removeStudies(station, [], studies)).toMatchObject({ removedStudies: 1, removedFiles: 4 });
  expect(filesWith(folder.root, open.patientId)).toEqual([]);
  const left = listWorklist(db, []).map(({ studyInstanceUid }) => studyInstanceUid);
  expect(left).toContain(signed.studyInstanceUid);
  expect(left).not.toContain(open.studyInstanceUid);
  expect(await checkStore(station.store)).toMatchObject({ ok: true, missingFiles: [], orphanFiles: 0 });
  const { action, subject, actor } = listAudit(db).at(-1) ?? {};
  expect({ action, subject, actor }).toEqual({
    action: 'study.remove',
    subject: open.studyInstanceUid,
    actor: 'tester',
  });
  expect(() => studiesOfPatient(station, open.patientId)).toThrow('There is no study of a patient with this ID.');
});

it('keeps what somebody vouched for or a job is at work on, says so, and removes nothing then', async () => {
  const { station, signed, open } = await someWork();
  const refused = async (uids: readonly string[], words: RegExp, jobs: readonly JobStatus[] = []) => {
    const before = listWorklist(station.store.db, []).length;
    await expect(removeStudies(station, jobs, uids)).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringMatching(words),
    });
    expect(listWorklist(station.store.db, [])).toHaveLength(before);
  };
  await refused([open.studyInstanceUid, signed.studyInstanceUid], /its report is signed/);
  const others = listWorklist(station.store.db, []).map(({ studyInstanceUid }) => studyInstanceUid);
  const [reference = ''] = others.filter((uid) => uid !== open.studyInstanceUid && uid !== signed.studyInstanceUid);
  await refused([reference], /^This study cannot be removed: images of it are in a reference set\.$/);
  const job = { subject: open.studyInstanceUid, state: 'running' } as JobStatus;
  await refused([open.studyInstanceUid], /A job is at work/, [job]);
  await expect(removeStudies(station, [], ['1.2.3'])).rejects.toMatchObject({ code: 'not-found' });
});
