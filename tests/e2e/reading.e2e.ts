/** The reader's tools on the picture, and findings of the reader's own: drawn, measured, undone, and back after a restart. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshFolder } from '../support/launch.ts';
import { ask, askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

describe('reading a study', () => {
  const dataDir = freshFolder();
  let station: WorkstationPages;
  let caseUid = '';
  let otherUid = '';

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
    const inbox = join(dataDir, 'inbox');
    for (const number of [1, 2]) writePhantomStudy(inbox, { number, slices: 4 });
    caseUid = writePhantomStudy(inbox, { number: 10, slices: 3, lesion: 'mass' }).studyInstanceUid;
    otherUid = writePhantomStudy(inbox, { number: 20, kind: 'mr-brain', lesion: 'mass' }).studyInstanceUid;
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

  test('every tool of the mouse does what its name says', async () => {
    const { viewer, window } = station;
    const corner = () => textOf(window.getByTestId('corner-window'));
    const place = () => viewer.toScreen();
    const asked = 'W 90 L 40';
    await viewer.press('r');
    await expect.poll(corner).toBe(asked);
    const start = await place();
    await viewer.press('w');
    await viewer.drag([0.5, 0.5], [0.6, 0.55]);
    await expect.poll(corner).not.toBe(asked);
    await viewer.press('0');
    await expect.poll(corner).toBe(asked);

    await viewer.press('d');
    await viewer.drag([0.5, 0.5], [0.6, 0.5]);
    const { width } = (await window.getByTestId('stack-image').boundingBox())!;
    await expect.poll(async () => Math.abs((await place()).e - start.e - 0.1 * width)).toBeLessThan(2);
    await viewer.press('z');
    await viewer.drag([0.5, 0.5], [0.5, 0.6]);
    await expect.poll(async () => Math.abs((await place()).a / start.a - 1)).toBeGreaterThan(0.05);
    await viewer.press('v');
    await expect.poll(async () => (await place()).d).toBeLessThan(0);
    await viewer.press('r');
    const moved = async () => {
      const now = await place();
      return Math.max(...Object.entries(start).map(([part, value]) => Math.abs(value - now[part as keyof typeof now])));
    };
    await expect.poll(moved).toBeLessThan(0.01);

    await viewer.press('s');
    await viewer.drag([0.75, 0.3], [0.75, 0.7]);
    await expect.poll(() => viewer.frameIndex()).toBeGreaterThan(0);
    await viewer.press('Home');
    await expect.poll(() => viewer.frameIndex()).toBe(0);

    const brightness = await viewer.meanGrey();
    await viewer.press('i');
    await expect.poll(corner).toContain('inverted');
    await expect.poll(async () => brightness + (await viewer.meanGrey())).toBeCloseTo(255, -1);
    await viewer.press('i');
    await expect.poll(corner).toBe(asked);

    const lens = window.locator('.magnifyTool');
    await viewer.press('m');
    await viewer.hold([0.5, 0.5], async () => await lens.waitFor());
    await lens.waitFor({ state: 'detached' });
  });

  test('angle, rectangle and probe measure, and are undone one by one', async () => {
    const { viewer } = station;
    const tools = async () => (await stored()).map(({ tool }) => tool).sort();
    await viewer.press('g');
    await viewer.drag([0.3, 0.75], [0.5, 0.75]);
    await viewer.click([0.5, 0.85]);
    await expect.poll(tools).toEqual(['angle', 'ellipse', 'length']);
    // The arm that was drawn lies level, the other one goes straight down from its end.
    await expect.poll(() => viewer.measuredText()).toMatch(/\b(89|90)(\.\d)?°/);
    await viewer.press('q');
    await viewer.drag([0.42, 0.42], [0.5, 0.5]);
    await expect.poll(tools).toEqual(['angle', 'ellipse', 'length', 'rectangle']);
    await expect.poll(async () => (await viewer.measuredText()).match(/Mean/g)?.length).toBe(2);
    await viewer.press('b');
    await viewer.click([0.6, 0.45]);
    await expect.poll(tools).toEqual(['angle', 'ellipse', 'length', 'probe', 'rectangle']);
    for (const left of [4, 3, 2]) {
      await viewer.press('Control+z');
      await expect.poll(async () => (await stored()).length).toBe(left);
    }
    expect(await tools()).toEqual(['ellipse', 'length']);
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
    const [shown] = (await viewer.framesOf(caseUid)).frames;
    const before = await viewer.findings.count();
    await viewer.press('o');
    await viewer.drawOutline([0.4, 0.4], 0.08);
    await expect.poll(() => viewer.findings.count()).toBe(before + 1);
    const drawn = window.getByTestId('finding').filter({ hasText: 'drawn by hand' });
    expect(await drawn.getAttribute('data-decision')).toBe('accepted');
    const measurements = (await stored()).filter(({ sopInstanceUid }) => sopInstanceUid === shown?.sopInstanceUid);
    const length = measurements.findIndex(({ tool }) => tool === 'length');
    await drawn.getByTestId('finding-measurement').selectOption({ index: length + 1 });
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
    // One for each of the four images that the calibration was made on.
    await expect.poll(() => window.getByTestId('nearest-normal').count(), { timeout: 60_000 }).toBe(4);
    expect(await textOf(window.getByTestId('why-dialog'))).toMatch(
      /Site: .+ Normals: CT HEAD.*4 normal images.*Model /s,
    );
    await window.screenshot({ path: testResult('why.png') });
    await window.keyboard.press('Escape');
  });

  test('the map is made fainter, cut higher, and taken away while a key is held; strip and keys go to slices', async () => {
    const { viewer, window } = station;
    await window.getByTestId('map-style').selectOption('filled');
    await viewer.showOutlines(false);
    const { frames, analysis } = await viewer.whatIsShown(caseUid);
    const bars = (await window.getByTestId('score-strip').locator('svg').boundingBox())!;
    for (const index of [2, 1]) {
      await window.mouse.click(bars.x + bars.width / 2, bars.y + ((index + 0.5) / frames.length) * bars.height);
      await expect.poll(() => viewer.frameIndex()).toBe(index);
    }
    const region = analysis.findings.find(({ drawnBy }) => drawnBy === null)!;
    await viewer.goTo(window.locator(`[data-testid="finding"][data-finding="${region.id}"]`));
    const coloured = () => viewer.colouredIn(region.box);
    await expect.poll(coloured).toBeGreaterThan(0);
    for (const opacity of [0.2, 0.5]) {
      await window.getByTestId('overlay-opacity').fill(String(opacity));
      await expect.poll(async () => (await viewer.strongestOverlay()) / 255).toBeCloseTo(opacity, 1);
    }
    await window.getByTestId('overlay-threshold').fill('0.881');
    await expect.poll(coloured).toBe(0);
    await window.getByTestId('back-to-threshold').click();
    await expect.poll(coloured).toBeGreaterThan(0);
    await viewer.stack.focus();
    await window.keyboard.down('h');
    await expect.poll(() => viewer.strongestOverlay()).toBe(0);
    await window.keyboard.up('h');
    await expect.poll(coloured).toBeGreaterThan(0);

    const selected = viewer.findings.filter({ has: window.locator('[aria-pressed="true"][data-testid="finding-go"]') });
    const chosen = () => selected.getAttribute('data-finding');
    for (let back = await viewer.findings.count(); back > 0; back--) await viewer.press('p');
    const first = await chosen();
    await viewer.press('n');
    await expect.poll(chosen).not.toBe(first);
    await viewer.press('p');
    await expect.poll(chosen).toBe(first);
    await window.getByTestId('map-style').selectOption('contours');
    await viewer.showOutlines(true);
    await viewer.goTo(viewer.findings.filter({ hasText: 'drawn by hand' }));
  });

  test('an outline is drawn anew, a finding removed, and both come back as they were', async () => {
    const { viewer, window } = station;
    const drawn = window.getByTestId('finding').filter({ hasText: 'drawn by hand' });
    const id = (await drawn.getAttribute('data-finding')) ?? '';
    const finding = async () =>
      (await askFor(window, 'analyses.latest', caseUid))?.findings.find((one) => one.id === id);
    const before = await finding();
    await drawn.getByTestId('redraw').click();
    await viewer.drawOutline([0.5, 0.5], 0.15);
    await expect.poll(async () => (await finding())?.areaMm2).toBeGreaterThan(2 * (before?.areaMm2 ?? 0));
    await viewer.press('Control+z');
    await expect.poll(async () => (await finding())?.outline).toEqual(before?.outline);
    // Pulled at a dot, by the mouse and by a key: it grows there, and each pull is one step.
    await drawn.getByTestId('pull-outline').click();
    const dot = window.getByTestId('outline-handle').first();
    const { x, y, width, height } = (await dot.boundingBox())!;
    await window.mouse.move(x + width / 2, y + height / 2);
    await window.mouse.down();
    await window.mouse.move(x + 20, y);
    await window.mouse.move(x + 40, y);
    await window.screenshot({ path: testResult('pulled.png') });
    await window.mouse.up();
    await expect.poll(async () => (await finding())?.box[2]).toBeGreaterThan(before?.box[2] ?? Number.NaN);
    const pulled = await finding();
    await dot.focus();
    await window.keyboard.press('ArrowRight');
    await expect.poll(async () => (await finding())?.box[2]).toBeGreaterThan(pulled?.box[2] ?? Number.NaN);
    await window.keyboard.press('Escape');
    await window.getByTestId('outline-editor').waitFor({ state: 'hidden' });
    await viewer.press('Control+z');
    await expect.poll(async () => (await finding())?.outline).toEqual(pulled?.outline);
    await viewer.press('Control+z');
    await expect.poll(async () => (await finding())?.outline).toEqual(before?.outline);
    await drawn.getByTestId('remove-finding').click();
    await expect.poll(finding).toBeUndefined();
    await expect.poll(() => drawn.count()).toBe(0);
    await viewer.press('Control+z');
    await expect
      .poll(finding)
      .toMatchObject({ outline: before?.outline, decision: 'accepted', measurementId: before?.measurementId });
    await expect.poll(() => drawn.count()).toBe(1);
  });

  test('a measurement that is taken away and undone measures its finding again', async () => {
    const { viewer, window } = station;
    const measuredBy = async () =>
      (await askFor(window, 'analyses.latest', caseUid))?.findings.flatMap(({ measurementId }) => measurementId ?? []);
    const [id] = (await measuredBy()) ?? [];
    const length = (await stored()).find((one) => one.id === id);
    expect(length?.tool).toBe('length');
    const [x0, y0, x1, y1] = length!.points as [number, number, number, number];
    await viewer.press('w');
    await viewer.click(await viewer.placeOf([(x0 + x1) / 2, (y0 + y1) / 2]));
    await viewer.press('Delete');
    await expect.poll(async () => (await stored()).map(({ tool }) => tool)).toEqual(['ellipse']);
    await expect.poll(measuredBy).toEqual([]);
    await viewer.press('Control+z');
    await expect.poll(async () => (await stored()).length).toBe(2);
    await expect.poll(measuredBy).toEqual([id]);
  });

  test('what is rejected loses its colour, its bar and its place in the worklist, and gets them back', async () => {
    const { viewer, window } = station;
    const { frames, analysis } = await viewer.whatIsShown(caseUid);
    const flagged = analysis.frames.find(
      (result) => result.flagged && analysis.findings.some((one) => one.sopInstanceUid === result.sopInstanceUid),
    );
    const index = frames.findIndex(({ sopInstanceUid }) => sopInstanceUid === flagged?.sopInstanceUid);
    const there = analysis.findings.filter(({ sopInstanceUid }) => sopInstanceUid === flagged?.sopInstanceUid);
    const regions = there.filter(({ drawnBy }) => drawnBy === null);
    expect(regions.length).toBeGreaterThan(0);
    const row = (id: string) => window.locator(`[data-testid="finding"][data-finding="${id}"]`);
    const counts = async () => {
      const [study] = await askFor(window, 'studies.rows', [caseUid]);
      return study?.flaggedFrames ?? Number.NaN;
    };
    const bar = async () =>
      Number(await window.getByTestId('score-strip').locator('rect').nth(index).getAttribute('width'));
    await viewer.goTo(row(regions[0]!.id));
    await expect.poll(() => viewer.frameIndex()).toBe(index);
    await viewer.showOutlines(false);
    const coloured = () => Promise.all(regions.map(({ box }) => viewer.colouredIn(box)));
    await expect.poll(async () => Math.min(...(await coloured()))).toBeGreaterThan(0);
    const [before, flaggedBefore, barBefore] = [await coloured(), await counts(), await bar()];
    expect(barBefore).toBeGreaterThan(0);
    for (const { id } of there) {
      await row(id).getByTestId('reject').click();
      await expect.poll(() => row(id).getAttribute('data-decision')).toBe('rejected');
    }
    await expect.poll(coloured).toEqual(regions.map(() => 0));
    await expect.poll(bar).toBe(0);
    expect(await counts()).toBe(flaggedBefore - 1);
    await window.screenshot({ path: testResult('rejected.png') });
    for (const { id, decision } of there.toReversed()) {
      await viewer.press('Control+z');
      await expect.poll(() => row(id).getAttribute('data-decision')).toBe(decision);
    }
    await expect.poll(coloured).toEqual(before);
    await expect.poll(bar).toBe(barBefore);
    expect(await counts()).toBe(flaggedBefore);
    await viewer.showOutlines(true);
    await viewer.press('Home');
  });

  test('another analysis asks before it forgets decisions, and keeps what was drawn by hand', async () => {
    const { viewer, window } = station;
    const latest = async () => (await viewer.whatIsShown(caseUid)).analysis;
    const before = await latest();
    const region = before.findings.find(({ drawnBy }) => drawnBy === null);
    await window.locator(`[data-finding="${region?.id}"]`).getByTestId('reject').click();
    await expect.poll(async () => (await viewer.decisions()).includes('rejected')).toBe(true);
    await window.getByTestId('analyse').click();
    await window.getByTestId('loss-dialog').filter({ hasText: '1 decision.' }).waitFor();
    await window.screenshot({ path: testResult('loss.png') });
    await window.getByTestId('loss-dialog').getByTestId('dismiss').click();
    expect((await latest()).id).toBe(before.id);
    await window.getByTestId('analyse').click();
    await window.getByTestId('analyse-discarding').click();
    await expect.poll(async () => (await latest()).id, { timeout: 120_000 }).not.toBe(before.id);
    const after = await latest();
    const drawn = ({ findings }: typeof after) => {
      const [hand] = findings.filter(({ drawnBy }) => drawnBy !== null);
      return [hand?.outline, hand?.decision, hand?.measurementId];
    };
    expect(drawn(after)).toEqual(drawn(before));
    await expect.poll(async () => (await viewer.decisions()).includes('rejected')).toBe(false);
    // The steps to undo were about findings that are gone.
    await viewer.press('Control+z');
    await pause(1000);
    expect(await latest()).toEqual(after);
  });

  test('the stack plays, round and round, until it is stopped', async () => {
    const { viewer } = station;
    await viewer.press('Home');
    const seen = new Set<number>();
    await viewer.press('k');
    await expect.poll(async () => seen.add(await viewer.frameIndex()).size, { interval: 50 }).toBe(3);
    await viewer.press('k');
    // The picture that was asked for last may still be on its way.
    await pause(1000);
    const stopped = await viewer.frameIndex();
    await viewer.press('ArrowUp');
    await expect.poll(() => viewer.frameIndex()).toBe(Math.max(0, stopped - 1));
  });

  test('a report begins with a template, and becomes one', async () => {
    const { report, window } = station;
    await report.open();
    await window.getByTestId('report-template').selectOption({ label: 'CT head' });
    await expect.poll(() => window.getByTestId('technique').inputValue()).toMatch(/without contrast/);
    expect(await window.getByTestId('report-findings').inputValue()).toContain('Midline:');
    await report.write({ indication: '', impression: 'No change.' });
    await window.getByTestId('templates').click();
    await window.getByTestId('template-name').fill('Head, follow-up');
    await window.getByTestId('save-template').click();
    await window.getByTestId('own-template').filter({ hasText: 'Head, follow-up' }).waitFor();
    await window.screenshot({ path: testResult('templates.png') });
    await window.keyboard.press('Escape');
    // It stands first for exams of its kind.
    expect(await window.getByTestId('report-template').locator('option').nth(1).innerText()).toBe('Head, follow-up');
    await window.getByTestId('tab-findings').click();
  });

  test('where no calibration fits, the app says so and does not analyse', async () => {
    const { worklist, viewer, window } = station;
    await worklist.open();
    await worklist.openStudy(otherUid);
    await window.getByTestId('none-fits').waitFor();
    // Windows in HU would mean nothing here: those on the keys follow from the one that the file asks for.
    const width = async () => Number(/W ([\d.]+)/.exec(await textOf(window.getByTestId('corner-window')))?.[1]);
    const asked = await width();
    await viewer.press('2');
    await expect.poll(width).toBeCloseTo(asked / 2, -1);
    await window.getByTestId('window-presets').click();
    await window.getByTestId('window-preset').filter({ hasText: 'Less contrast' }).click();
    await expect.poll(width).toBeCloseTo(asked * 2, -1);
    await viewer.press('0');
    await expect.poll(width).toBe(asked);
    expect(await window.getByTestId('analyse').isDisabled()).toBe(true);
    const [row] = await askFor(window, 'calibrations.list');
    await window.getByTestId('analysis-calibration').selectOption(row!.id);
    await window.getByTestId('misfit').filter({ hasText: 'are not CT HEAD' }).waitFor();
    expect(await textOf(window.getByTestId('analyse'))).toBe('Analyse all the same');
    const request = { studyInstanceUid: otherUid, calibrationId: row!.id };
    expect(await ask(window, 'analyses.start', request)).toMatchObject({ ok: false, fault: { code: 'not-allowed' } });
    await window.screenshot({ path: testResult('misfit.png') });
    await worklist.open();
    await worklist.openStudy(caseUid);
  });

  test('measurements and findings, window and the look of the map are back after a restart', async () => {
    const kept = await stored();
    const { viewer: before } = station;
    await before.press('5');
    await station.window.getByTestId('overlay-opacity').fill('0.3');
    await station.window.getByTestId('overlay-threshold').fill('0.6');
    await expect.poll(async () => (await askFor(station.window, 'session.get'))?.places[0]?.window?.width).toBe(80);
    await expect.poll(async () => (await askFor(station.window, 'session.get'))?.study).toBe(caseUid);
    await station.close();
    station = await openWorkstation({ dataDir });
    // It opens where the reader was: on the study.
    await expect.poll(() => station.viewer.measuredText()).toContain('Mean');
    await expect.poll(() => textOf(station.window.getByTestId('corner-window'))).toBe('W 80 L 40');
    const value = (testId: string) => station.window.getByTestId(testId).inputValue();
    expect(await Promise.all(['overlay-opacity', 'overlay-threshold', 'map-style', 'map-colours'].map(value))).toEqual([
      '0.3',
      '0.6',
      'contours',
      'cividis',
    ]);
    await station.worklist.open();
    await station.worklist.row(caseUid).waitFor();
    expect(await station.worklist.row(caseUid).getAttribute('data-unread')).toBe('false');
    const { rows } = station.worklist;
    const listed = () => rows.evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset.study));
    const filter = (name: string) => station.window.getByTestId(name);
    for (const [choose, isThere] of [
      [() => filter('filter-flagged').click(), true],
      [() => filter('filter-state').selectOption('analysed'), true],
      [() => filter('filter-state').selectOption('reported'), false],
      [() => filter('filter-unread').click(), false],
    ] as const) {
      await choose();
      await expect.poll(listed).toSatisfy((uids: string[]) => uids.length < 4 && uids.includes(caseUid) === isThere);
      await filter('clear-filters').click();
      await expect.poll(listed).toHaveLength(4);
    }
    await station.worklist.openStudy(caseUid);
    await expect.poll(() => station.viewer.measuredText()).toContain('Mean');
    expect(await stored()).toEqual(kept);
    expect(station.pageErrors).toEqual([]);
  });

  test('what was written is there after the application was killed', async () => {
    const { worklist, report, window } = station;
    await worklist.open();
    await worklist.openStudy(otherUid);
    await report.open();
    await window.getByTestId('impression').fill('Half a sentence');
    // By itself: the reader neither leaves the field nor the study.
    await expect
      .poll(async () => (await askFor(window, 'reports.get', otherUid)).impression, { timeout: 10_000 })
      .toBe('Half a sentence');
    await window.getByTestId('impression').fill('Half a sentence, and the rest');
    await report.saved.filter({ hasText: 'Saving' }).waitFor();
    await report.saved.filter({ hasText: 'Saved' }).waitFor();
    const gone = new Promise((resolve) => station.app.process().once('exit', resolve));
    station.app.process().kill('SIGKILL');
    await gone;
    station = await openWorkstation({ dataDir });
    await station.worklist.open();
    await station.worklist.openStudy(otherUid);
    await station.report.open();
    await expect.poll(() => station.report.impression.inputValue()).toBe('Half a sentence, and the rest');
  });

  test('once the report is signed, nothing that it measured can be moved, added or undone', async () => {
    const { worklist, viewer, report, window } = station;
    await worklist.open();
    await worklist.openStudy(caseUid);
    await viewer.verdict.waitFor();
    await viewer.press('Home');
    await expect.poll(() => viewer.measuredText()).toContain('mm');
    // A step that could be undone before the signature.
    await viewer.press('l');
    await viewer.drag([0.3, 0.7], [0.5, 0.7]);
    await expect.poll(async () => (await stored()).length).toBe(3);
    await report.open();
    const sentences = window.getByTestId('finding-sentences');
    await expect.poll(() => textOf(sentences)).toMatch(/region of [\d.]+ mm long/);
    const said = await textOf(sentences);
    await report.write({ indication: '', impression: 'Measured.' });
    await report.signIt();
    const [before, words] = [await stored(), await viewer.measuredText()];
    const [, , x, y] = before.find(({ tool }) => tool === 'length')!.points as [number, number, number, number];
    await viewer.press('w');
    await viewer.drag(await viewer.placeOf([x, y]), [0.7, 0.5]); // an end, a handle
    await viewer.press('l');
    await viewer.drag([0.2, 0.2], [0.4, 0.2]);
    await viewer.press('Control+z');
    await viewer.press('Delete');
    await pause(1500);
    expect(await viewer.measuredText()).toBe(words);
    expect(await stored()).toEqual(before);
    expect(await textOf(window.getByTestId('report-panel'))).toContain(said);
    await window.getByTestId('measure').click();
    expect(await window.getByTestId('tool-length').getAttribute('aria-disabled')).toBe('true');
    await window.screenshot({ path: testResult('signed.png') });
    await window.keyboard.press('Escape');
    // It can still be asked why.
    await window.getByTestId('tab-findings').click();
    await viewer.goTo(viewer.findings.first());
    await viewer.findings.first().getByTestId('why').click();
    await expect.poll(() => window.getByTestId('nearest-normal').count(), { timeout: 60_000 }).toBe(4);
    await window.keyboard.press('Escape');
    expect(station.pageErrors).toEqual([]);
  });
});
