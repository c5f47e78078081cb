/** Help where one is, the tour, and the support bundle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerSaveDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

let station: WorkstationPages;

beforeAll(async () => {
  station = await openWorkstation();
});
beforeEach(() => keepPictureOfFailure(() => station));
afterAll(() => station?.close());

test('F1 helps with the screen that one is on, and leads to the tour', async () => {
  const { window } = station;
  await window.getByTestId('start-tour').waitFor();
  const help = window.getByTestId('help');
  for (const [screen, title] of [
    ['nav-calibration', 'Help: Calibration'],
    ['nav-worklist', 'Help: Worklist'],
  ] as const) {
    await window.getByTestId(screen).click();
    await window.keyboard.press(screen === 'nav-worklist' ? '?' : 'F1');
    await help.waitFor();
    expect(await textOf(help.getByRole('heading').first())).toBe(title);
    expect(await textOf(help)).toContain('Not for diagnostic use');
    await window.screenshot({ path: testResult('help.png') });
    await window.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
  }
  await window.getByTestId('start-tour').click();
  const tour = window.getByTestId('tour');
  expect(await textOf(tour)).toContain('Step 1 of 5');
  await window.screenshot({ path: testResult('tour.png') });
  for (let step = 1; step < 5; step++) await window.getByTestId('tour-next').click();
  await window.getByTestId('tour-done').click();
  await tour.waitFor({ state: 'hidden' });
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
