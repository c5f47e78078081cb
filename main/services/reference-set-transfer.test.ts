/** A reference set leaves without the identity of its patients, and arrives as the same set of normals. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import type { FrameRef, ReferenceSet } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { stripedPictures } from '../../tests/support/small-pack.ts';
import { importPictures, smallRequest } from '../../tests/support/small-site.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Random } from '../method/random.ts';
import { getAttributes } from '../store/attributes.ts';
import { listFrames } from '../store/studies.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { verifiedSource } from './images.ts';
import { importPaths } from './import.ts';
import { readFile } from './reading.ts';
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

it('takes photographs along as PNG of their pixels alone, those of one patient under one pseudonym', async () => {
  const named = join(freshFolder(), 'Muster Anna');
  mkdirSync(named);
  const random = new Random(1);
  const noise = (values: number, most: number) =>
    Array.from({ length: values }, () => Math.floor(random.uniform() * most));
  const colour = { width: 32, height: 24, channels: 3 } as const;
  await sharp(Uint8Array.from(noise(32 * 24 * 3, 256)), { raw: colour })
    .jpeg()
    .withExif({ IFD0: { Artist: 'Anna Muster', ImageDescription: 'M-77' } })
    .toFile(join(named, 'Anna Muster 1.jpg'));
  await sharp(Uint16Array.from(noise(32 * 24, 65536)), { raw: { ...colour, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toFile(join(named, 'Anna Muster 2.png'));
  expect(readFileSync(join(named, 'Anna Muster 1.jpg')).toString('latin1')).toContain('Anna Muster');
  const about = { patientName: 'Muster^Anna', patientId: 'M-77', patientBirthDate: '19700101', description: 'Muster' };
  const { studies } = await importPaths(home, [named], testJob(), { ...about, modality: 'XC', bodyPart: 'SKIN' });
  const ofAnna = listFrames(home.store.db, studies[0] ?? '');
  const frames = [...ofAnna, ...(await importPictures(home, stripedPictures(2, 1))), ...set.frames];
  const mixed = createReferenceSet(home, { name: 'Mixed', frames });

  const exported = await exportReferenceSet(home, mixed.id, to, testJob());
  expect(exported).toMatchObject({ images: 12, skipped: [] });
  expect(exported.notes.filter(({ note }) => /drawn into a photograph/.test(note))).toHaveLength(4);
  const names = readdirSync(to, { recursive: true }) as string[];
  const pictures = names.filter((name) => name.endsWith('.png')).map((name) => basename(name));
  expect(pictures.sort()).toEqual(['00001.png', '00002.png', '00003.png', '00004.png']);
  for (const name of names) expect(name).not.toMatch(/Muster|Anna|M-77/);
  for (const name of names.filter((name) => /\.(png|json)$/.test(name)))
    expect(readFileSync(join(to, name)).toString('latin1')).not.toMatch(/Muster|Anna|M-77|1970/);

  const there = testWorkstation(brightnessEngine);
  const arrived = (await importReferenceSet(there, to, testJob())).frames;
  const pixels = async (station: Workstation, ref: FrameRef) =>
    await readFile(station, 'pixels', await verifiedSource(station.store, ref));
  for (const [place, original] of mixed.frames.slice(0, 4).entries()) {
    const [copy, shown] = [await pixels(there, arrived[place]!), await pixels(home, original)];
    expect([copy.rows, copy.columns, copy.samplesPerPixel]).toEqual([shown.rows, shown.columns, shown.samplesPerPixel]);
    expect(copy.data).toEqual(shown.data);
  }
  const [first, second, ...others] = arrived.slice(0, 4).map((ref) => getAttributes(there.store.db, ref));
  expect(first).toMatchObject({ modality: 'XC', bodyPart: 'SKIN', isPhotograph: true });
  expect(first?.owner).toBe(second?.owner);
  expect(new Set([first, ...others].map((one) => one?.owner)).size).toBe(3);
});

it('takes photographs that differ in their headers alone along once', async () => {
  const folder = freshFolder();
  const grey = { raw: { width: 16, height: 16, channels: 1 } } as const;
  for (const title of ['before', 'after'])
    await sharp(new Uint8Array(256).fill(90), grey)
      .withExif({ IFD0: { ImageDescription: title } })
      .png()
      .toFile(join(folder, `${title}.png`));
  const { studies } = await importPaths(home, [folder], testJob());
  const frames = [...listFrames(home.store.db, studies[0] ?? ''), ...set.frames];
  expect(frames).toHaveLength(10);
  const { id } = createReferenceSet(home, { name: 'Twice', frames });
  expect(await exportReferenceSet(home, id, to, testJob())).toMatchObject({ images: 9, skipped: [] });
  expect((await importReferenceSet(testWorkstation(brightnessEngine), to, testJob())).frames).toHaveLength(9);
});
