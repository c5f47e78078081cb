/** The window without a mouse, and as assistive technology finds it. */
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

describe('accessibility', () => {
  let station: WorkstationPages;
  let caseUid = '';

  beforeAll(async () => {
    station = await openWorkstation();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(() => station?.close());

  test('the first start', async () => {
    await station.window.getByTestId('open-demo').waitFor();
    expect(await problems()).toEqual([]);

    // The check itself can fail: it finds what is put wrong on purpose.
    await station.window.evaluate(() => document.querySelector('main')?.append(document.createElement('button')));
    expect(await problems()).toEqual(['button-name: <button></button>']);
    await station.window.evaluate(() => document.querySelector('main > button:last-child')?.remove());
  });

  test('the worklist, and what was left out of an import', async () => {
    const { app, worklist, jobs, dataDir } = station;
    const inbox = join(dataDir, 'inbox');
    for (const number of [1, 2]) writePhantomStudy(inbox, { number, slices: 4 });
    caseUid = writePhantomStudy(inbox, { number: 10, slices: 3, lesion: 'mass' }).studyInstanceUid;
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    expect(await problems()).toEqual([]);
    await jobs.close();
    await worklist.row(caseUid).waitFor();
    expect(await problems()).toEqual([]);
  });

  test('the calibration: choosing images, settings, the run, the result', async () => {
    const { calibration } = station;
    await calibration.open();
    expect(await problems()).toEqual([]);
    await calibration.new();
    await calibration.chooseImages('normal 1', [0]);
    expect(await problems()).toEqual([]);
    await calibration.chooseStudies('normal');
    await calibration.saveReferenceSet('Normals');
    expect(await problems()).toEqual([]);
    await calibration.begin({ name: 'Normals', shots: 4, toleratedPercent: 90 });
    await calibration.training();
    expect(await problems()).toEqual([]);
    await calibration.finished('Normals');
    expect(await problems()).toEqual([]);
  });

  test('the viewer with its findings, the report and its dialogs', async () => {
    const { worklist, viewer, report, window } = station;
    await worklist.open();
    await worklist.openStudy(caseUid);
    await viewer.analyse();
    await viewer.goTo(viewer.findings.first());
    expect(await problems()).toEqual([]);
    await viewer.press('?');
    await window.getByTestId('keys-dialog').waitFor();
    expect(await problems()).toEqual([]);
    await window.keyboard.press('Escape');
    await viewer.hang('hanging-protocols');
    await window.getByTestId('protocol-from-now').click();
    expect(await problems()).toEqual([]);
    await window.keyboard.press('Escape');
    await viewer.hang('layout-1x2');
    expect(await problems()).toEqual([]);
    await viewer.hang('layout-1x1');
    await report.open();
    await window.getByTestId('templates').click();
    await window.getByTestId('templates-dialog').waitFor();
    expect(await problems()).toEqual([]);
    await window.keyboard.press('Escape');
    await report.write({ indication: '', impression: 'Fictional.' });
    expect(await problems()).toEqual([]);
    await report.sign.click();
    await window.getByTestId('sign-dialog').waitFor();
    expect(await problems()).toEqual([]);
    await window.keyboard.press('Escape');
    await window.getByTestId('sign-dialog').waitFor({ state: 'hidden' });
  });

  test('at 200% zoom nothing runs out of the window, and every panel can be reached', async () => {
    const { app, worklist, window } = station;
    const zoom = (factor: number) =>
      app.evaluate(({ BrowserWindow }, by) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(by), factor);
    const isWider = () =>
      window.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    await zoom(2);
    for (const reachable of ['sign', 'layout', 'series', 'reset-view']) {
      await window.getByTestId(reachable).first().scrollIntoViewIfNeeded();
      expect(await window.getByTestId(reachable).first().isVisible(), reachable).toBe(true);
    }
    expect((await window.getByTestId('stack').boundingBox())?.height).toBeGreaterThan(150);
    expect(await isWider()).toBe(false);
    await window.screenshot({ path: testResult('zoom-reading.png') });
    await worklist.open();
    expect(await worklist.row(caseUid).isVisible()).toBe(true);
    expect(await isWider()).toBe(false);
    await window.screenshot({ path: testResult('zoom-worklist.png') });
    await zoom(1);
  });

  test('the PACS screen without a node and with one', async () => {
    const { network, window } = station;
    await network.open();
    expect(await problems()).toEqual([]);
    await window.getByTestId('add-node').click();
    await window.getByTestId('node-dialog').waitFor();
    expect(await problems()).toEqual([]);
    await window.keyboard.press('Escape');
    await network.addDimseNode({ name: 'archive', port: 104, aeTitle: 'ARCHIVE' });
    expect(await problems()).toEqual([]);
  });

  test('the way from the worklist to the map needs no mouse', async () => {
    const { worklist, viewer, window } = station;
    const { keyboard } = window;
    await worklist.open();
    await expect.poll(async () => (await askFor(window, 'session.get'))?.screen).toBe('worklist');
    await window.reload();
    await worklist.row(caseUid).waitFor();
    // Every stop on the way shows that it has the focus.
    const isRow = () => window.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'study-row');
    for (let stops = 0; stops < 60 && !(await isRow()); stops++) {
      await keyboard.press('Tab');
      expect(await focusWithoutOutline()).toBe('');
    }
    const focusedStudy = () => window.evaluate(() => document.activeElement?.getAttribute('data-study'));
    await keyboard.press('Home');
    for (let rows = 0; rows < 3 && (await focusedStudy()) !== caseUid; rows++) {
      const before = await focusedStudy();
      await keyboard.press('ArrowDown');
      await expect.poll(focusedStudy).not.toBe(before);
    }
    await keyboard.press('Enter');
    await viewer.stack.and(window.locator('[data-rendered="true"]')).waitFor();
    await expect.poll(() => viewer.overlayState()).toBe('shown');
    await keyboard.press('Space');
    await expect.poll(() => viewer.overlayState()).toBe('hidden');
    await keyboard.press('Space');
    await expect.poll(() => viewer.overlayState()).toBe('shown');
    await keyboard.press('Home'); // the study hangs as it was left
    await expect.poll(() => viewer.frameIndex()).toBe(0);
    await keyboard.press('ArrowDown');
    await expect.poll(() => viewer.frameIndex()).toBe(1);
    await keyboard.press('n');
    await window.locator('[data-testid="finding-go"][aria-pressed="true"]').waitFor();
    await keyboard.press('a');
    await expect.poll(() => viewer.decisions()).toContain('accepted');
  });

  /** What axe finds wrong on the screen as it is, in either theme, as `rule: element`. */
  async function problems(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const theme of ['light', 'dark']) {
      // A control whose colours are on their way from disabled to enabled has the contrast of neither.
      await station.window.evaluate(async (name) => {
        document.documentElement.dataset.theme = name;
        const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
        await Promise.allSettled(transitions.map((transition) => transition.finished));
      }, theme);
      // Without a second page for its results, which Electron does not give.
      const { violations } = await new AxeBuilder({ page: station.window }).setLegacyMode(true).analyze();
      found.push(...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`)));
    }
    return [...new Set(found)];
  }

  /** The element that has the focus without showing it; empty where it shows. */
  function focusWithoutOutline(): Promise<string> {
    return station.window.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return ''; // between the window and its first control
      const style = getComputedStyle(focused);
      const isVisible = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) > 0;
      return isVisible ? '' : focused.outerHTML.slice(0, 200);
    });
  }
});
