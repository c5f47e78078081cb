/** De-identified copies of images and of the results made of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { itemsOf, parseDataset, stringOf } from '../imaging/dataset.ts';
import { deidentifyInstances } from './deidentify.ts';
import { exportResults } from './exports.ts';

it('exported results lose the identity with their images, and still refer to these', async () => {
  const station = testWorkstation(brightnessEngine);
  const root = freshFolder();
  const { folder, paths, patientId, studyInstanceUid } = writePhantomStudy(root, {
    number: 41,
    slices: 2,
    lesion: 'mass',
  });
  await signedStudy(station, paths);
  const results = join(root, 'results');
  await exportResults(station, studyInstanceUid, results, ['sr', 'seg', 'pmap', 'sc'], testJob());
  const settings = { to: join(root, 'copies'), dates: 'shifted', keepPatientCharacteristics: false } as const;
  const { written, skipped } = await deidentifyInstances(station, [folder, results], settings, testJob());

  const copies = written.map(({ path }) => {
    const bytes = readFileSync(path);
    const text = bytes.toString('latin1');
    for (const secret of ['FICTIONAL', patientId, studyInstanceUid]) expect(text).not.toContain(secret);
    expect(text).toMatch(/not for diagnostic use/i);
    const { dataset } = parseDataset(bytes);
    const referenced = itemsOf(itemsOf(dataset, 'x00081115')[0], 'x0008114a').map((item) =>
      stringOf(item, 'x00081155'),
    );
    return { modality: stringOf(dataset, 'x00080060'), uid: stringOf(dataset, 'x00080018'), referenced };
  });
  const images = copies.filter(({ modality }) => modality === 'CT').map(({ uid }) => uid);
  expect(images).toHaveLength(2);
  expect(copies.map(({ modality }) => modality).sort()).toEqual(['CT', 'CT', 'OT', 'OT', 'SEG', 'SR']);
  for (const { referenced } of copies.filter(({ modality }) => /SEG|OT/.test(modality)))
    expect(referenced.sort()).toEqual(images.sort());
  // Pictures with the findings have text in their pixels.
  expect(new Set(skipped.map(({ reason }) => reason.replace(/,.*/, '')))).toEqual(
    new Set(['This image says that text is drawn into its pixels (Burned In Annotation)']),
  );
  expect(skipped).toHaveLength(2);
});
