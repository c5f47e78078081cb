/** A long series while its analysis runs: what is done shows at once, and the reader goes on reading. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { whileEngineRests } from '../support/engine-process.ts';
import { freshFolder } from '../support/launch.ts';
import { writeLongSeries } from '../support/long-series.ts';
import { askFor } from '../support/pages/bridge.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

const SLICES = 120;
const [dataDir, scratch] = [freshFolder(), freshFolder()];
let station: WorkstationPages;
let study = '';

beforeAll(async () => {
  study = await writeLongSeries(dataDir, scratch, SLICES);
  station = await openWorkstation({ dataDir, analysesOnOpening: true });
}, 120_000);
beforeEach(() => keepPictureOfFailure(() => station));
afterAll(async () => {
  await station?.close();
  for (const folder of [dataDir, scratch]) rmSync(folder, { recursive: true, force: true });
});

test('is analysed when it is opened; scores and maps of slices that are done show while the others are analysed', async () => {
  const { app, worklist, viewer, window } = station;
  const opened = worklist.openStudy(study);
  const done = async () => (await askFor(window, 'analyses.running', study))?.frames.length ?? 0;
  await expect.poll(done, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
  // However fast the machine is: the analysis must not come to its end while we look.
  const running = await whileEngineRests(app, async () => {
    await opened;
    await viewer.soFar.waitFor();
    expect(await textOf(window.getByTestId('began-on-opening'))).toContain('Head CT alone was made for such studies');
    expect(await viewer.findings.count()).toBe(0);
    expect(await askFor(window, 'analyses.latest', study)).toBeNull();
    const running = await askFor(window, 'analyses.running', study);
    expect(running!.frames.length).toBeGreaterThan(0);
    expect(running!.frames.length).toBeLessThan(SLICES);

    await viewer.showOutlines(false);
    const { frames } = await viewer.framesOf(study);
    const shown = await viewer.checkOverlay(running!, frames[0]!, 'shown');
    expect(shown.aboveColoured).toBe(shown.above);
    expect(shown.belowColoured).toBe(0);
    await window.screenshot({ path: testResult('series-running.png') });
    await viewer.press('ArrowDown');
    await expect.poll(() => viewer.frameIndex()).toBe(1);
    return running;
  });

  await viewer.verdict.waitFor({ timeout: 120_000 });
  expect(await textOf(viewer.verdict)).toMatch(new RegExp(`of ${SLICES} images flagged`));
  const { analysis } = await viewer.whatIsShown(study);
  expect(analysis.id).toBe(running!.id);
  expect(analysis.frames).toEqual(expect.arrayContaining([...running!.frames]));
  expect(await askFor(window, 'analyses.running', study)).toBeNull();
  expect(await viewer.soFar.isVisible()).toBe(false);
});

test('three planes show map and outlines where they cut them', async () => {
  const { viewer, window } = station;
  const { analysis } = await viewer.whatIsShown(study);
  await viewer.showOutlines(true);
  await viewer.goTo(viewer.findings.first());
  await viewer.hang('multiplanar');
  await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
  // Going to a finding puts the crosshair into its middle: all three planes cut it.
  await viewer.goTo(viewer.findings.first());
  const overlays = ['axial', 'coronal', 'sagittal'].map((plane) => `overlay-${plane}`);
  const strongest = () => Promise.all(overlays.map((overlay) => viewer.strongestOverlay(overlay)));
  await expect.poll(async () => Math.min(...(await strongest()))).toBe(255);
  await window.screenshot({ path: testResult('mpr-map.png') });
  await viewer.showOutlines(false);
  // The map alone, half transparent.
  await expect.poll(strongest).toSatisfy((all: number[]) => all.every((one) => one > 100 && one < 155));
  await window.getByTestId('overlay-toggle').click();
  await expect.poll(strongest).toEqual([0, 0, 0]);
  await window.getByTestId('overlay-toggle').click();
  await window.getByTestId('overlay-threshold').fill('0.881');
  await expect.poll(strongest).toEqual([0, 0, 0]);
  await window.getByTestId('back-to-threshold').click();
  await expect.poll(async () => Math.min(...(await strongest()))).toBeGreaterThan(100);
  expect(analysis.findings.length).toBeGreaterThan(0);
  expect(station.pageErrors).toEqual([]);
});
