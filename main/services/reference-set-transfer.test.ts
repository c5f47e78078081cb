/** A reference set leaves without the identity of its patients, and arrives as the same set of normals. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { ReferenceSet } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { stripedPictures } from '../../tests/support/small-pack.ts';
import { importPictures, smallRequest } from '../../tests/support/small-site.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { getAttributes } from '../store/attributes.ts';
import { listFrames } from '../store/studies.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { importPaths } from './import.ts';
import { exportReferenceSet, importReferenceSet } from './reference-set-transfer.ts';
import { createReferenceSet, listAllReferenceSets } from './reference-sets.ts';
import type { Workstation } from './workstation.ts';

let home: Workstation;
let set: ReferenceSet;
let originals: readonly string[];
let to: string;

beforeEach(async () => {
  home = testWorkstation(brightnessEngine);
  const inbox = freshFolder();
  const studies = [1, 2, 3, 4].map((number) => writePhantomStudy(inbox, { number, slices: 2, side: 64 }));
  await importPaths(home, [inbox], testJob());
  const frames = studies.flatMap(({ studyInstanceUid }) => listFrames(home.store.db, studyInstanceUid));
  set = createReferenceSet(home, { name: 'Head CT', frames });
  originals = studies.flatMap((study) => [study.patientId, study.studyInstanceUid]);
  to = freshFolder();
});

const bytesBelow = (folder: string) =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => /\.(dcm|json)$/.test(name))
    .map((name) => readFileSync(join(folder, name)).toString('latin1'));

it('holds the images of the same patients apart, says who confirmed them, and calibrates', async () => {
  expect(await exportReferenceSet(home, set.id, to, testJob())).toMatchObject({ images: 8, skipped: [] });
  const files = bytesBelow(to);
  expect(files).toHaveLength(9);
  for (const bytes of files)
    for (const original of [...originals, ...set.frames.map(({ sopInstanceUid }) => sopInstanceUid)])
      expect(bytes).not.toContain(original);

  const there = testWorkstation(brightnessEngine, { user: 'colleague' });
  const arrived = await importReferenceSet(there, to, testJob());
  expect(listAllReferenceSets(there)).toMatchObject([{ name: 'Head CT', version: 1 }]);
  expect(arrived.confirmedBy).toMatch(/^tester \(\d{4}-\d\d-\d\d\), imported by colleague$/);
  expect(arrived.frames).toHaveLength(8);
  const owners = arrived.frames.map((ref) => getAttributes(there.store.db, ref).owner);
  expect(new Set(owners).size).toBe(4);
  const request = { ...smallRequest, modelName: 'embedded', referenceSetId: arrived.id };
  expect(await calibrateReferenceSet(there, request, testJob())).toMatchObject({ modality: 'CT', bodyPart: 'HEAD' });
});

it('is refused when an image or the list is missing, and nothing is saved as normal', async () => {
  await exportReferenceSet(home, set.id, to, testJob());
  const [first = ''] = (readdirSync(to, { recursive: true }) as string[]).filter((name) => name.endsWith('.dcm'));
  rmSync(join(to, first));
  const there = testWorkstation(brightnessEngine);
  await expect(importReferenceSet(there, to, testJob())).rejects.toMatchObject({
    code: 'bad-reference-set',
    message: '1 of the 8 images of this set are missing or damaged. Copy the folder again.',
  });
  writeFileSync(join(to, 'reference-set.json'), '{"format":"mediclip-reference-set"');
  await expect(importReferenceSet(there, to, testJob())).rejects.toMatchObject({ code: 'bad-reference-set' });
  expect(listAllReferenceSets(there)).toEqual([]);
});

it('leaves photographs out, which have no header that says whose they are', async () => {
  const photos = await importPictures(home, stripedPictures(3, 1));
  const mixed = createReferenceSet(home, { name: 'Mixed', frames: [...photos, ...set.frames] });
  expect(await exportReferenceSet(home, mixed.id, to, testJob())).toMatchObject({ images: 8, skipped: { length: 3 } });
  const alone = createReferenceSet(home, { name: 'Photographs', frames: photos });
  const folder = freshFolder();
  await expect(exportReferenceSet(home, alone.id, folder, testJob())).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/^None of the 3 images of this set can be de-identified: /),
  });
  expect(readdirSync(folder)).toEqual([]);
});
