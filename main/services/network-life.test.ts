/** The whole way with real peers: pushed by storescu, found in the worklist, analysed, and its results sent to Orthanc. */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import {
  cuttingProxy,
  dicomwebNode,
  dimseNode,
  freePort,
  isInstalled,
  orthancIsInstalled,
  receiverOn,
  runTool,
  startOrthanc,
} from '../../tests/support/peers.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';
import { blobPath } from '../store/blobs.ts';
import { listStoredFiles } from '../store/network.ts';
import { exportResults } from './exports.ts';
import { Jobs } from './jobs.ts';
import { NetworkLife } from './network-life.ts';
import { configureNode } from './nodes.ts';
import { enqueueSend, pauseAfter, sendDue, sendQueue } from './send-queue.ts';
import { fetchStudy, findRemoteStudies, importStaged, saveReceiverSettings } from './transfers.ts';
import { listWorklist } from './worklist.ts';
import type { Workstation } from './workstation.ts';

const worklist = (station: Workstation) => listWorklist(station.store.db, []).map((row) => row.studyInstanceUid);
const staged = (station: Workstation) =>
  readdirSync(station.store.folder.temporary).filter((name) => name.startsWith('retrieve-'));
const trail = (station: Workstation, action: string) =>
  listAudit(station.store.db)
    .filter((entry) => entry.action === action)
    .map(({ outcome }) => outcome);
const everything = {
  patientName: '',
  patientId: '',
  accessionNumber: '',
  studyDate: '',
  modality: '',
  studyInstanceUid: '',
};

async function alive(station: Workstation): Promise<{ network: NetworkLife; jobs: Jobs }> {
  const jobs = new Jobs({ onChange: () => {} });
  const network = new NetworkLife(station, jobs, () => {});
  onTestFinished(async () => {
    await network.close();
    await jobs.close();
  });
  await network.start();
  return { network, jobs };
}

describe.skipIf(!orthancIsInstalled || !isInstalled('storescu'))('a workstation among peers', () => {
  it('takes a study that a modality pushes, nothing of one that it breaks off, and its results are found in the archive', async () => {
    const station = testWorkstation(brightnessEngine);
    const orthanc = await startOrthanc();
    const port = await freePort();
    configureNode(station, dimseNode(1, { name: 'scanner', aeTitle: 'SCANNER' }));
    configureNode(station, dimseNode(orthanc.dicomPort));
    saveReceiverSettings(station, receiverOn(port));
    const { network, jobs } = await alive(station);
    await expect.poll(() => network.receiver().state).toBe('listening');

    const study = writePhantomStudy(freshFolder(), { number: 21, slices: 2 });
    const caller = ['-aet', 'SCANNER', '-aec', 'MEDICLIP', '127.0.0.1', `${port}`];
    await runTool('storescu', ['+sd', ...caller, study.folder]);
    await expect.poll(() => jobs.list().map(({ state }) => state)).toEqual(['done']);
    expect(worklist(station)).toEqual([study.studyInstanceUid]);

    const cut = writePhantomStudy(freshFolder(), { number: 26, slices: 3 });
    await runTool('storescu', ['+sd', '--abort', ...caller, cut.folder]);
    await expect.poll(() => trail(station, 'network.receive')).toEqual(['success', 'failure']);
    expect(worklist(station)).toEqual([study.studyInstanceUid]);
    expect(jobs.list()).toHaveLength(1);

    // What was received, since its File Meta Information is the receiver's own.
    const received = listStoredFiles(station.store.db, study.studyInstanceUid);
    await signedStudy(
      station,
      received.map(({ fileSha256 }) => blobPath(station.store.folder, fileSha256)),
    );
    const out = join(freshFolder(), 'out');
    const files = await exportResults(station, study.studyInstanceUid, out, ['sr', 'seg', 'sc'], testJob());
    await enqueueSend(
      station,
      files.map(({ path }) => path),
      'pacs',
    );
    await expect.poll(() => sendQueue(station).map(({ state }) => state)).toEqual(files.map(() => 'sent'));

    const found = await findRemoteStudies(station, 'pacs', { ...everything, patientId: study.patientId });
    expect(found.studies).toMatchObject([
      { studyInstanceUid: study.studyInstanceUid, instanceCount: files.length, patientName: 'FICTIONAL^NORMAL 21' },
    ]);
    expect(trail(station, 'network.send')).toEqual(files.map(() => 'success'));
    expect(verifyAudit(station.store.db, station.store.folder).ok).toBe(true);
  });

  it('imports a retrieved study whole, at the next try where the line broke, and nothing of one that is cut off', async () => {
    const orthanc = await startOrthanc();
    const study = writePhantomStudy(freshFolder(), { number: 22, slices: 4 });
    const far = testWorkstation();
    configureNode(far, dicomwebNode(orthanc.dicomweb));
    await enqueueSend(far, study.paths, 'web');
    expect((await sendDue(far, testJob())).map(({ fault }) => fault)).toEqual([null, null, null, null]);

    const station = testWorkstation();
    configureNode(station, dimseNode(await cuttingProxy(orthanc.dicomPort, 40_000), { name: 'cut' }));
    configureNode(station, dimseNode(await cuttingProxy(orthanc.dicomPort, 40_000, 1), { name: 'once' }));
    const { studyInstanceUid } = study;
    const fetch = (node: string) => fetchStudy(station, { node, studyInstanceUid }, testJob());
    await expect(fetch('cut')).rejects.toMatchObject({ code: 'peer-unreachable' });
    expect(worklist(station)).toEqual([]);
    expect(staged(station)).toEqual([]);
    expect(trail(station, 'network.retrieve')).toEqual(['failure']);

    const imported = await importStaged(station, await fetch('once'), testJob());
    expect(imported).toMatchObject({ studies: [studyInstanceUid], instances: 4, skipped: [] });
    expect(staged(station)).toEqual([]);
  });

  it('sends after a restart what an archive that was away could not take, later each time', async () => {
    let now = new Date();
    const station = testWorkstation({}, { now: () => now });
    const port = await freePort();
    configureNode(station, dimseNode(port));
    await enqueueSend(station, writePhantomStudy(freshFolder(), { number: 23 }).paths, 'pacs');
    for (const seconds of [30, 60]) {
      expect(await sendDue(station, testJob())).toMatchObject([{ fault: { code: 'peer-unreachable' } }]);
      const [entry] = sendQueue(station);
      expect(Date.parse(entry?.nextTryAt ?? '') - now.getTime()).toBe(seconds * 1000);
      expect(await sendDue(station, testJob())).toEqual([]);
      now = new Date(now.getTime() + seconds * 1000);
    }
    expect([1, 8, 20].map(pauseAfter)).toEqual([30, 3600, 3600]);
    expect(trail(station, 'network.send')).toEqual(['failure', 'failure']);

    const orthanc = await startOrthanc({ DicomPort: port });
    expect(orthanc.httpPort).toBeGreaterThan(0);
    await alive(station);
    await expect.poll(() => sendQueue(station)).toMatchObject([{ state: 'sent', attempts: 3 }]);
  });
});

