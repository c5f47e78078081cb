/** PACS in the real window: a process of its own talks to Orthanc, and takes what a modality pushes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepPictureOfFailure, openWorkstation, type WorkstationPages } from '../support/pages/pages.ts';
import { dimseNode, freePort, isInstalled, orthancIsInstalled, runTool, startOrthanc } from '../support/peers.ts';
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
});
