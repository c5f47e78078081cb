/** Segmentations of our own, back in the window: Cornerstone shows them over their images, slice by slice and in planes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maskOfOutline } from '../../main/results/mask.ts';
import { exportResults } from '../../main/services/exports.ts';
import type { Finding } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../support/brightness-engine.ts';
import { freshFolder } from '../support/launch.ts';
import { OBLIQUE, writeObliqueVolume } from '../support/oblique-volume.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';
import { signedStudy } from '../support/signed-study.ts';
import { testJob, testWorkstation } from '../support/workstation.ts';

const SLICES = 6;
const OBLIQUE_SLICES = 5;

describe('a Segmentation that comes back', () => {
  const dataDir = freshFolder();
  const inbox = join(dataDir, 'inbox');
  let station: WorkstationPages;
  let heads = { studyUid: '', masks: new Map<string, Uint8Array>() };
  let oblique = heads;

  /** Signs a report on the images of a folder elsewhere, and puts its Segmentation beside them. */
  async function segmented(folder: string, columns: number, rows: number, accept?: (finding: Finding) => boolean) {
    const author = testWorkstation(brightnessEngine);
    const { studyInstanceUid: studyUid, findings } = await signedStudy(author, [folder], accept);
    await exportResults(author, studyUid, join(folder, 'results'), ['seg'], testJob());
    /** By SOP Instance UID. */
    const masks = new Map<string, Uint8Array>();
    for (const { decision, sopInstanceUid, outline } of findings) {
      if (decision !== 'accepted') continue;
      const mask = maskOfOutline(outline, columns, rows);
      const before = masks.get(sopInstanceUid);
      masks.set(sopInstanceUid, before ? mask.map((value, at) => value | before[at]!) : mask);
    }
    return { studyUid, masks };
  }

  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  beforeAll(async () => {
    station = await openWorkstation({ dataDir });
  });

  test('is exported from signed studies and imported beside their images', async () => {
    const { folder } = writePhantomStudy(inbox, { number: 10, slices: SLICES, lesion: 'mass' });
    // Some slices have regions, others none.
    heads = await segmented(folder, 96, 96, ({ sopInstanceUid }) => Number(sopInstanceUid.at(-1)) % 2 === 0);
    const { columns, rows } = OBLIQUE;
    oblique = await segmented(writeObliqueVolume(join(inbox, 'oblique'), OBLIQUE_SLICES), columns, rows);

    const { app, worklist, jobs } = station;
    await answerOpenDialog(app, [inbox]);
    await worklist.import('folder');
    await jobs.waitFor('import', 'done');
    await jobs.close();
    expect(station.pageErrors).toEqual([]);
  });

  /** Each slice in turn, from the first on, has just the pixels of its mask tinted. */
  async function expectTintedSlices({ studyUid, masks }: typeof heads): Promise<void> {
    const { viewer } = station;
    const { frames } = await viewer.framesOf(studyUid);
    for (const [index, frame] of frames.entries()) {
      await viewer.press(index === 0 ? 'Home' : 'ArrowDown');
      await expect.poll(() => viewer.frameIndex()).toBe(index);
      const mask = masks.get(frame.sopInstanceUid) ?? new Uint8Array(frame.rows * frame.columns);
      await expect.poll(() => viewer.tinted('stack-image', 'stack', frame)).toEqual(placesOf(mask));
    }
  }

  test('tints of every slice just the pixels of its mask', async () => {
    const { viewer, worklist, window } = station;
    await worklist.openStudy(heads.studyUid);
    const { frames } = await viewer.framesOf(heads.studyUid);
    const { masks } = heads;
    expect(masks.size).toBeGreaterThan(1);
    expect(masks.size).toBeLessThan(SLICES);
    await expectTintedSlices(heads);
    // Back to the first slice: nothing of the last one stays.
    await viewer.press('Home');
    await expect.poll(() => viewer.frameIndex()).toBe(0);
    expect(await viewer.tinted('stack-image', 'stack', frames[0]!)).toEqual(
      placesOf(masks.get(frames[0]!.sopInstanceUid) ?? new Uint8Array()),
    );
    const last = frames.findLastIndex(({ sopInstanceUid }) => masks.has(sopInstanceUid));
    for (let step = 0; step < last; step++) await viewer.press('ArrowDown');
    await expect.poll(() => viewer.frameIndex()).toBe(last);
    await window.screenshot({ path: testResult('segmentation.png') });
    await viewer.showOutlines(false);
    await expect.poll(() => viewer.tinted('stack-image', 'stack', frames[last]!)).toEqual([]);
    expect(station.pageErrors).toEqual([]);
  });

  test('lies in the right place of an oblique volume whose voxels have three different sides', async () => {
    const { viewer, worklist, window } = station;
    await worklist.open();
    await worklist.openStudy(oblique.studyUid);
    const { frames } = await viewer.framesOf(oblique.studyUid);
    expect(oblique.masks.size).toBe(OBLIQUE_SLICES);
    await expectTintedSlices(oblique);

    for (let step = 0; step < OBLIQUE_SLICES >> 1; step++) await viewer.press('ArrowUp');
    await viewer.hang('multiplanar');
    await window.locator('[data-testid="mpr"][data-ready="true"]').waitFor();
    const mask = Uint8Array.from(frames.flatMap(({ sopInstanceUid }) => [...oblique.masks.get(sopInstanceUid)!]));
    for (const plane of ['axial', 'coronal', 'sagittal']) {
      const compared = () => viewer.comparePlane(plane, frames, mask);
      await expect.poll(async () => (await compared()).tinted).toBeGreaterThan(100);
      expect(await compared(), plane).toMatchObject({ wrong: 0 });
      expect((await compared()).plain).toBeGreaterThan(1000);
    }
    await window.screenshot({ path: testResult('segmentation-planes.png') });
    await viewer.showOutlines(false);
    await expect.poll(async () => (await viewer.comparePlane('axial', frames, mask)).tinted).toBe(0);
    expect(station.pageErrors).toEqual([]);
  });
});

/** Places of what a mask covers. */
const placesOf = (mask: Uint8Array): number[] => [...mask.keys()].filter((place) => mask[place] === 1);
