/** The reader's tools on the picture, and findings of the reader's own: drawn, measured, undone, and back after a restart. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshFolder } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

describe('reading a study', () => {
  const dataDir = freshFolder();
  let station: WorkstationPages;
  let caseUid = '';

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
    const inbox = join(dataDir, 'inbox');
    for (const number of [1, 2]) writePhantomStudy(inbox, { number, slices: 4 });
    caseUid = writePhantomStudy(inbox, { number: 10, slices: 3, lesion: 'mass' }).studyInstanceUid;
    const { app, worklist, jobs } = station;
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    await worklist.row(caseUid).waitFor();
    expect(await worklist.row(caseUid).getAttribute('data-unread')).toBe('true');
    await worklist.openStudy(caseUid);
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const stored = () => askFor(station.window, 'annotations.list', caseUid);

  test('a length is drawn, kept by main, undone and done again', async () => {
    const { viewer } = station;
    await viewer.press('l');
    await viewer.drag([0.3, 0.3], [0.6, 0.3]);
    await expect.poll(async () => (await stored()).map(({ tool }) => tool)).toEqual(['length']);
    const [length] = await stored();
    const [x0, y0, x1, y1] = length!.points as [number, number, number, number];
    expect(y1).toBeCloseTo(y0, 0);
    const { frames } = await viewer.framesOf(caseUid);
    const mm = (x1 - x0) * (frames[0]!.pixelSpacing?.[1] ?? Number.NaN);
    await expect.poll(async () => Math.abs((await viewer.measuredFigures())[0]! - mm)).toBeLessThan(0.11);
    await viewer.press('Control+z');
    await expect.poll(stored).toEqual([]);
    await viewer.press('Control+y');
    await expect.poll(async () => (await stored())[0]?.points).toEqual(length!.points);
  });

  test('an ellipse states mean and deviation in Hounsfield units', async () => {
    const { viewer } = station;
    await viewer.press('e');
    await viewer.drag([0.45, 0.55], [0.55, 0.65]);
    await expect.poll(async () => (await stored()).map(({ tool }) => tool).sort()).toEqual(['ellipse', 'length']);
    await expect.poll(() => viewer.measuredText()).toMatch(/Mean -?[\d.,]+ HU/);
    expect(await viewer.measuredText()).toMatch(/SD [\d.,]+ HU/);
  });

  test('turning and mirroring take the letters at the edges along', async () => {
    const { viewer, window } = station;
    expect(await textOf(window.getByTestId('letter-right'))).toBe('L');
    await viewer.press('f');
    await expect.poll(() => textOf(window.getByTestId('letter-right'))).toBe('R');
    await viewer.press('f');
    await viewer.press('t');
    await expect.poll(() => textOf(window.getByTestId('letter-right'))).toBe('A');
    await viewer.press('r');
    await expect.poll(() => textOf(window.getByTestId('letter-right'))).toBe('L');
    await viewer.press('5');
    await expect.poll(() => textOf(window.getByTestId('corner-window'))).toBe('W 80 L 40');
  });

  test('a calibration for other images is not used silently', async () => {
    const { calibration, worklist, viewer, window } = station;
    await calibration.new();
    await calibration.chooseStudies('normal');
    await calibration.saveReferenceSet('Normals');
    await calibration.begin({ name: 'Normals', shots: 4, toleratedPercent: 90 });
    await calibration.finished('Normals');
    await worklist.open();
    await worklist.openStudy(caseUid);
    await viewer.analyse();
    expect(await viewer.findings.count()).toBeGreaterThan(0);
    const [row] = await askFor(window, 'calibrations.list');
    expect(await askFor(window, 'analyses.misfit', { studyInstanceUid: caseUid, calibrationId: row!.id })).toBe('');
  });

  test('a finding is drawn by hand, linked to a measurement, rejected and undone', async () => {
    const { viewer, window } = station;
    await viewer.press('Home');
    const before = await viewer.findings.count();
    await viewer.press('o');
    await viewer.drawOutline([0.4, 0.4], 0.08);
    await expect.poll(() => viewer.findings.count()).toBe(before + 1);
    const drawn = window.getByTestId('finding').filter({ hasText: 'drawn by hand' });
    expect(await drawn.getAttribute('data-decision')).toBe('accepted');
    await drawn.getByTestId('finding-measurement').selectOption({ index: 1 });
    const findings = async () => (await askFor(window, 'analyses.latest', caseUid))?.findings ?? [];
    await expect
      .poll(async () => (await findings()).filter(({ measurementId }) => measurementId !== null).length)
      .toBe(1);
    await drawn.getByTestId('reject').click();
    await expect.poll(() => drawn.getAttribute('data-decision')).toBe('rejected');
    await viewer.press('Control+z');
    await expect.poll(() => drawn.getAttribute('data-decision')).toBe('accepted');
    await window.getByTestId('map-style').selectOption('contours');
    await window.getByTestId('map-colours').selectOption('cividis');
    await window.screenshot({ path: testResult('reading.png') });
    await drawn.getByTestId('why').click();
    await window.getByTestId('why-dialog').waitFor();
    await window.screenshot({ path: testResult('why.png') });
    await window.keyboard.press('Escape');
  });

  test('measurements and findings are back after a restart', async () => {
    const kept = await stored();
    await station.close();
    station = await openWorkstation({ dataDir });
    await station.worklist.row(caseUid).waitFor();
    expect(await station.worklist.row(caseUid).getAttribute('data-unread')).toBe('false');
    await station.worklist.openStudy(caseUid);
    await expect.poll(() => station.viewer.measuredText()).toContain('Mean');
    expect(await stored()).toEqual(kept);
    expect(station.pageErrors).toEqual([]);
  });
});
