/** The main job on real images, where the development data lies beside the checkout. Their pictures stay out of it. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../main/runtime/command.ts';
import { askFor } from '../support/pages/bridge.ts';
import { answerOpenDialog } from '../support/pages/dialogs.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

const data = join(projectRoot, '..', 'shared', 'data');
const few = (folder: string, count: number) =>
  readdirSync(join(data, folder))
    .sort()
    .slice(0, count)
    .map((name) => join(data, folder, name));

/** One for each of the ways in which pixels are commonly stored; the last is colour, the one before has several frames. */
const dicom = [
  'pydicom/CT_small.dcm',
  'pydicom/MR_small_RLE.dcm',
  'cornerstone/CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm',
  'cornerstone/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm',
  'cornerstone/CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm',
  'cornerstone/CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm',
  'charset_files/chrH31.dcm',
  'pydicom/SC_rgb_rle_2frame.dcm',
  'pydicom/SC_rgb_jpeg_dcmtk.dcm',
];

describe.skipIf(!existsSync(data))('real images (needs the development data, ../shared/data)', () => {
  let station: WorkstationPages;

  beforeAll(async () => {
    station = await openWorkstation();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(() => station?.close());

  test('DICOM files of many kinds are imported, and each shows its picture', async () => {
    const { app, worklist, jobs, window } = station;
    await answerOpenDialog(
      app,
      dicom.map((name) => join(data, 'dicom', name)),
    );
    await worklist.import('files');
    const summary = await textOf(await jobs.waitFor('import', 'done'));
    await jobs.close();
    // Some of the files are the same image in different codings: the first one stays.
    const studies = await askFor(window, 'studies.list');
    expect(studies.length, summary).toBeGreaterThanOrEqual(5);
    expect(studies.map((study) => study.patientName).join()).toContain('Yamada^Tarou=山田^太郎');
    for (const { studyInstanceUid } of studies) {
      await worklist.open();
      await worklist.openStudy(studyInstanceUid);
      expect(await window.locator('.failed').count()).toBe(0);
      await expect.poll(() => station.viewer.greys()).toBeGreaterThan(8);
    }
  });

  test('head CT: calibrated on 16 normals, an abnormal one gets scores and maps', async () => {
    const { app, worklist, jobs, calibration, viewer, window } = station;
    const paths = [...few('head-ct/normal', 40), ...few('head-ct/abnormal', 8)];
    await answerOpenDialog(app, paths);
    await worklist.import('files');
    await worklist.tellOfPhotos('nothing');
    await expect.poll(() => worklist.rows.filter({ hasText: 'abnormal' }).count(), { timeout: 60_000 }).toBe(1);
    await jobs.waitFor('import', 'done');
    await jobs.close();

    await calibration.new();
    await window.getByLabel('Filter studies').fill('normal');
    await window.getByRole('checkbox', { name: 'All images of normal, normal' }).check();
    await expect.poll(() => textOf(calibration.chosenCount)).toBe('40 images of 1 study');
    await calibration.saveReferenceSet('Head CT normals');
    await calibration.begin({ name: 'Head CT', preset: 'default', shots: 16, toleratedPercent: 5 });
    await calibration.finished('Head CT');
    expect(await textOf(calibration.detail)).toContain('24 normals');

    const abnormal = await worklistUid('abnormal');
    await worklist.open();
    await worklist.openStudy(abnormal);
    await viewer.analyse();
    const { analysis } = await viewer.whatIsShown(abnormal);
    expect(analysis.frames).toHaveLength(8);
    for (const { score } of analysis.frames) {
      expect(score).toBeGreaterThan(0.11);
      expect(score).toBeLessThan(0.89);
    }
    // The most suspicious finding on the screen, with the map, for a person to look at.
    if ((await viewer.findings.count()) > 0) await viewer.goTo(viewer.findings.first());
    await expect.poll(() => viewer.overlayState()).toBe('shown');
    await window.screenshot({ path: testResult('head-ct.png') });
    expect(station.pageErrors).toEqual([]);
  });

  async function worklistUid(patient: string): Promise<string> {
    const studies = await askFor(station.window, 'studies.list');
    return studies.find((study) => study.patientName === patient)?.studyInstanceUid ?? '';
  }
});
