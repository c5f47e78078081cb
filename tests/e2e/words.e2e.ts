/** Words on pictures, the longer German ones: whatever the layout, the window and its zoom, they fit, never meet, and what matters most stays. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshFolder } from '../support/launch.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { writeWordyStudy } from '../support/wordy-study.ts';

const dataDir = freshFolder();
let station: WorkstationPages;

beforeAll(async () => {
  station = await openWorkstation({ dataDir });
  const { app, window, worklist, jobs } = station;
  const inbox = join(dataDir, 'inbox');
  const study = writeWordyStudy(inbox, { number: 1, date: '20260930' });
  writeWordyStudy(inbox, { number: 2, date: '20250228' });
  await answerOpenDialog(app, [inbox]);
  await worklist.import('folder');
  await jobs.waitFor('import', 'done');
  await jobs.close();
  await window.getByTestId('about-button').click();
  await window.getByTestId('language').selectOption('de');
  await window.keyboard.press('Escape');
  await window.getByTestId('about').waitFor({ state: 'hidden' });
  await worklist.openStudy(study);
});
beforeEach(() => keepPictureOfFailure(() => station));
afterAll(async () => {
  await station?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const plain = [1280, 800, 1] as const;
const sizes = [plain, [1920, 1080, 1], [1280, 800, 2]] as const;

/** In DIP, and the zoom. */
async function sized(size: (typeof sizes)[number]): Promise<void> {
  const { app, viewer, window } = station;
  const wide = await app.evaluate(({ BrowserWindow }, [width, height, zoom]) => {
    const own = BrowserWindow.getAllWindows()[0];
    own?.setContentSize(width, height);
    own?.webContents.setZoomFactor(zoom);
    return width / zoom;
  }, size);
  await expect.poll(() => window.evaluate(() => innerWidth)).toBe(wide);
  await expect.poll(() => viewer.sizesOff()).toEqual([]);
}

/** With the zoom, which Playwright's own pictures know nothing of. */
async function keepPicture(name: string): Promise<void> {
  const png = await station.app.evaluate(async ({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    await contents?.capturePage(); // shows what was drawn before
    return (await contents?.capturePage())?.toPNG().toString('base64');
  });
  writeFileSync(testResult(`words-${name}.png`), Buffer.from(png ?? '', 'base64'));
}

/** Fits in every size of the window, and says on each picture what is in one of the lists. */
async function expectWords(name: string, wanted: readonly (readonly string[])[]): Promise<void> {
  const { viewer } = station;
  const ids = [...new Set(wanted.flat())];
  for (const size of sizes) {
    await sized(size);
    await keepPicture(`${name}-${size[0]}-${size[2]}`);
    const where = `${name} at ${size.join(' ')}`;
    expect.soft(await viewer.wordsOff(), where).toEqual([]);
    const there = new Set((await viewer.wordsThere(ids)).map(String));
    expect.soft([...there].sort(), where).toEqual(wanted.map(String).sort());
  }
  await sized(plain);
}

/** What stays on every stack, however small. */
const kept = ['lossy', 'corner-slice', 'corner-window', 'letter-right'];

test('fit in every layout, whatever the window', async () => {
  const { viewer, window } = station;
  await sized(plain);
  await expectWords('1x1', [kept]);
  await viewer.hang('prior-beside');
  await expect.poll(() => viewer.frameIndices()).toEqual([0, 0]);
  const withPrior = [kept, [...kept, 'prior']];
  await expectWords('1x2', withPrior);
  for (const layout of ['2x2', '3x3']) {
    await viewer.hang(`layout-${layout}`);
    const free = window.getByTestId('tile').filter({ hasNot: window.getByTestId('stack') });
    while ((await free.count()) > 0) {
      await free.first().click();
      await window.getByTestId('series').first().click();
    }
    await expect.poll(() => viewer.frameIndices()).not.toContain(Number.NaN);
    await expectWords(layout, withPrior);
  }
  expect(station.pageErrors).toEqual([]);
});

test('fit in the three planes, which say that the stack lost something', async () => {
  const { viewer, window } = station;
  await viewer.hang('layout-1x1');
  await viewer.hang('multiplanar');
  await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
  await expectWords('planes', [['letter-right'], ['letter-right', 'lossy', 'corner-window']]);
  await viewer.hang('multiplanar');
});

test('are taken off and put back; how the picture lies, and that it lost something, stays', async () => {
  const { viewer, window } = station;
  await viewer.hang('prior-beside');
  await expect.poll(() => viewer.frameIndices()).toEqual([0, 0]);
  await window.getByTestId('stack').first().focus();
  await window.keyboard.press('j');
  const there = () => viewer.wordsThere(['prior', 'patient', ...kept]);
  const left = ['lossy', 'letter-right'];
  await expect.poll(there).toEqual([left, ['prior', ...left]]);
  await window.screenshot({ path: testResult('words-off.png') });
  await viewer.hang('worded');
  await expect.poll(there).toEqual([
    ['patient', ...kept],
    ['prior', 'patient', ...kept],
  ]);
  // Another study, or the same one again, says whose it is.
  await window.keyboard.press('j');
  await expect.poll(async () => (await there())[0]).toEqual(left);
  await window.getByTestId('nav-worklist').click();
  await window.getByTestId('nav-viewer').click();
  await expect.poll(async () => (await there())[0]).toEqual(['patient', ...kept]);
});
