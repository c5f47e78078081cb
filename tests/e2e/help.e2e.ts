/** Help where one is, the tour, and the support bundle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog, answerSaveDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

let station: WorkstationPages;

beforeAll(async () => {
  station = await openWorkstation();
});
beforeEach(() => keepPictureOfFailure(() => station));
afterAll(() => station?.close());

/** Presses the key where the window is now, and returns the title of the help that opens; then closes it again. */
async function helpOn(key: 'F1' | '?' = 'F1'): Promise<string> {
  const { window } = station;
  const help = window.getByTestId('help');
  await window.keyboard.press(key);
  await help.waitFor();
  expect(await textOf(help)).toContain('Not for diagnostic use');
  const title = await textOf(help.getByRole('heading').first());
  await window.keyboard.press('Escape');
  await help.waitFor({ state: 'hidden' });
  return title;
}

test('F1 helps with the screen that one is on', async () => {
  const { window, app, worklist, viewer, jobs, dataDir } = station;
  const uid = writePhantomStudy(join(dataDir, 'inbox'), { number: 1, slices: 2 }).studyInstanceUid;
  await answerOpenDialog(app, [join(dataDir, 'inbox')]);
  await worklist.import('folder');
  await jobs.waitFor('import', 'done');
  expect(await helpOn()).toBe('Help: Import');
  await jobs.close();
  for (const [screen, title] of [
    ['nav-calibration', 'Help: Calibration'],
    ['nav-models', 'Help: Models'],
    ['nav-network', 'Help: PACS'],
    ['nav-worklist', 'Help: Worklist'],
  ] as const) {
    await window.getByTestId(screen).click();
    expect(await helpOn()).toBe(title);
    expect(await helpOn('?')).toBe(title);
  }
  await worklist.openStudy(uid);
  expect(await helpOn()).toBe('Help: Reading');
  await viewer.hang('layout-1x1');
  expect(await helpOn()).toBe('Help: Reading');
});

test('F1 helps inside dialogs and panels too, and leaves them open', async () => {
  const { window, app, worklist, report, network, dataDir } = station;
  await report.open();
  await report.impression.click();
  expect(await helpOn()).toBe('Help: Report');
  const over = async (button: string, dialog: string) => {
    await window.getByTestId(button).click();
    await window.getByTestId(dialog).waitFor();
    const title = await helpOn();
    await window.getByTestId(dialog).waitFor();
    await window.keyboard.press('Escape');
    await window.getByTestId(dialog).waitFor({ state: 'hidden' });
    return title;
  };
  expect(await over('copies', 'copies-dialog')).toBe('Help: Export');
  expect(await over('templates', 'templates-dialog')).toBe('Help: Report');
  expect(await over('about-button', 'about')).toBe('Help: About and settings');
  await network.open();
  // It has no page of its own: that of its screen.
  expect(await over('add-node', 'node-dialog')).toBe('Help: PACS');

  const photo = join(dataDir, 'photo.png');
  await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
    .png()
    .toFile(photo);
  await answerOpenDialog(app, [photo]);
  await worklist.import('files');
  await window.getByTestId('photo-form').waitFor();
  expect(await helpOn()).toBe('Help: Import');
  await worklist.tellOfPhotos('nothing');
});

test('the tour opens by itself at the first start on a data folder, and only then', async () => {
  const first = await openWorkstation({ tour: true });
  try {
    const tour = first.window.getByTestId('tour');
    await tour.waitFor();
    expect(await textOf(tour)).toContain('Step 1 of 5');
    await first.window.screenshot({ path: testResult('tour.png') });
    for (let step = 1; step < 5; step++) await first.window.getByTestId('tour-next').click();
    await first.window.getByTestId('tour-done').click();
    await tour.waitFor({ state: 'hidden' });
    await first.window.reload();
    await first.window.getByTestId('start-tour').waitFor();
    expect(await askFor(first.window, 'app.offerTour')).toBe(false);
    expect(await tour.isVisible()).toBe(false);
    await first.window.getByTestId('start-tour').click();
    await tour.waitFor();
  } finally {
    await first.close();
  }
});

test('a checkout says where the licences of what is inside lie', async () => {
  const { window } = station;
  await window.getByTestId('about-button').click();
  await window.getByTestId('licences-button').click();
  await window.getByText('the licences of what is inside lie in node_modules').waitFor();
  await window.keyboard.press('Escape');
});

test('the support bundle is shown before it is saved, and saved as it was shown', async () => {
  const { app, window, dataDir } = station;
  await window.getByTestId('about-button').click();
  await window.getByTestId('support-button').click();
  const shown = window.getByTestId('support-text');
  await shown.waitFor({ timeout: 120_000 });
  const words = await shown.inputValue();
  await window.screenshot({ path: testResult('support.png') });
  expect(words).toContain('"problems": []');
  expect(words).toContain('app.start');
  expect(words).not.toContain(dataDir);
  const path = join(dataDir, 'support.json');
  await answerSaveDialog(app, path);
  await window.getByTestId('support-save').click();
  await shown.waitFor({ state: 'hidden' });
  expect(readFileSync(path, 'utf8')).toBe(words);
});
