import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Policy } from '../../preload/contract/policy.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { listAudit } from '../store/audit.ts';
import { checkStore } from '../store/store.ts';
import { getFrame } from '../store/studies.ts';
import { analyseStudy, openLatestAnalysis } from './analysis.ts';
import { putAnnotation, putPlaneMeasurement } from './annotations.ts';
import { importPaths } from './import.ts';
import { saveReport } from './reports.ts';
import { applyRetention, expiredStudies } from './retention.ts';
import { listWorklist } from './worklist.ts';
import type { Workstation } from './workstation.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A signed study with the calibration and reference set behind it, and one that was read, measured and never signed. */
async function someYearsWork() {
  const station = testWorkstation(brightnessEngine);
  const signed = writePhantomStudy(freshFolder(), { number: 1, lesion: 'intracerebral-bleed' });
  await signedStudy(station, signed.paths);
  const left = writePhantomStudy(freshFolder(), { number: 2, lesion: 'intracerebral-bleed', slices: 2 });
  await importPaths(station, left.paths, testJob());
  const calibrationId = openLatestAnalysis(station.store, signed.studyInstanceUid)?.calibration.id ?? '';
  await analyseStudy(station, { studyInstanceUid: left.studyInstanceUid, calibrationId }, testJob());
  const [frame] = openLatestAnalysis(station.store, left.studyInstanceUid)?.frames ?? [];
  const ref = { sopInstanceUid: frame?.sopInstanceUid ?? '', frame: 0 };
  putAnnotation(station, {
    studyInstanceUid: left.studyInstanceUid,
    annotation: { id: 'm', tool: 'length', ...ref, points: [1, 1, 9, 9] },
  });
  const { seriesInstanceUid } = getFrame(station.store.db, ref);
  putPlaneMeasurement(station, {
    studyInstanceUid: left.studyInstanceUid,
    measurement: { id: 'p', tool: 'probe', seriesInstanceUid, normal: [0, 1, 0], up: [0, 0, 1], points: [1, 2, 3] },
  });
  saveReport(station, { studyInstanceUid: left.studyInstanceUid, indication: 'draft', impression: '' });
  return { station, signed, left };
}

const later = (station: Workstation, days: number, policy: Policy): Workstation => ({
  ...station,
  policy,
  now: () => new Date(Date.now() + days * DAY_MS),
});

it('removes what nobody reported once its period is over, with every row and file of it, and tells the trail', async () => {
  const { station, signed, left } = await someYearsWork();
  const { db, folder } = station.store;
  const policy = { retention: { studyDays: 30 } };
  expect(expiredStudies(later(station, 29, policy))).toEqual([]);
  expect(expiredStudies(later(station, 31, {}))).toEqual([]);
  const then = later(station, 31, policy);
  expect(expiredStudies(then)).toEqual([left.studyInstanceUid]);

  const files = () => readdirSync(folder.blobs, { recursive: true }).length;
  const before = files();
  expect(await applyRetention(then, testJob())).toMatchObject({ removedStudies: 1, removedFiles: 4 });
  expect(files()).toBeLessThan(before);
  expect(await checkStore(station.store)).toMatchObject({ ok: true, missingFiles: [], orphanFiles: 0 });
  const kept = listWorklist(db, []).map(({ studyInstanceUid }) => studyInstanceUid);
  expect(kept).toContain(signed.studyInstanceUid);
  expect(kept).not.toContain(left.studyInstanceUid);
  expect(kept).toHaveLength(2); // the other one is in the reference set
  expect(db.all('SELECT * FROM patients WHERE patient_id = ?', left.patientId)).toEqual([]);
  expect(listAudit(db).at(-1)).toMatchObject({ action: 'study.remove', subject: left.studyInstanceUid });
  expect(expiredStudies(then)).toEqual([]);
});
