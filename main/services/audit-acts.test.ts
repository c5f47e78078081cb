/** What a signed study goes through on its way out and back, and what the trail says of it. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { dimseNode, freePort } from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';
import { listCalibrations } from '../store/calibrations.ts';
import { exportResults } from './exports.ts';
import { configureNode, removeNode } from './nodes.ts';
import { amendCalibration, retire } from './profiles.ts';
import { setReaderName } from './reader-profile.ts';
import { addAddendum, exportReportPdf, printReport } from './reports.ts';
import { replaceOwed, sendResults } from './result-sending.ts';
import { sendAgain, sendDue, takeFromQueue } from './send-queue.ts';
import { findRemoteStudies, receiverSettings, saveReceiverSettings, testNode } from './transfers.ts';
import { openWorkstation, type Workstation } from './workstation.ts';

const PDF = { print: async () => Buffer.from('%PDF-1.7 of a test') };

/** Action and outcome of the entries that the work adds. */
async function entriesOf(station: Workstation, work: () => unknown): Promise<readonly string[]> {
  const before = listAudit(station.store.db).length;
  try {
    await work();
  } catch {
    // The entry says it.
  }
  return listAudit(station.store.db)
    .slice(before)
    .map(({ action, outcome }) => (outcome === 'success' ? action : `${action}: ${outcome}`));
}

it('every act on the way out and back is one entry, failures included', async () => {
  const station = testWorkstation(brightnessEngine, PDF);
  const { paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
  const signing = await entriesOf(station, () => signedStudy(station, paths));
  expect([...new Set(signing)]).toEqual([
    ...['import', 'reference-set.create', 'calibration.create', 'calibration.activate', 'analysis.create'],
    ...['finding.decide', 'report.save', 'report.sign'],
  ]);
  const [trail] = [listAudit(station.store.db)];
  const uid = trail.find(({ action }) => action === 'report.sign')?.subject ?? '';
  const finding = trail.find(({ action }) => action === 'finding.decide')?.subject ?? '';
  const of = (work: () => unknown) => entriesOf(station, work);

  const out = freshFolder();
  expect(await of(() => exportResults(station, uid, out, ['sr', 'pdf', 'csv'], testJob()))).toEqual([
    'results.make',
    'results.export',
  ]);
  expect(await of(() => exportResults(station, '1.2.3', out, ['sr'], testJob()))).toEqual(['results.export: failure']);
  expect(await of(() => exportReportPdf(station, uid, join(out, 'report.pdf')))).toEqual(['report.export']);
  expect(await of(() => printReport(station, uid, async () => true))).toEqual(['report.print']);
  expect(await of(() => printReport(station, uid, async () => false))).toEqual([]);

  const node = dimseNode(await freePort());
  expect(await of(() => configureNode(station, node))).toEqual(['network.node']);
  expect(await of(() => testNode(station, 'pacs'))).toEqual(['network.echo: failure']);
  const query = {
    patientName: '',
    patientId: '',
    accessionNumber: '',
    studyDate: '',
    modality: '',
    studyInstanceUid: '',
  };
  expect(await of(() => findRemoteStudies(station, 'pacs', query))).toEqual(['network.find: failure']);
  expect(await of(() => sendResults(station, uid, 'pacs', ['sr']))).toEqual(['network.queue']);
  expect(await of(() => sendDue(station, testJob()))).toEqual(['network.send: failure']);
  const queued = station.store.db.all<{ id: string }>('SELECT id FROM send_queue')[0]?.id ?? '';
  expect(await of(() => sendAgain(station, queued))).toEqual(['network.requeue']);
  const addendum = { studyInstanceUid: uid, text: 'Artefact.', withdrawn: [finding], reason: 'quality' as const };
  expect(await of(() => addAddendum(station, addendum))).toEqual(['network.unqueue', 'report.addendum']);
  expect(await of(() => replaceOwed(station))).toEqual(['results.make', 'results.make', 'network.queue']);
  const waiting = station.store.db.all<{ id: string }>('SELECT id FROM send_queue');
  for (const { id } of waiting) expect(await of(() => takeFromQueue(station, id))).toEqual(['network.unqueue']);
  expect(await of(() => removeNode(station, 'pacs'))).toEqual(['network.node-removed']);

  const receiver = { ...receiverSettings(station), aeTitle: 'OTHER' };
  expect(await of(() => saveReceiverSettings(station, receiver))).toEqual(['network.receiver']);
  expect(await of(() => setReaderName(station, 'Dr. Ada Reader'))).toEqual(['reader.name']);
  const { id, toleratedShare } = listCalibrations(station.store.db)[0]!;
  expect(await of(() => amendCalibration(station, { id, name: 'Other', toleratedShare }))).toEqual([
    'calibration.amend',
  ]);
  expect(await of(() => retire(station, id))).toEqual(['calibration.retire']);
  const { store, ...tools } = station;
  const policed = () => openWorkstation({ ...tools, policy: { network: false } }, store.folder.root).store.db.close();
  expect(await of(policed)).toEqual(['policy.change']);
  expect(await of(policed)).toEqual([]);

  for (const entry of listAudit(store.db)) expect(entry).toMatchObject({ actor: 'tester', at: expect.any(String) });
  expect(JSON.parse(listAudit(store.db).at(-1)?.detail ?? '')).toMatchObject({ reader: 'Dr. Ada Reader' });
  expect(verifyAudit(store.db, store.folder)).toMatchObject({ ok: true });
});
