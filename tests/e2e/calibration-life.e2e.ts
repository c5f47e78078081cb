/** What a site does with a calibration once it is made, in the real window. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../main/runtime/command.ts';
import { isOnPath } from '../../main/runtime/debian.ts';
import { writeAnalysedStacks } from '../support/analysed-stacks.ts';
import { freshFolder, runCli } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog, answerSaveDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

describe('a calibration and what becomes of it', () => {
  const folder = freshFolder();
  const dataDir = join(folder, 'first');
  let station: WorkstationPages;

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
    const { app, worklist, jobs, window } = station;
    const inbox = join(folder, 'inbox');
    for (let number = 1; number <= 5; number++) writePhantomStudy(inbox, { number, slices: 3 });
    const abnormal = [6, 7].map((number) => writePhantomStudy(inbox, { number, lesion: 'subdural-bleed' }));
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    for (const { studyInstanceUid } of abnormal) {
      const { series } = await askFor(window, 'studies.open', studyInstanceUid);
      const { sopInstanceUid = '', frame = 0 } = series[0]?.frames[0] ?? {};
      await askFor(window, 'cases.confirm', { sopInstanceUid, frame }, 'subdural haematoma');
    }
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a run names its processor, is paused, and goes on after a restart and after kill -9 of the whole', async () => {
    const { calibration, window } = station;
    await calibration.new();
    await calibration.chooseSlices({ filter: 'normal', images: 1 });
    await expect.poll(() => textOf(calibration.chosenCount)).toBe('5 images of 5 studies');
    await calibration.chooseStudies('normal');
    await expect.poll(() => textOf(calibration.chosenCount)).toBe('15 images of 5 studies');
    await calibration.saveReferenceSet('Normals');
    // Of 15 images of 5 patients, two patients train, and what is left of them stands aside.
    await window.getByTestId('shots').fill('4');
    await expect.poll(() => textOf(window.getByTestId('held-out'))).toBe('9');
    await calibration.begin({ name: 'Site', preset: 'default', shots: 4, toleratedPercent: 30 });
    await calibration.training();
    await window.getByRole('img', { name: /^Loss over \d+ steps?, from / }).waitFor();
    await expect.poll(async () => (await calibration.runState()).timeLeft).toMatch(/^\d+ (s|min)/);
    await expect.poll(() => textOf(window.getByTestId('calibration-provider'))).toBe('cpu');
    await window.screenshot({ path: testResult('calibration-run.png') });
    await calibration.pause();
    await station.close();
    station = await openWorkstation({ dataDir });
    await station.calibration.resume();
    await station.calibration.trained(25);
    const gone = new Promise((resolve) => station.app.process().once('exit', resolve));
    station.app.process().kill('SIGKILL');
    await gone;
    station = await openWorkstation({ dataDir });
    expect(await askFor(station.window, 'calibrations.list')).toEqual([]);
    const [unfinished] = await askFor(station.window, 'calibrations.unfinished');
    // Checkpoints are 20 steps apart: what is done is not done again.
    expect(unfinished?.stepsDone).toBeGreaterThanOrEqual(20);
    await station.calibration.resume();
    await station.calibration.detail.getByRole('heading', { name: 'Site' }).waitFor({ timeout: 120_000 });
    expect(await askFor(station.window, 'calibrations.list')).toMatchObject([
      { name: 'Site', provider: expect.stringMatching(/^cpu, /), active: false },
    ]);
    // Only whoever has seen its evidence takes it into use.
    await station.window.getByTestId('activate-calibration').click();
    await station.window.getByTestId('calibration-active').waitFor();
    expect(await askFor(station.window, 'calibrations.unfinished')).toEqual([]);
  });

  test('its AUROC stands beside what random weights reach on the same images', async () => {
    const { calibration, window } = station;
    await calibration.measureNullBaseline();
    const [row] = await askFor(window, 'calibrations.list');
    const evidence = await askFor(window, 'calibrations.evidence', row?.id ?? '', null);
    expect(await textOf(window.getByTestId('null-auroc'))).toBe(evidence?.nullBaseline?.value.toFixed(3));
    await window.screenshot({ path: testResult('null-baseline.png') });
  });

  test.runIf(isOnPath('pdftotext'))('its evaluation card leaves as a PDF that says what the window shows', async () => {
    const { app, calibration, window } = station;
    const card = testResult('evaluation-card.pdf');
    rmSync(card, { force: true });
    await answerSaveDialog(app, card);
    await calibration.exportCard();
    const text = (await run('pdftotext', ['-layout', card, '-'])).output;
    for (const page of text.split('\f').slice(0, -1)) expect(page).toContain('Not for diagnostic use');
    const [row] = await askFor(window, 'calibrations.list');
    const { auroc, nullBaseline, threshold } = (await askFor(window, 'calibrations.evidence', row?.id ?? '', null))!;
    for (const { value } of [auroc!, nullBaseline!, { value: threshold }]) expect(text).toContain(value.toFixed(3));
    expect(text.replace(/\s/g, '')).toContain(row?.modelSha256);
    const mixture = await textOf(window.getByTestId('card-mixture'));
    expect(text.replace(/\s+/g, ' ')).toContain(mixture);
  });

  test('a recalibration shows before and after on the same held-out images', async () => {
    const { calibration, window } = station;
    await calibration.new();
    await calibration.useReferenceSet('Normals');
    await calibration.begin({ name: 'Site again', preset: 'fast', shots: 3, toleratedPercent: 30 });
    await window.getByTestId('step-evidence-body').waitFor({ timeout: 120_000 });
    // Confirmed cases are not seen beside a share that can still be chosen.
    await window.getByTestId('fix-share').waitFor();
    expect(await textOf(window.getByTestId('evidence'))).not.toMatch(/confirmed cases/i);
    await calibration.fixShare();
    expect(await textOf(window.getByTestId('evidence'))).toMatch(/Confirmed cases found/);
    const rows = await calibration.compareOnSameImages();
    expect(rows[0]).toMatch(/^Normals flagged \d+ of (\d+) \d+ of \1$/);
    expect(rows[1]).toMatch(/^Synthetic anomalies found \d+ of 120 \d+ of 120$/);
    expect(rows[2]).toMatch(/^Confirmed cases found \d of 2 \d of 2$/);
    await window.screenshot({ path: testResult('before-after.png') });
    await calibration.finished('Site again');
  });

  test('its normals leave without identities, and come back as a set of their own', async () => {
    const { app, calibration, jobs, window } = station;
    const copies = join(folder, 'copies');
    await answerOpenDialog(app, [copies]);
    await calibration.new();
    await calibration.exportReferenceSet('Normals');
    await jobs.waitFor('transfer', 'done');
    await jobs.close();
    await window.getByTestId('import-reference-set').click();
    await expect.poll(async () => (await askFor(window, 'referenceSets.list')).length, { timeout: 60_000 }).toBe(2);
    const [arrived, original] = await askFor(window, 'referenceSets.list');
    expect(arrived).toMatchObject({ name: 'Normals', frames: { length: 15 } });
    expect(arrived?.frames[0]?.sopInstanceUid).not.toBe(original?.frames[0]?.sopInstanceUid);
    // The PACS is another way to images; what was begun waits.
    await window.getByTestId('from-pacs').click();
    await window.getByTestId('add-node').first().waitFor();
    await calibration.open();
    await window.locator('[data-testid="wizard"][data-step="reference"]').waitFor();
    await window.screenshot({ path: testResult('reference-sets.png') });
  });

  test('what a reader finds goes back to it: a normal into the set, an overlooked one among the confirmed cases', async () => {
    const { app, jobs, worklist, viewer, window } = station;
    const later = join(folder, 'later');
    const normal = writePhantomStudy(later, { number: 8 });
    const overlooked = writePhantomStudy(later, { number: 9, lesion: 'subdural-bleed' });
    writePhantomStudy(later, { number: 10, kind: 'mr-brain' });
    await worklist.open();
    await answerOpenDialog(app, [later]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();

    await worklist.openStudy(normal.studyInstanceUid);
    await window.getByTestId('chosen-by').filter({ hasText: 'CT · HEAD · AXIAL' }).waitFor();
    await viewer.analyse();
    await window.getByTestId('add-normal').click();
    await expect
      .poll(async () => (await askFor(window, 'referenceSets.list'))[0])
      .toMatchObject({ name: 'Normals', version: 2, frames: { length: 16 } });

    await worklist.open();
    await worklist.openStudy(overlooked.studyInstanceUid);
    await viewer.analyse();
    await window.getByTestId('confirm-case').click();
    await expect.poll(async () => (await askFor(window, 'cases.list')).length).toBe(3);
    await window.screenshot({ path: testResult('feedback.png') });
    await window.getByTestId('withdraw-case').click();
    await expect.poll(async () => (await askFor(window, 'cases.list')).length).toBe(2);
  });

  test('a saved set is looked over again before it is used', async () => {
    const { calibration, window } = station;
    await calibration.new();
    await calibration.goTo('scope');
    await window.getByTestId('scope-kind').last().check(); // MR, and the set is of CT
    await calibration.goTo('reference');
    await calibration.lookOverReferenceSet('Normals');
    expect(await textOf(window.getByTestId('remarked-count'))).toBe('16 images to look at');
    await window.getByTestId('use-as-saved').waitFor();
    await window.screenshot({ path: testResult('reused-set.png') });
    // What is taken out makes it the next version.
    await window.getByTestId('take-out').first().click();
    await window.getByTestId('use-as-saved').waitFor({ state: 'hidden' });
    expect(await window.getByTestId('reference-set-name').inputValue()).toBe('Normals');
  });

  test('where scores have moved, the reading room says so and what to do', async () => {
    const [{ id = '' } = {}] = await askFor(station.window, 'calibrations.list');
    const [study] = (await askFor(station.window, 'studies.list')).filter(({ patientName }) =>
      /CASE 9/.test(patientName),
    );
    await station.close();
    const stacks = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => Array<number>(9).fill(first + i / 1000));
    writeAnalysedStacks(dataDir, id, [...stacks(0.3, 20), ...stacks(0.6, 44)]);
    station = await openWorkstation({ dataDir });
    const { calibration, worklist, window } = station;
    await worklist.open();
    await worklist.openStudy(study?.studyInstanceUid ?? '');
    const notice = window.getByTestId('drift-notice');
    expect(await textOf(notice)).toMatch(/^The last \d+ studies score higher than the first .* calibrate anew/);
    await window.screenshot({ path: testResult('drift.png') });
    await calibration.show('Site again');
    await window.getByTestId('drift').filter({ hasText: 'p < 0.001' }).waitFor();
    await window.screenshot({ path: testResult('drift-detail.png') });
  });

  test('it goes to a second workstation as one signed file, once its key was compared', async () => {
    const { app, calibration, jobs, window } = station;
    await calibration.show('Site again');
    const file = join(folder, 'site.calibration');
    await answerSaveDialog(app, file);
    const key = await calibration.export();
    await jobs.waitFor('transfer', 'done');
    await jobs.close();
    expect(existsSync(file)).toBe(true);

    const second = await openWorkstation({ dataDir: join(folder, 'second') });
    try {
      await answerOpenDialog(second.app, [file]);
      await second.calibration.import(key);
      await second.jobs.waitFor('transfer', 'done');
      await second.jobs.close();
      await second.calibration.rows.first().getByRole('button').click();
      expect(await textOf(second.calibration.detail)).toContain(`Imported from ${key}`);
      await second.window.screenshot({ path: testResult('imported-calibration.png') });
      expect(second.pageErrors).toEqual([]);
    } finally {
      await second.close();
    }

    const third = ['--data-dir', join(folder, 'third')];
    const refused = await runCli(['calibrations', 'import', file, ...third]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(key) });
    const taken = await runCli(['calibrations', 'import', file, '--key', key, ...third]);
    const [row] = await askFor(window, 'calibrations.list');
    expect(JSON.parse(taken.stdout)).toMatchObject({ id: row?.id, threshold: row?.threshold, origin: key });
    const card = join(folder, 'card.pdf');
    const written = await runCli(['calibrations', 'card', row?.id ?? '', card, '--language', 'de', ...third]);
    expect(written.code, written.stderr).toBe(0);
    expect(readFileSync(card).subarray(0, 5).toString()).toBe('%PDF-');
  });
});
