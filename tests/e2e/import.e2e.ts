/** An import in the window: its progress, its end by hand, its end by a crash; and copies that leave without a name. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dicomFile, imageElements } from '../../main/imaging/samples.ts';
import { freshFolder, runCli } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog, answerSaveDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

/** Enough that an import takes seconds. */
const SLICES = 900;

/** Slices 1 and 2 share a position, one is missing after slice 300, and the last is a localiser. */
function geometryOf(i: number): [tag: number, vr: string, value: string][] {
  const isLocaliser = i === SLICES;
  const position = Math.max(1, i - 1) + (i > 300 ? 1 : 0);
  return [
    [0x00080008, 'CS', isLocaliser ? 'ORIGINAL\\PRIMARY\\LOCALIZER' : 'ORIGINAL\\PRIMARY\\AXIAL'],
    [0x00200032, 'DS', `0\\0\\${position}`],
    [0x00200037, 'DS', isLocaliser ? '0\\1\\0\\0\\0\\-1' : '1\\0\\0\\0\\1\\0'],
  ];
}

/** A folder of small CT slices of one study, and its UID. */
function writeSlices(root: string, study: number): { readonly folder: string; readonly uid: string } {
  const folder = join(root, `study-${study}`);
  const uid = `2.25.88${study}`;
  mkdirSync(folder, { recursive: true });
  for (let i = 1; i <= SLICES; i++)
    writeFileSync(
      join(folder, `${i}.dcm`),
      dicomFile(
        imageElements([
          [0x0020000d, 'UI', uid],
          [0x0020000e, 'UI', `${uid}.1`],
          [0x00080018, 'UI', `${uid}.1.${i}`],
          [0x00100010, 'PN', 'Wegwerf^Fiktiva'],
          [0x00100020, 'LO', `HOSPITAL-${study}4711`],
          [0x00200013, 'IS', String(i)],
          ...geometryOf(i),
        ]),
      ),
    );
  return { folder, uid };
}

describe('an import of thousands of files', () => {
  const root = freshFolder();
  const dataDir = join(root, 'data');
  const first = writeSlices(root, 1);
  const second = writeSlices(root, 2);
  let station: WorkstationPages;

  beforeAll(async () => {
    mkdirSync(dataDir);
    station = await openWorkstation({ dataDir });
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** How many files the import that runs has behind it, as the window says. */
  const filesDone = async () => {
    const [, done = '0'] = (await textOf(running())).match(/(\d+) of \d+ files/) ?? [];
    return Number(done);
  };
  const running = () => station.jobs.tray.locator('[data-kind="import"][data-state="running"]');

  const begin = async ({ folder }: { folder: string }) => {
    await answerOpenDialog(station.app, [folder]);
    await station.worklist.import('folder');
    await station.jobs.open();
    await running().waitFor();
    await expect.poll(filesDone).toBeGreaterThan(50);
  };

  test('says how far it is and how long it will take, and ends whole when it is cancelled', async () => {
    const { jobs, window } = station;
    await begin(first);
    expect(await textOf(running())).toMatch(/of 900 files · about .+ left/);
    await window.screenshot({ path: testResult('import.png') });
    const whileRunning = await jobs.button.boundingBox();
    await running()
      .getByRole('button', { name: /^Cancel Import/ })
      .click();
    await jobs.waitFor('import', 'cancelled');
    await jobs.close();
    // A button that shrinks when a job ends slips away from the pointer that is about to press it.
    expect(await jobs.button.boundingBox()).toEqual(whileRunning);
    const stored = await imagesOf(first.uid);
    expect(stored).toBeGreaterThan(50);
    expect(stored).toBeLessThan(SLICES);
  });

  test('goes on where it was, though the reader process is killed meanwhile', async () => {
    const { jobs, worklist } = station;
    await worklist.drop([first.folder]);
    await jobs.open();
    await expect.poll(filesDone).toBeGreaterThan(0);
    process.kill(await readerProcess(), 'SIGKILL');
    expect(await running().isVisible()).toBe(true);
    expect(await textOf(await jobs.waitFor('import', 'done'))).not.toContain('left out');
    await jobs.close();
    expect(await imagesOf(first.uid)).toBe(SLICES);
  });

  test('goes on after kill -9 of the application, with nothing half-imported', async () => {
    await begin(second);
    const main = station.app.process();
    const ended = once(main, 'exit');
    main.kill('SIGKILL');
    await ended;

    const left = await checked();
    expect(left).toMatchObject({ ok: true, problems: [], missingFiles: [] });
    station = await openWorkstation({ dataDir });
    await station.jobs.waitFor('import', 'done');
    await station.jobs.close();
    expect(await imagesOf(second.uid)).toBe(SLICES);
    expect(await imagesOf(first.uid)).toBe(SLICES);
    expect(readdirSync(join(dataDir, 'tmp')).filter((name) => name.startsWith('import-'))).toEqual([]);
  });

  test('a series says what is odd in it, and copies without identity go into an archive', async () => {
    const { app, jobs, report, window, worklist } = station;
    await worklist.open();
    await worklist.openStudy(first.uid);
    expect(await window.getByTestId('series-remark').allInnerTexts()).toEqual([
      '1 image is a localiser and stands at the end.',
      expect.stringMatching(/^1 position holds more than one image: /),
      expect.stringMatching(/^About 1 slice is missing between .*: 2 mm apart, elsewhere 1 mm[.]$/),
    ]);
    await report.open();
    const archive = join(root, 'copies.zip');
    await answerSaveDialog(app, archive);
    await window.getByTestId('copies').click();
    await window.screenshot({ path: testResult('copies.png') });
    await window.keyboard.press('Escape');
    await report.writeCopies('zip');
    expect(await textOf(await jobs.waitFor('export', 'done'))).toContain(`${SLICES} images written without identity`);
    const files = Object.entries(unzipSync(readFileSync(archive)));
    expect(files).toHaveLength(SLICES);
    for (const [name, bytes] of files)
      expect(`${name} ${Buffer.from(bytes).toString('latin1')}`).not.toMatch(
        /Wegwerf|Fiktiva|HOSPITAL|2[.]25[.]881[.\0]/,
      );
    expect(station.pageErrors).toEqual([]);
  });

  async function readerProcess(): Promise<number> {
    const all = await station.app.evaluate(({ app }) => app.getAppMetrics().map(({ name, pid }) => ({ name, pid })));
    const { pid } = all.find(({ name }) => name === 'mediclip-reader') ?? {};
    if (pid === undefined) throw new Error('The reader does not run.');
    return pid;
  }

  async function imagesOf(uid: string): Promise<number> {
    const [row] = await askFor(station.window, 'studies.rows', [uid]);
    return row?.frameCount ?? 0;
  }

  async function checked() {
    const { code, stdout, stderr } = await runCli(['db', 'check', '--data-dir', dataDir]);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }
});