it('nobody may connect until a node is configured', async () => {
  const station = testWorkstation();
  const port = await freePort();
  const knock = () =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' }, () => resolve('open'));
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''));
      onTestFinished(() => void socket.destroy());
    });
  saveReceiverSettings(station, receiverOn(port));
  const { network } = await alive(station);
  expect(network.receiver()).toMatchObject({ state: 'off', message: expect.stringContaining('No DIMSE node') });
  expect(await knock()).toBe('ECONNREFUSED');
  configureNode(station, dimseNode(1));
  await network.nodesChanged();
  await expect.poll(() => network.receiver().state).toBe('listening');
  expect(await knock()).toBe('open');
});

describe('what an earlier session left', () => {
  it('is imported where it was wholly received, and thrown away where it was not', async () => {
    const station = testWorkstation();
    const { temporary } = station.store.folder;
    const gone = 4_000_123;
    const whole = writePhantomStudy(join(temporary, `inbox-${gone}-a`), { number: 24 });
    // As the receiver names a folder once its association was released.
    renameSync(whole.folder, `${whole.folder}.whole`);
    writePhantomStudy(join(temporary, `inbox-${gone}-a`), { number: 25 });
    mkdirSync(join(temporary, `retrieve-${gone}-b`));
    writeFileSync(join(temporary, `retrieve-${gone}-b`, '0.dcm.part'), 'DICM');
    // Neither does it vanish when its import is cut short.
    const cancelled = testJob({ signal: AbortSignal.abort() });
    await expect(importStaged(station, `${whole.folder}.whole`, cancelled)).rejects.toMatchObject({
      code: 'cancelled',
    });

    await alive(station);
    await expect.poll(() => worklist(station)).toEqual([whole.studyInstanceUid]);
    await expect.poll(() => readdirSync(temporary).filter((name) => name.includes(String(gone)))).toEqual([]);
    expect(staged(station)).toEqual([]);
  });
});
