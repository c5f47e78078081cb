/** The main job in the window, from an empty data folder to a signed report, and once more after a restart. */
import { readdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../../main/runtime/command.ts';
import { isOnPath } from '../../main/runtime/debian.ts';
import { freshFolder } from '../support/launch.ts';
import { ask, askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog, answerPrintDialog, answerSaveDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

const CALIBRATION = 'Head CT, first look';
/** Names in Japanese, Korean, Chinese, Greek, Russian, Hebrew and Arabic. */
const INDICATION = 'Teaching case: 山田 太郎 やまだ, 김희중, 王小东, Διονυσιος, Люкceмбypг, שרון, محمد';
const IMPRESSION = 'Fictional bleed in the left hemisphere.';
describe('the main job', () => {
  const dataDir = freshFolder();
  const pdf = testResult('report.pdf');
  let station: WorkstationPages;
  let studyUid = '';

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('the first start offers the demo studies, and the worklist shows them', async () => {
    const { worklist, jobs, window } = station;
    await worklist.openDemo();
    await worklist.rows.first().waitFor({ timeout: 120_000 });
    await jobs.waitFor('demo', 'done');
    await jobs.close();
    expect(Number.parseInt(await textOf(worklist.count), 10)).toBeGreaterThan(20);
    for (const modality of ['CT', 'DX', 'MR']) {
      await worklist.search.fill(modality);
      const shown = async () => new Set((await worklist.read()).map((row) => row.modality.split(' ')[0]));
      await expect.poll(shown).toEqual(new Set([modality]));
    }
    for (const row of await worklist.read()) {
      expect(row.patient).toContain('FICTIONAL');
      expect(row).toMatchObject({
        date: expect.stringMatching(/^\w{3} \d+, \d{4} \d{2}:\d{2}/),
        state: 'New',
        flagged: '',
      });
    }
    // The first of the cases carries a bleed on the middle third of its nine slices.
    await worklist.search.fill('CT head case');
    await expect.poll(() => worklist.rows.count()).toBe(6);
    studyUid = (await worklist.rows.first().getAttribute('data-study')) ?? '';
    await window.getByTestId('not-for-diagnostic-use').waitFor();
  });

  test('normal images become a reference set, and its calibration shows loss and time left', async () => {
    const { calibration } = station;
    await calibration.new();
    await calibration.chooseImages('DEMO-CT-HEAD-2', [0]);
    expect(await textOf(calibration.chosenCount)).toBe('1 image of 1 study');
    // Number 1, and 10 to 19.
    await calibration.chooseStudies('DEMO-CT-HEAD-1');
    await expect.poll(() => textOf(calibration.chosenCount)).toBe('12 images of 12 studies');
    await calibration.saveReferenceSet('Head CT normals');
    // Nearly every image is flagged, so that there is something to decide on, whatever the model is worth.
    await calibration.begin({ name: CALIBRATION, shots: 4, toleratedPercent: 90 });
    await calibration.training();
    const early = await calibration.runState();
    expect(Number(early.loss)).toBeGreaterThan(0);
    expect(early.steps).toMatch(/^\d+ of \d+$/);
    await expect.poll(async () => (await calibration.runState()).timeLeft).toMatch(/^\d+ (s|min)/);
    await expect
      .poll(async () => Number.parseInt((await calibration.runState()).steps, 10), { timeout: 60_000 })
      .toBeGreaterThan(Number.parseInt(early.steps, 10));
    await calibration.finished(CALIBRATION);
    const detail = await textOf(calibration.detail);
    expect(detail).toMatch(/4 normals.*8 normals/);
    expect(detail).toMatch(/\d+ steps in/);
  });

  test('an analysis puts the map over the picture where it is above the threshold', async () => {
    const { worklist, viewer } = station;
    await worklist.open();
    await worklist.search.fill('CT head case');
    await worklist.openStudy(studyUid);
    await viewer.analyse();
    expect(await textOf(viewer.verdict)).toMatch(/^[1-9] of 9 images flagged$/);
    expect(await viewer.findings.count()).toBeGreaterThanOrEqual(2);

    await viewer.goTo(viewer.findings.first());
    await viewer.showOutlines(false);
    const { frames, analysis } = await viewer.whatIsShown(studyUid);
    const frameOnScreen = async () => frames[await viewer.frameIndex()]!;
    const shown = await viewer.checkOverlay(analysis, await frameOnScreen(), 'shown');
    expect(shown.above).toBeGreaterThan(0);
    expect(shown.aboveColoured).toBe(shown.above);
    expect(shown.below).toBeGreaterThan(10_000);
    expect(shown.belowColoured).toBe(0);

    await viewer.press('Space');
    const hidden = await viewer.checkOverlay(analysis, await frameOnScreen(), 'hidden');
    expect(hidden).toEqual({ ...shown, aboveColoured: 0, belowColoured: 0 });
    await viewer.press('Space');
    await viewer.showOutlines(true);
  });

  test('arrow keys scroll the stack, and stop at its ends', async () => {
    const { viewer } = station;
    await viewer.press('Home');
    await expect.poll(() => viewer.frameIndex()).toBe(0);
    await viewer.press('ArrowDown');
    await expect.poll(() => viewer.frameIndex()).toBe(1);
    await viewer.press('ArrowRight');
    await expect.poll(() => viewer.frameIndex()).toBe(2);
    await viewer.press('ArrowUp');
    await expect.poll(() => viewer.frameIndex()).toBe(1);
    await viewer.press('End');
    await expect.poll(() => viewer.frameIndex()).toBe(8);
    await viewer.press('ArrowDown');
    await viewer.press('ArrowUp');
    await expect.poll(() => viewer.frameIndex()).toBe(7);
  });

  test('one finding is accepted, one rejected, and the report is written and signed', async () => {
    const { viewer, report } = station;
    await viewer.decide(viewer.findings.nth(0), 'accept', 'Dense, with mass effect');
    await viewer.decide(viewer.findings.nth(1), 'reject', 'Streak artefact');
    await expect.poll(() => viewer.decisions()).toEqual(expect.arrayContaining(['accepted', 'rejected']));
    await report.open();
    await report.write({ indication: INDICATION, impression: IMPRESSION });
    await report.signIt();
    expect(await textOf(report.signed)).toContain('Signed by');
  });

  test.runIf(isOnPath('pdftotext'))('the PDF says what was accepted, by which calibration and model', async () => {
    const { app, report, window } = station;
    rmSync(pdf, { force: true });
    await answerSaveDialog(app, pdf);
    await report.exportPdf();
    const { code, output: text } = await run('pdftotext', ['-layout', pdf, '-']);
    expect(code).toBe(0);
    expect(text).toContain('Not for diagnostic use');
    expect(text).toContain(IMPRESSION);
    for (const word of ['山田', 'やまだ', '김희중', '王小东', 'Διονυσιος']) expect(text).toContain(word);
    // Every font is in the file, our own and no drawing (Type 3), with its Unicode map: after the encoding come emb, sub, uni.
    const fonts = (await run('pdffonts', [pdf])).output.trim().split('\n').slice(2);
    expect(fonts.length).toBeGreaterThan(3);
    for (const font of fonts) expect(font).toMatch(/\+(Inter|NotoSans)\S* +CID TrueType .* yes +yes +yes +\d+ +\d+$/);
    expect((await run('pdfinfo', [pdf])).output).toMatch(/Tagged: +yes/);
    const pages = text.split('\f').slice(0, -1);
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expect(page).toContain('Not for diagnostic use');
    expect(text).toContain('Dense, with mass effect');
    expect(text).not.toContain('Streak artefact');
    expect(text).toContain('1 finding was accepted');
    expect(text).toContain(CALIBRATION);
    const [calibration] = await askFor(window, 'calibrations.list');
    expect(text.replace(/\s/g, '')).toContain(calibration?.modelSha256);
    expect(text).toContain(`${calibration?.modelName}, `);
  });

  test.runIf(isOnPath('pdftotext'))('the report goes to a printer, under the warning on each page', async () => {
    const { app, window } = station;
    const paper = testResult('paper.pdf');
    rmSync(paper, { force: true });
    await answerPrintDialog(app, paper);
    await window.getByTestId('print').click();
    await window.getByTestId('notices-done').getByText('The report was sent to the printer').waitFor();
    const pages = (await run('pdftotext', ['-layout', paper, '-'])).output.split('\f').slice(0, -1);
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expect(page).toContain('Not for diagnostic use');
    expect(pages.join()).toContain(IMPRESSION);
  });

  test('results leave as DICOM and documents, and an addendum as a new version', async () => {
    const { app, report, jobs, window } = station;
    const folder = freshFolder();
    await answerOpenDialog(app, [folder]);
    await report.exportResults(['sr', 'seg', 'epdf', 'png', 'fhir']);
    await jobs.waitFor('export', 'done');
    await jobs.close();
    const kinds = () =>
      readdirSync(folder)
        .map((name) => name.split('-')[0])
        .sort();
    expect(kinds()).toEqual(['epdf', 'finding', 'report', 'seg', 'sr']);
    await report.addAddendum('Second look: unchanged.');
    await window.screenshot({ path: testResult('addendum.png') });
    await window.getByTestId('export-results').click();
    await window.screenshot({ path: testResult('export.png') });
    await window.keyboard.press('Escape');
    rmSync(folder, { recursive: true, force: true });
  });

  test('a signed report cannot be changed, neither in the window nor past it', async () => {
    const { window, report, viewer, jobs } = station;
    expect(await report.impression.count()).toBe(0);
    await window.getByTestId('tab-findings').click();
    await viewer.findings.first().waitFor();
    expect(await window.getByTestId('accept').count()).toBe(0);
    expect(await window.getByTestId('analyse').count()).toBe(0);
    const analysis = await askFor(window, 'analyses.latest', studyUid);
    const findingId = analysis?.findings[0]?.id ?? '';
    const refusals = [
      await ask(window, 'reports.save', { studyInstanceUid: studyUid, indication: '', impression: 'Other' }),
      await ask(window, 'reports.sign', studyUid, 'en'),
      await ask(window, 'findings.decide', { findingId, decision: 'open', comment: '' }),
    ];
    for (const refusal of refusals) expect(refusal).toMatchObject({ ok: false, fault: { code: 'not-allowed' } });
    const calibrationId = analysis?.calibration.id ?? '';
    await askFor(window, 'analyses.start', { studyInstanceUid: studyUid, calibrationId, discarding: true });
    expect(await textOf(await jobs.waitFor('analyse', 'failed'))).toContain('signed');
    await jobs.close();
    await jobs.dismissFaults();
  });

  test('after a restart everything is still there', async () => {
    await station.close();
    station = await openWorkstation({ dataDir });
    const { worklist, calibration, viewer, report, window } = station;
    await worklist.open();
    const row = worklist.row(studyUid);
    await worklist.search.fill('CT head case');
    await row.waitFor();
    expect(await textOf(row)).toMatch(/Reported.*0\.\d{3}.*image/);
    await calibration.open();
    await calibration.detail.getByRole('heading', { name: CALIBRATION }).waitFor();
    await worklist.open();
    await worklist.openStudy(studyUid);
    await viewer.verdict.waitFor();
    expect(await viewer.decisions()).toEqual(expect.arrayContaining(['accepted', 'rejected']));
    await expect.poll(() => viewer.overlayState()).toBe('shown');
    await report.open();
    expect(await textOf(window.getByTestId('signed-impression'))).toBe(IMPRESSION);
    expect(station.pageErrors).toEqual([]);
  });
});
