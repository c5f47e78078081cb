import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';

let workstation: WorkstationPages;
beforeAll(async () => {
  workstation = await openWorkstation();
});
afterAll(() => workstation?.close());

test('the window opens without errors', async () => {
  const { window } = workstation;
  const failures: string[] = [];
  window.on('pageerror', (error) => failures.push(error.message));
  window.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
  await window.reload();
  await window.getByRole('heading', { level: 1 }).first().waitFor();
  expect(failures).toEqual([]);
});

test('its graphics draw the viewer: WebGL 2', async () => {
  expect(await workstation.window.evaluate(() => document.createElement('canvas').getContext('webgl2') !== null)).toBe(
    true,
  );
});

test('what the first picture would wait for is ready before a study is opened', async () => {
  const { app, window } = workstation;
  await window.addInitScript(() => {
    const drawn: string[] = [];
    Object.assign(globalThis, { drawn });
    document.addEventListener('CORNERSTONE_IMAGE_RENDERED', ({ target }) => drawn.push(String(target)), true);
  });
  await window.reload();
  await expect.poll(() => window.evaluate('globalThis.drawn.length')).toBe(1);
  await expect.poll(() => window.locator('canvas').count()).toBe(0); // nothing of it stays
  expect(await app.evaluate(({ app: own }) => own.getAppMetrics().map(({ name }) => name))).toContain(
    'mediclip-reader',
  );
});

test('photographs are asked whose they are, and keep it', async () => {
  keepPictureOfFailure(() => workstation);
  const { app, window, worklist, dataDir } = workstation;
  const paths = ['2.png', '10.png'].map((name) => join(dataDir, name));
  for (const [index, path] of paths.entries())
    await sharp({ create: { width: 60, height: 40, channels: 3, background: { r: 90 + index, g: 80, b: 60 } } })
      .png()
      .toFile(path);
  await answerOpenDialog(app, paths);
  await worklist.import('files');
  await window.getByTestId('photo-form').screenshot({ path: testResult('photo-form.png') });
  await window.getByRole('button', { name: 'Import', exact: true }).click();
  expect(await window.locator('.field-says').allInnerTexts()).toEqual(['Fill in this field.', 'Fill in this field.']);
  await worklist.tellOfPhotos({ 'Family name': 'Fictional', 'Patient ID': 'F-7', 'Date of birth': '1970-01-31' });
  await worklist.rows.filter({ hasText: 'F-7' }).waitFor();
  expect(await worklist.read()).toMatchObject([
    { patient: expect.stringMatching(/^Fictional.*1970/), patientId: 'F-7', modality: 'XC', images: 2 },
  ]);
});
