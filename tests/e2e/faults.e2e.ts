/** What goes wrong in daily use: each gives one clear sentence in the window, and nothing stored is lost. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { enginePid } from '../support/engine-process.ts';
import { mountSmallDisk } from '../support/full-disk.ts';
import { freshFolder } from '../support/launch.ts';
import { ask, askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { badFiles, writePhantomStudy } from '../support/phantom-studies.ts';

/** Starts with a capital, ends with a full stop, and holds neither code nor places in it. */
const CLEAR = /^[A-Z][^{}<>]*\.$/;
const UNCLEAR = /undefined|null|NaN|\[object|Error:|ENOENT|\bat \w+ \(|\.ts\b|\.cjs\b/;

function expectClear(sentence: string): void {
  expect(sentence).toMatch(CLEAR);
  expect(sentence).not.toMatch(UNCLEAR);
}

describe('faults in the window', () => {
  let station: WorkstationPages;

  beforeAll(async () => {
    station = await openWorkstation();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(() => station?.close());

  test('bad files are left out, each with its reason, and the good ones beside them are imported', async () => {
    const { app, worklist, jobs, dataDir } = station;
    const inbox = join(dataDir, 'inbox');
    const normals = [1, 2, 3].map((number) => writePhantomStudy(inbox, { number, slices: 3 }));
    const bad = badFiles();
    mkdirSync(join(inbox, 'bad'));
    for (const { name, bytes } of bad) writeFileSync(join(inbox, 'bad', name), bytes);

    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await worklist.tellOfPhotos('nothing'); // some of the bad ones call themselves photographs
    const skipped = await jobs.skippedFiles();
    expect([...skipped.keys()].sort()).toEqual(bad.map(({ name }) => name).sort());
    for (const { name, says } of bad) {
      const reason = skipped.get(name) ?? '';
      expectClear(reason);
      expect(reason, name).toMatch(says);
    }
    await jobs.close();
    for (const { studyInstanceUid } of normals) await worklist.row(studyInstanceUid).waitFor();
    expect(await worklist.rows.count()).toBe(normals.length);
  });

  test('an import of bad files alone fails with the sentence of the first', async () => {
    const { app, worklist, jobs, dataDir } = station;
    await answerOpenDialog(app, [join(dataDir, 'inbox', 'bad', 'letter.dcm')]);
    await worklist.import('files');
    const job = await textOf((await jobs.waitFor('import', 'failed')).locator('p').first());
    expectClear(job);
    expect(job).toContain('DICOM');
    await jobs.close();
    expect(await textOf(jobs.faults.locator('p').first())).toBe(job);
    expect(await textOf(jobs.faults)).toContain('letter.dcm');
    await jobs.dismissFaults();
    expect(await worklist.rows.count()).toBe(3);
  });

  test('a reference set of one image is not enough, and the screen says what is', async () => {
    const { calibration, jobs, window } = station;
    await calibration.new();
    await calibration.chooseImages('normal 1', [0]);
    expect(await window.getByTestId('check-images').isDisabled()).toBe(true);
    expect(await calibration.save.isDisabled()).toBe(true);
    await window.getByText('Choose at least 3 images').waitFor();

    // Past the screen: the services refuse it too.
    const [frame] = (await askFor(window, 'studies.open', await uidOfFirstStudy())).series[0]?.frames ?? [];
    const ref = { sopInstanceUid: frame?.sopInstanceUid ?? '', frame: 0 };
    const made = await ask(window, 'referenceSets.create', { name: 'One image', frames: [ref] });
    if (made.ok) {
      const [model] = await askFor(window, 'models.list');
      await askFor(window, 'calibrations.start', {
        name: 'On one image',
        referenceSetId: made.value.id,
        modelName: model?.name ?? '',
        preset: 'fast',
        provider: 'cpu',
        shots: 2,
        seed: 0,
        toleratedShare: 0.05,
      });
      expectClear(await textOf((await jobs.waitFor('calibrate', 'failed')).locator('p').first()));
      await jobs.close();
      await jobs.dismissFaults();
    } else {
      expect(made.fault.code).toBe('bad-reference-set');
      expectClear(made.fault.message);
    }
    expect(await askFor(window, 'calibrations.list')).toEqual([]);
  });

  test('kill -9 of the engine during calibration: a new engine goes on with it', async () => {
    const { app, calibration, window } = station;
    await calibration.new();
    await calibration.chooseStudies('normal');
    await expect.poll(() => textOf(calibration.chosenCount)).toBe('9 images of 3 studies');
    await calibration.saveReferenceSet('Normals');
    await calibration.begin({ name: 'Killed', shots: 4, toleratedPercent: 50 });
    await calibration.training();
    const pid = await enginePid(app);
    expect(pid).not.toBeNull();
    process.kill(pid ?? 0, 'SIGKILL');

    await calibration.finished('Killed');
    expect(await enginePid(app)).not.toBe(pid);
    expect(await askFor(window, 'calibrations.list')).toHaveLength(1);
  });

  test('a cancelled calibration leaves no profile, and what it reached until that is discarded', async () => {
    const { calibration, jobs, window, dataDir } = station;
    const before = filesBelow(join(dataDir, 'blobs'));
    await calibration.new();
    await calibration.useReferenceSet('Normals');
    await calibration.begin({ name: 'Cancelled', shots: 4, toleratedPercent: 50 });
    await calibration.trained(20);
    await calibration.cancel();
    await calibration.ended('cancelled');
    await jobs.waitFor('calibrate', 'cancelled');
    await jobs.close();
    expect(await jobs.faults.count()).toBe(0);
    expect(await askFor(window, 'calibrations.list')).toHaveLength(1);
    expect(filesBelow(join(dataDir, 'blobs'))).toEqual(before);
    expect(await askFor(window, 'calibrations.unfinished')).toMatchObject([{ request: { name: 'Cancelled' } }]);
    await window.getByTestId('discard-run').click();
    await expect.poll(() => askFor(window, 'calibrations.unfinished')).toEqual([]);
    expect(filesBelow(join(dataDir, 'checkpoints'))).toEqual([]);
    expect(filesBelow(join(dataDir, 'blobs'))).toEqual(before);
    expect(filesBelow(join(dataDir, 'tmp'))).toEqual([]);
  });

  test('the next calibration succeeds', async () => {
    const { calibration, worklist, viewer } = station;
    await calibration.new();
    await calibration.useReferenceSet('Normals');
    await calibration.begin({ name: 'After all that', shots: 4, toleratedPercent: 50 });
    await calibration.finished('After all that');
    expect(await calibration.rows.count()).toBe(2);
    await worklist.open();
    await worklist.openStudy(await uidOfFirstStudy());
    await viewer.analyse();
    expect(await textOf(viewer.verdict)).toMatch(/of 3 images flagged/);
    expect(station.pageErrors).toEqual([]);
  });

  async function uidOfFirstStudy(): Promise<string> {
    const [study] = await askFor(station.window, 'studies.list');
    return study?.studyInstanceUid ?? '';
  }
});

describe('a full disk', () => {
  test('an import stops with a sentence, keeps what it has, and goes on once there is room', async ({ skip }) => {
    const disk = await mountSmallDisk(64 * 1024 * 1024);
    if (!disk) return skip('needs the right to mount a small disk');
    const inbox = freshFolder();
    const first = writePhantomStudy(inbox, { number: 1 });
    const second = writePhantomStudy(inbox, { number: 2, slices: 12, side: 256 });
    try {
      const station = await openWorkstation({ dataDir: disk.folder });
      try {
        keepPictureOfFailure(() => station);
        const { app, worklist, jobs } = station;
        await answerOpenDialog(app, [first.folder]);
        await worklist.import('folder');
        await worklist.row(first.studyInstanceUid).waitFor();

        disk.fill(256 * 1024);
        await answerOpenDialog(app, [second.folder]);
        await worklist.import('folder');
        const sentence = await textOf((await jobs.waitFor('import', 'failed')).locator('p').first());
        expectClear(sentence);
        expect(sentence).toContain('The disk is full');
        await jobs.close();
        await jobs.dismissFaults();
        await worklist.row(first.studyInstanceUid).waitFor();

        disk.clear();
        await worklist.import('folder');
        await jobs.waitFor('import', 'done');
        await jobs.close();
        expect(await textOf(worklist.row(second.studyInstanceUid))).toContain('12');
      } finally {
        await station.close();
      }
    } finally {
      await disk.remove();
      rmSync(inbox, { recursive: true, force: true });
    }
  });
});

/** Paths of all files below a folder, sorted. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}
