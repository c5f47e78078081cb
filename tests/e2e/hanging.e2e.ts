/** How studies hang: layouts, priors that scroll along, three planes with their crosshair. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshFolder } from '../support/launch.ts';
import { askFor, recordCalls } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

const SLICES = 12;

describe('hanging a study', () => {
  const dataDir = freshFolder();
  let station: WorkstationPages;
  let studyUid = '';
  let priorUid = '';
  let otherUid = '';

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
    const inbox = join(dataDir, 'inbox');
    studyUid = writePhantomStudy(inbox, { number: 10, slices: SLICES, series: 2 }).studyInstanceUid;
    const prior = { number: 11, patient: 10, slices: SLICES, date: '20250301' };
    priorUid = writePhantomStudy(inbox, prior).studyInstanceUid;
    otherUid = writePhantomStudy(inbox, { number: 12, slices: 2 }).studyInstanceUid;
    const { app, worklist, jobs } = station;
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    await worklist.openStudy(studyUid);
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('a study that is opened draws its picture once', async () => {
    const { viewer, window } = station;
    await window.getByTestId('nav-worklist').click();
    await window.evaluate(() => {
      const drawn: EventTarget[] = [];
      Object.assign(globalThis, { drawn });
      const onDrawn = async ({ target }: Event) => {
        await new Promise((settled) => setTimeout(settled));
        // An empty place may be drawn before.
        if (target instanceof Element && target.closest('[data-rendered="true"]')) drawn.push(target);
      };
      document.addEventListener('CORNERSTONE_IMAGE_RENDERED', (event) => void onDrawn(event), true);
    });
    await viewer.open();
    await window.waitForTimeout(1000);
    expect(await window.evaluate('globalThis.drawn.length')).toBe(1);
  });

  test('the picture that the reader came for is asked for first, the thumbnails once it is up', async () => {
    const { app, worklist, viewer, window } = station;
    await worklist.open();
    const calls = await recordCalls(app, 'images.pixels');
    await worklist.row(otherUid).dblclick();
    await expect.poll(() => calls.made()).toContain('images.pixels');
    await window.getByTestId('series').first().waitFor();
    await inSight(window.locator('[data-testid="series"] .thumbnail'));
    expect(await calls.made()).not.toContain('images.thumbnail');
    await calls.letGo();
    await expect.poll(() => viewer.greys('series')).toBeGreaterThan(10);
    expect(await viewer.greys()).toBeGreaterThan(10);
    await worklist.open();
    await worklist.openStudy(studyUid);
  });

  async function killAndStart(): Promise<void> {
    const { app, window } = station;
    // What is kept is on the disk within a second, whatever becomes of the application then.
    await window.waitForTimeout(1000);
    const closed = app.waitForEvent('close');
    app.process().kill('SIGKILL');
    await closed;
    station = await openWorkstation({ dataDir });
  }

  const active = () =>
    station.window
      .getByTestId('tile')
      .evaluateAll((tiles) => tiles.findIndex((tile) => tile.dataset.active === 'true'));

  test('a layout fills with the series that come next, and says which place has the keys', async () => {
    const { viewer, window } = station;
    await viewer.hang('layout-2x2');
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 0, Number.NaN, Number.NaN]);
    expect(await active()).toBe(0);
    await window.getByTestId('tile').nth(1).click();
    expect(await active()).toBe(1);
    await window.keyboard.press('ArrowDown');
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 1, Number.NaN, Number.NaN]);
    await window.getByTestId('tile').nth(2).click();
    await window.getByTestId('series').first().click();
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 1, 0, Number.NaN]);
    await viewer.hang('layout-3x3');
    await expect.poll(() => window.getByTestId('tile').count()).toBe(9);
    await window.screenshot({ path: testResult('layout-3x3.png') });
    await viewer.hang('layout-1x1');
    await expect.poll(() => viewer.frameIndices()).toEqual([0]);
  });

  test('a prior stands beside the study and scrolls along', async () => {
    const { viewer, window } = station;
    await viewer.hang('prior-beside');
    await expect.poll(() => window.getByTestId('tiles').getAttribute('data-layout')).toBe('1x2');
    await expect.poll(() => window.getByTestId('tile').nth(1).getAttribute('data-study')).toBe(priorUid);
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 0]);
    expect(await textOf(window.getByTestId('tile').nth(1))).toMatch(/Prior/);
    await window.keyboard.press('ArrowDown');
    await expect.poll(() => viewer.frameIndices()).toEqual([1, 0]);
    await viewer.hang('synchronise');
    await window.getByTestId('stack').first().focus();
    for (const index of [2, 3, 4]) {
      await window.keyboard.press('ArrowDown');
      await expect.poll(() => viewer.frameIndices()).toEqual([index, index - 1]);
    }
    await window.screenshot({ path: testResult('prior-beside.png') });
    await viewer.hang('synchronise');
    await viewer.hang('layout-1x1');
  });

  test('pictures have the size and the shape of their places however fast the layout changes', async () => {
    const { viewer, window } = station;
    await viewer.press('Home');
    await viewer.hang('prior-beside');
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 0]);
    // A picture that is zoomed is not fitted into its place anew: nothing else has it drawn.
    const { x, y, width, height } = (await window.getByTestId('stack').first().boundingBox())!;
    await window.mouse.move(x + width / 2, y + height / 2);
    await window.mouse.down({ button: 'right' });
    await window.mouse.move(x + width / 2, y + height * 0.6);
    await window.mouse.up({ button: 'right' });
    const [, shape] = await viewer.shapes();
    for (const layout of ['1x1', '2x2', '1x2', '3x3', '2x1', '1x2', '1x3']) {
      await window.getByTestId('stack').last().focus();
      await window.getByTestId('layout').click();
      await window.getByTestId(`layout-${layout}`).waitFor();
      // While Cornerstone waits for a frame to draw something else in, as on a busy machine.
      await window.evaluate(async (choice) => {
        await new Promise(requestAnimationFrame);
        document.querySelector<HTMLElement>('[data-testid="flip-horizontal"]')?.click();
        document.querySelector<HTMLElement>(`[data-testid="layout-${choice}"]`)?.click();
      }, layout);
    }
    await expect.poll(() => window.getByTestId('tiles').getAttribute('data-layout')).toBe('1x3');
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 0, Number.NaN]);
    await expect.poll(() => viewer.sizesOff()).toEqual([]);
    await window.screenshot({ path: testResult('layouts-in-haste.png') });
    expect(await viewer.shapes()).toEqual([null, expect.closeTo(shape!, 1)]);
    await window.getByTestId('stack').first().focus();
    await window.keyboard.press('r');
    await viewer.hang('layout-1x1');
    expect(station.pageErrors).toEqual([]);
  });

  test('a stack becomes a volume in three planes, tied together by a crosshair', async () => {
    const { viewer, window } = station;
    await window.getByTestId('stack').focus();
    await window.keyboard.press('Home');
    await expect.poll(() => viewer.frameIndices()).toEqual([0]);
    for (let step = 0; step < 5; step++) await window.keyboard.press('ArrowDown');
    await expect.poll(() => viewer.frameIndices()).toEqual([5]);
    await viewer.hang('multiplanar');
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    for (const plane of ['axial', 'coronal', 'sagittal'])
      await expect.poll(() => viewer.greys(`plane-${plane}`)).toBeGreaterThan(10);
    const [axial, coronal, sagittal] = await viewer.planePositions();
    // From the middle of the axial plane to the left and up: the other two planes follow, the axial one stays.
    await viewer.dragPlane('axial', [0.5, 0.5], [0.4, 0.4]);
    await expect.poll(async () => (await viewer.planePositions())[1]).not.toBe(coronal);
    const moved = await viewer.planePositions();
    expect(moved[0]).toBeCloseTo(axial!, 0);
    expect(moved[1]).toBeLessThan(coronal!);
    expect(moved[2]).toBeLessThan(sagittal!);
    await window.screenshot({ path: testResult('mpr.png') });
    // The keys scroll the plane that has the focus; leaving goes to the slice where the crosshair is.
    await window.getByTestId('plane-axial').focus();
    for (let step = 0; step < 3; step++) await window.keyboard.press('ArrowUp');
    const climbed = async () => Math.round((await viewer.planePositions())[0]! - axial!);
    await expect.poll(async () => Math.abs(await climbed())).toBe(15);
    const slice = 5 + (await climbed()) / 5;
    await window.keyboard.press('u');
    await expect.poll(() => viewer.frameIndices()).toEqual([slice]);
    expect(station.pageErrors).toEqual([]);
  });

  test('length and mean are measured in a plane, shown there alone, listed, and back when the planes are', async () => {
    const { viewer, window } = station;
    const kept = () => askFor(window, 'annotations.listInPlanes', studyUid);
    await viewer.hang('multiplanar');
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    const plane = window.getByTestId('plane-coronal');
    await plane.focus();
    await window.keyboard.press('l');
    await viewer.dragPlane('coronal', [0.3, 0.45], [0.6, 0.45]);
    await expect.poll(async () => (await kept()).map(({ tool }) => tool)).toEqual(['length']);
    await window.keyboard.press('e');
    await viewer.dragPlane('coronal', [0.45, 0.5], [0.5, 0.54]);
    await expect.poll(() => viewer.measuredInPlane('coronal')).toMatch(/Mean -?[\d.,]+ HU ?SD [\d.,]+ HU/);
    const [length] = (await kept()).filter(({ tool }) => tool === 'length');
    const [x0, y0, z0, x1, y1, z1] = length!.points as [number, number, number, number, number, number];
    // In the coronal plane, straight to the patient's left: mm in the patient.
    expect(length!.normal.map(Math.abs)).toEqual([0, 1, 0]);
    expect([y1 - y0, z1 - z0].map(Math.abs)).toEqual([expect.closeTo(0, 1), expect.closeTo(0, 1)]);
    const said = async () => Number.parseFloat(await viewer.measuredInPlane('coronal'));
    expect(Math.abs((await said()) - Math.abs(x1 - x0))).toBeLessThan(0.11);
    expect(y0).toBeCloseTo((await viewer.planePositions())[1]!, 1);
    for (const other of ['axial', 'sagittal']) expect(await viewer.measuredInPlane(other)).toBe('');
    const listed = window.getByTestId('measurement');
    expect(await listed.allTextContents()).toEqual([
      expect.stringMatching(/Length [\d.]+ mm.*Coronal plane at -?[\d.]+ mm/),
      expect.stringMatching(/Ellipse [\d.,]+ mm².*Coronal plane at -?[\d.]+ mm/),
    ]);
    await window.screenshot({ path: testResult('mpr-measured.png') });
    // Another plane of the same direction does not show it; the list leads back.
    await plane.focus();
    await window.keyboard.press('PageDown');
    await expect.poll(() => viewer.measuredInPlane('coronal')).toBe('');
    await listed.first().click();
    await expect.poll(() => viewer.measuredInPlane('coronal')).toContain('mm');
    // Back on the stack there is nothing of it; the list opens the planes again.
    await plane.focus();
    await window.keyboard.press('u');
    await window.getByTestId('stack-image').waitFor();
    expect(await viewer.measuredText()).toBe('');
    await listed.first().click();
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    await expect.poll(() => viewer.measuredInPlane('coronal')).toMatch(/Mean/);
    // Taken away and undone.
    await plane.focus();
    await window.keyboard.press('Control+z');
    await expect.poll(async () => (await kept()).map(({ tool }) => tool)).toEqual(['length']);
    await window.keyboard.press('Control+y');
    await expect.poll(async () => (await kept()).length).toBe(2);
    await plane.focus();
    await window.keyboard.press('u');
    await window.getByTestId('stack-image').waitFor();
    expect(station.pageErrors).toEqual([]);
  });

  test('a hanging protocol is made from what hangs, changed, and applied to the next study of its kind', async () => {
    const { viewer, worklist, window } = station;
    await viewer.hang('prior-beside');
    await expect.poll(() => window.getByTestId('tile').count()).toBe(2);
    await window.getByTestId('layout').click();
    await window.getByTestId('hanging-protocols').click();
    await window.getByTestId('protocol-from-now').click();
    expect(await window.getByTestId('protocol-modality').inputValue()).toBe('CT');
    expect(await window.getByTestId('protocol-prior').isChecked()).toBe(true);
    await window.getByTestId('protocol-name').fill('Heads');
    await window.getByTestId('save-protocol').click();
    await window.getByTestId('edit-protocol').click();
    await window.getByTestId('protocol-window').selectOption({ label: 'Brain' });
    await window.screenshot({ path: testResult('protocol.png') });
    await window.getByTestId('save-protocol').click();
    await window.getByTestId('protocol').filter({ hasText: 'Heads' }).waitFor();
    await window.screenshot({ path: testResult('protocols.png') });
    await window.keyboard.press('Escape');
    // Another study in between: the first one then hangs by its protocol, not as it was left.
    await viewer.hang('layout-1x1');
    await worklist.open();
    await worklist.openStudy(otherUid);
    await expect.poll(() => textOf(window.getByTestId('corner-window').first())).toBe('W 80 L 40');
    await expect.poll(() => window.getByTestId('tiles').getAttribute('data-layout')).toBe('1x2');
    await worklist.open();
    await worklist.openStudy(studyUid);
    await expect.poll(() => window.getByTestId('tile').nth(1).getAttribute('data-study')).toBe(priorUid);
    // Once it is removed, studies hang as they come.
    await viewer.hang('hanging-protocols');
    await window.getByTestId('remove-protocol').click();
    await expect.poll(() => askFor(window, 'protocols.list')).toEqual([]);
    await window.getByTestId('protocol').waitFor({ state: 'hidden' });
    await window.keyboard.press('Escape');
    await worklist.open();
    await worklist.openStudy(otherUid);
    await expect.poll(() => window.getByTestId('tiles').getAttribute('data-layout')).toBe('1x1');
    await worklist.open();
    await worklist.openStudy(studyUid);
    await viewer.hang('prior-beside');
    await expect.poll(() => window.getByTestId('tile').nth(1).getAttribute('data-study')).toBe(priorUid);
  });

  test('layout, study, picture and window come back, also after the application was killed', async () => {
    const { viewer, app, window } = station;
    await viewer.hang('layout-2x2');
    await window.getByTestId('stack').first().focus();
    for (let step = 0; step < 3; step++) await window.keyboard.press('ArrowDown');
    const places = [3, 0, 0, Number.NaN];
    await expect.poll(() => viewer.frameIndices()).toEqual(places);
    const place = { x: 40, y: 60, width: 1180, height: 760 };
    await app.evaluate(({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds), place);
    await expect
      .poll(async () => (await askFor(window, 'session.get'))?.places.map((one) => one?.frame ?? Number.NaN))
      .toEqual(places);
    await killAndStart();
    await expect.poll(() => station.viewer.frameIndices()).toEqual(places);
    expect(await station.window.getByTestId('tile').nth(1).getAttribute('data-study')).toBe(priorUid);
    const bounds = () => station.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
    await expect.poll(bounds).toEqual(place);
    await station.window.getByTestId('measurement').nth(1).waitFor();
    expect(await station.window.getByTestId('measurement').allTextContents()).toEqual([
      expect.stringMatching(/Length .*Coronal/),
      expect.stringMatching(/Ellipse .*Coronal/),
    ]);
    await station.window.locator('[data-testid="series"] canvas').nth(1).waitFor();
    await station.window.screenshot({ path: testResult('restored.png') });
    expect(station.pageErrors).toEqual([]);
  });

  /** Where the corners of the three planes lie in the patient, in tenths of a mm. */
  const placesOfPlanes = () =>
    Promise.all(
      ['axial', 'coronal', 'sagittal'].map(async (plane) => {
        const toPatient = await station.window.getByTestId(`plane-${plane}`).getAttribute('data-to-patient');
        return (JSON.parse(toPatient ?? '[]') as number[][]).map((place) => place.map((at) => Math.round(at * 10)));
      }),
    );
  const planesAreUp = () => station.window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();

  test('planes that were turned, moved and zoomed come back with the study, also after the application was killed', async () => {
    const { viewer, worklist, window } = station;
    await viewer.hang('multiplanar');
    await planesAreUp();
    const standard = await placesOfPlanes();
    // The handle is halfway from the crosshair to the edge: it turns the other two planes.
    const { width, height } = (await window.getByTestId('plane-axial').boundingBox())!;
    const handle = 0.75 + 10 / width;
    await viewer.dragPlane('axial', [handle, 0.5], [handle - 0.02, 0.5 + (0.1 * width) / height]);
    const isTurned = async () =>
      (await placesOfPlanes())[1]?.every(([, y], _, [corner]) => y === corner?.[1]) === false;
    await expect.poll(isTurned).toBe(true);
    await viewer.dragPlane('axial', [0.5, 0.5], [0.46, 0.55]);
    await window.keyboard.press('z');
    await viewer.dragPlane('coronal', [0.5, 0.5], [0.5, 0.65]);
    await window.keyboard.press('d');
    await viewer.dragPlane('sagittal', [0.5, 0.5], [0.65, 0.4]);
    await window.getByTestId('plane-axial').focus();
    await window.keyboard.press('ArrowUp');
    const left = await placesOfPlanes();
    for (const [index, plane] of left.entries()) expect(plane).not.toEqual(standard[index]);
    await window.screenshot({ path: testResult('mpr-turned.png') });
    const sized = (width: number, height: number) =>
      station.app.evaluate(({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setSize(...size), [
        width,
        height,
      ] as const);
    await sized(1320, 820);
    await expect.poll(placesOfPlanes).not.toEqual(left);
    await expect.poll(() => viewer.sizesOff()).toEqual([]);
    await sized(1180, 760);
    await expect.poll(placesOfPlanes).toEqual(left);
    await worklist.open();
    await window.getByTestId('nav-viewer').click();
    await planesAreUp();
    await expect.poll(placesOfPlanes).toEqual(left);
    await killAndStart();
    await planesAreUp();
    await expect.poll(placesOfPlanes).toEqual(left);
    await station.window.screenshot({ path: testResult('mpr-restored.png') });
    // Leaving the planes is the way back to the standard ones.
    await station.window.getByTestId('plane-axial').focus();
    await station.window.keyboard.press('u');
    await station.window.getByTestId('stack-image').first().waitFor();
    await station.viewer.hang('multiplanar');
    await planesAreUp();
    await expect.poll(isTurned).toBe(false);
    expect(station.pageErrors).toEqual([]);
  });
});

/** Once the window has told those who watch for it that the element is in sight, and they could act on it. */
async function inSight(element: Locator): Promise<void> {
  await element.evaluate(async (watched) => {
    await new Promise<void>((seen) => {
      new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && seen()).observe(
        watched,
      );
    });
    for (let frame = 0; frame < 2; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
}
