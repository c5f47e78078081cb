/** Every screen looks as its picture in docs/screens shows it; the guides show the same. `npm run screens` takes them anew. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshFolder } from '../support/launch.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, type WorkstationPages } from '../support/pages/pages.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';
import { compareScreen } from '../support/screens.ts';

describe('the screens', () => {
  const dataDir = freshFolder();
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

  async function looksAsKept(name: string) {
    const { window } = station;
    await window.mouse.move(720, 895);
    await window.getByTestId('notices-done').getByTestId('notice').waitFor({ state: 'hidden' });
    // Thumbnails are asked for once the picture is up.
    await window.waitForFunction(() =>
      [...document.querySelectorAll('[data-testid="series"] .thumbnail')].every(
        (thumbnail) => !thumbnail.checkVisibility() || thumbnail.querySelector('canvas'),
      ),
    );
    await window.waitForFunction(() => [...document.images].every((image) => image.complete));
    // Thumbnails and pictures come when they can.
    await expect.poll(() => compareScreen(window, name), { message: name, timeout: 60_000 }).toEqual([]);
  }

  test('first start, models, PACS, calibration', async () => {
    const { window, network, calibration } = station;
    await window.getByTestId('open-demo').waitFor();
    await looksAsKept('first-start');
    await window.getByTestId('nav-models').click();
    await window.getByTestId('model-card').first().waitFor();
    await looksAsKept('models');
    await network.open();
    await looksAsKept('network');
    await calibration.open();
    await looksAsKept('calibration');
  });

  test('the worklist, in both themes', async () => {
    const { app, worklist, jobs, window } = station;
    const inbox = join(dataDir, 'inbox');
    studyUid = writePhantomStudy(inbox, { number: 10, slices: 12, series: 2, side: 256 }).studyInstanceUid;
    writePhantomStudy(inbox, { number: 11, patient: 10, slices: 12, side: 256, date: '20250301' });
    for (const number of [1, 2, 3]) writePhantomStudy(inbox, { number, kind: 'mr-brain' });
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    await worklist.row(studyUid).waitFor();
    await worklist.read();
    await looksAsKept('worklist');
    await window.evaluate(() => (document.documentElement.dataset.theme = 'light'));
    await looksAsKept('worklist-light');
    await window.evaluate(() => (document.documentElement.dataset.theme = 'dark'));
  });

  test('reading: a stack, a prior beside it, nine places, three planes, report, protocols', async () => {
    const { worklist, viewer, report, window } = station;
    await worklist.openStudy(studyUid);
    await looksAsKept('reading');
    await viewer.hang('prior-beside');
    await expect.poll(() => viewer.frameIndices()).toEqual([0, 0]);
    await looksAsKept('prior');
    await viewer.hang('layout-3x3');
    await looksAsKept('layout');
    await viewer.hang('multiplanar');
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    await looksAsKept('three-planes');
    await viewer.hang('multiplanar');
    await viewer.hang('layout-1x1');
    await report.open();
    await looksAsKept('report');
    await viewer.hang('hanging-protocols');
    await window.getByTestId('protocol-from-now').click();
    await looksAsKept('hanging-protocol');
    await window.keyboard.press('Escape');
    await window.getByTestId('protocols-dialog').waitFor({ state: 'hidden' });
    expect(station.pageErrors).toEqual([]);
  });

  test('a calibration with its evidence, and the map over a lesion of the demo studies', async () => {
    const { window, worklist, calibration, viewer, jobs } = station;
    await askFor(window, 'studies.importDemo');
    await jobs.waitFor('demo', 'done');
    await jobs.close();
    await calibration.new();
    await calibration.useReferenceSet('Demo: normal CT head');
    await window.getByTestId('calibration-name').fill('Head CT');
    await calibration.start.click();
    await calibration.finished('Head CT');
    await looksAsKept('calibration-evidence');

    await worklist.open();
    await worklist.search.fill('CT head case');
    await expect.poll(() => worklist.rows.count()).toBe(6);
    const cases = await worklist.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-study') ?? ''));
    const read = cases.slice(0, 3);
    for (const uid of read) {
      await worklist.open();
      await worklist.openStudy(uid);
      await viewer.analyse();
    }
    await worklist.open();
    await worklist.search.fill('CT head');
    await worklist.search.blur();
    await looksAsKept('worklist-analysed');

    await worklist.openStudy(await mostSuspicious(read));
    await viewer.goTo(viewer.findings.first());
    await viewer.findings.first().getByTestId('accept').click();
    await looksAsKept('reading-map');
    expect(station.pageErrors).toEqual([]);
  }, 900_000);

  /** The study with the finding of the highest score. */
  async function mostSuspicious(studies: readonly string[]): Promise<string> {
    const peaks = await Promise.all(
      studies.map(async (uid) => {
        const { findings = [] } = (await askFor(station.window, 'analyses.latest', uid)) ?? {};
        return { uid, peak: Math.max(0, ...findings.map(({ peakScore }) => peakScore)) };
      }),
    );
    return peaks.sort((a, b) => b.peak - a.peak)[0]?.uid ?? '';
  }
});
