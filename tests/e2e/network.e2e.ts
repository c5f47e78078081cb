/** PACS in the real window: a process of its own talks to Orthanc, and takes what a modality pushes. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshFolder as folderOfSuite, runCli } from '../support/launch.ts';
import { calibratedOn } from '../support/long-series.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import {
  dimseNode,
  freePort,
  isInstalled,
  makeCertificates,
  orthancIsInstalled,
  runTool,
  startOrthanc,
  startStunnel,
  startTool,
} from '../support/peers.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';
import { freshFolder } from '../support/store.ts';

describe.skipIf(!orthancIsInstalled || !isInstalled('storescu'))('a node', () => {
  let station: WorkstationPages;
  beforeAll(async () => {
    station = await openWorkstation();
  });
  afterAll(() => station?.close());

  test('is entered, answers, gives a study, takes it back, and may push another', async () => {
    keepPictureOfFailure(() => station);
    const { network, worklist, jobs } = station;
    const orthanc = await startOrthanc();
    const archived = writePhantomStudy(freshFolder(), { number: 31, slices: 3 });
    await runTool('storescu', ['+sd', '-aec', 'ORTHANC', '127.0.0.1', `${orthanc.dicomPort}`, archived.folder]);

    await network.open();
    await network.addDimseNode({ ...dimseNode(orthanc.dicomPort), name: 'archive' });
    await network.addDicomwebNode({ name: 'web', url: orthanc.dicomweb });
    expect(await network.test('archive')).toMatch(/Answers in \d+ ms/);
    expect(await network.test('web')).toMatch(/Answers in \d+ ms/);

    await network.find('web', archived.patientId);
    expect(await network.studies.innerText()).toMatch(/NORMAL 31[\s\S]*CT[\s\S]*3/);
    await network.studies.getByTestId('retrieve').click();
    await jobs.waitFor('retrieve', 'done');
    await jobs.close();

    const port = await freePort();
    await network.receiveOn(port);
    const pushed = writePhantomStudy(freshFolder(), { number: 32 });
    const caller = ['-aet', 'ORTHANC', '-aec', 'MEDICLIP', '127.0.0.1', `${port}`];
    await runTool('storescu', ['+sd', ...caller, pushed.folder]);
    await worklist.open();
    await expect.poll(() => worklist.rows.count()).toBe(2);

    await worklist.rows.first().dblclick();
    await network.open();
    await network.sendOpenStudy();
    await jobs.waitFor('send', 'done');
    await jobs.close();
    await expect
      .poll(async () => [...new Set(await network.queue.evaluateAll((all) => all.map((item) => item.dataset.state)))])
      .toEqual(['sent']);
    expect(station.pageErrors).toEqual([]);
  });

  test.skipIf(!isInstalled('stunnel'))(
    'is believed over TLS only by the certificate authority that was named',
    async () => {
      keepPictureOfFailure(() => station);
      const { network, jobs } = station;
      const certificates = makeCertificates();
      const { httpPort } = await startOrthanc();
      const url = `https://127.0.0.1:${await startStunnel(httpPort, certificates)}/dicom-web`;
      await network.open();
      await network.addDicomwebNode({ name: 'stranger', url });
      await network.startTest('stranger');
      expect(await textOf(jobs.faults.first())).toContain('stranger shows a certificate that is not trusted.');
      await jobs.dismissFaults();
      await network.addDicomwebNode({ name: 'known', url, ca: certificates.ca });
      expect(await network.test('known')).toMatch(/Answers in \d+ ms/);
    },
  );
});

describe.skipIf(!orthancIsInstalled || !isInstalled('storescu') || !isInstalled('getscu'))('a pushed study', () => {
  const [dataDir, scratch] = [folderOfSuite(), folderOfSuite()];
  let station: WorkstationPages;

  beforeAll(async () => {
    await calibratedOn(dataDir, scratch, async () => {});
    station = await openWorkstation({ dataDir });
  }, 120_000);
  afterAll(async () => {
    await station?.close();
    for (const folder of [dataDir, scratch]) rmSync(folder, { recursive: true, force: true });
  });

  test('appears in the worklist, is analysed and signed, and the archive gives its results to anyone', async () => {
    keepPictureOfFailure(() => station);
    const { network, worklist, viewer, report, jobs, window } = station;
    const orthanc = await startOrthanc();
    const port = await freePort();
    await network.open();
    await network.addDimseNode({ ...dimseNode(orthanc.dicomPort), name: 'archive' });
    await network.receiveOn(port);

    const study = writePhantomStudy(scratch, { number: 34, slices: 3, side: 128, lesion: 'mass' });
    const caller = ['-aet', 'ORTHANC', '-aec', 'MEDICLIP', '127.0.0.1', `${port}`];
    await runTool('storescu', ['+sd', ...caller, study.folder]);
    await worklist.open();
    await worklist.row(study.studyInstanceUid).waitFor();
    await worklist.openStudy(study.studyInstanceUid);
    await viewer.analyse();
    await viewer.decide(viewer.findings.first(), 'accept', 'Dense, round');
    await report.open();
    await report.write({ indication: 'Fictional fall.', impression: 'A fictional mass.' });
    await report.signIt();
    await report.sendResults('archive', ['sr', 'seg', 'sc']);
    expect(await textOf(await jobs.waitFor('send', 'done'))).toMatch(/(\d+) of \1 objects sent to archive/);
    await jobs.close();

    await network.open();
    await network.find('archive', study.patientId);
    expect(await network.studies.innerText()).toMatch(/CASE 34/);
    await window.screenshot({ path: testResult('results-in-archive.png') });

    const fetched = freshFolder();
    const keys = ['QueryRetrieveLevel=STUDY', `StudyInstanceUID=${study.studyInstanceUid}`];
    const asked = keys.flatMap((key) => ['-k', key]);
    await runTool('getscu', ['-S', '-od', fetched, '-aec', 'ORTHANC', ...asked, '127.0.0.1', `${orthanc.dicomPort}`]);
    const results = readdirSync(fetched).map((name) => join(fetched, name));
    const modality = async (path: string) =>
      (await runTool('dcmdump', ['+P', '0008,0060', path])).match(/\[(\w+)/)?.[1];
    const modalities = await Promise.all(results.map(modality));
    expect(new Set(modalities)).toEqual(new Set(['SR', 'SEG', 'OT']));
    const told = await runTool('dsrdump', [results[modalities.indexOf('SR')] ?? '']);
    expect(told).toContain('A fictional mass.');
    expect(told).toMatch(/not for diagnostic use/i);

    // Taken back while the archive is gone, then in the way of one that refuses whoever calls.
    await network.removeNode('archive');
    await worklist.open();
    await worklist.openStudy(study.studyInstanceUid);
    await report.open();
    await report.takeBack('Motion, no mass.');
    await network.open();
    await expect.poll(() => textOf(network.owed)).toMatch(/^archive.*There is no node named archive\./s);
    await window.screenshot({ path: testResult('owed-replacements.png') });
    const refusing = await freePort();
    await startTool('storescp', ['--refuse', `${refusing}`], refusing);
    await network.addDimseNode({ ...dimseNode(refusing), name: 'archive' });
    await network.owed.waitFor({ state: 'detached' });
    // Of the one finding nothing is left: a report without it, and the note.
    const refused = network.queue.and(window.locator('[data-state="failed"]'));
    await expect.poll(() => refused.count()).toBe(2);
    expect((await refused.allInnerTexts()).join()).toMatch(/Rejection note.*Structured report/s);
    await window.screenshot({ path: testResult('refused-replacements.png') });
    expect(station.pageErrors).toEqual([]);
  });
});

describe.skipIf(!orthancIsInstalled)('the command line', () => {
  /** What `cli pacs` prints, line by line, in a data folder. */
  const pacs = async (dataDir: string, ...args: string[]) => {
    const { code, stdout, stderr } = await runCli(['pacs', ...args, '--data-dir', dataDir]);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return { code, stderr, lines: lines.map((line) => JSON.parse(line)) };
  };

  test('sends a study to a node, finds it there, fetches it elsewhere, and keeps what does not arrive', async () => {
    const orthanc = await startOrthanc();
    const { folder, studyInstanceUid, patientId } = writePhantomStudy(freshFolder(), { number: 33, slices: 3 });
    const [here, there] = [freshFolder(), freshFolder()];
    const address = ['--host', '127.0.0.1', '--port', `${orthanc.dicomPort}`, '--aet', 'ORTHANC'];
    expect(await pacs(here, 'add', 'archive', ...address)).toMatchObject({ code: 0 });
    expect(await pacs(there, 'add', 'web', '--url', orthanc.dicomweb)).toMatchObject({ code: 0 });
    const echoed = await pacs(here, 'echo', '--node', 'archive');
    expect(echoed).toMatchObject({ code: 0, lines: [{ node: 'archive', ok: true, ms: expect.any(Number) }] });

    const sent = await pacs(here, 'send', '--node', 'archive', folder);
    expect(sent, sent.stderr).toMatchObject({ code: 0, lines: [{ sent: true }, { sent: true }, { sent: true }] });
    const found = await pacs(there, 'find', '--node', 'web', '--patient-id', patientId);
    expect(found).toMatchObject({ code: 0, lines: [{ studyInstanceUid, instanceCount: 3 }] });
    const fetched = await pacs(there, 'retrieve', '--node', 'web', '--study', studyInstanceUid);
    expect(fetched).toMatchObject({ code: 0, lines: [{ instances: 3, known: 0, skipped: [] }] });

    await orthanc.stop();
    const late = await pacs(there, 'send', '--node', 'web', '--study', studyInstanceUid);
    expect(late).toMatchObject({
      code: 1,
      lines: [{ sent: false, error: expect.stringMatching(/^web does not answer/) }, {}, {}],
    });
    const queue = await pacs(there, 'queue');
    expect(queue.lines.map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(Array(3).fill('waiting 1'));
  });
});
