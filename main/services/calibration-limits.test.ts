/** Normals that no textbook has, and a machine that fails meanwhile: a clear sentence each, and nothing lost. */
import { expect, it } from 'vitest';
import type { FrameRef } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { mountSmallDisk } from '../../tests/support/full-disk.ts';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { importPictures, smallRequest, smallSite } from '../../tests/support/small-site.ts';
import { someInstance } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { dicomFile, imageElements } from '../imaging/samples.ts';
import type { Image8 } from '../method/image.ts';
import { putBytes } from '../store/blobs.ts';
import { listCalibrations } from '../store/calibrations.ts';
import { openStore } from '../store/store.ts';
import { insertInstance } from '../store/studies.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { calibrateFiles } from './files.ts';
import { removeImportedModel } from './model-jobs.ts';
import type { Picture } from './pictures.ts';
import { checkImages } from './reference-checks.ts';
import { createReferenceSet } from './reference-sets.ts';
import { listUnfinished, openUnfinished, rememberCalibration, runRemembered } from './unfinished.ts';
import type { Workstation } from './workstation.ts';

const setOf = (station: Workstation, frames: readonly FrameRef[]) =>
  createReferenceSet(station, { name: 'Odd', frames }).id;
const calibrate = async (station: Workstation, pictures: readonly Image8[], change: object = {}) => {
  const referenceSetId = setOf(station, await importPictures(station, pictures));
  return await calibrateReferenceSet(station, { ...smallRequest, referenceSetId, ...change }, testJob());
};
const plain = (width: number, height: number, channels: 1 | 3, value: (place: number) => number): Image8 => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, place) => value(place)),
});

it('one normal image is too few, and the sentence says what to do', async () => {
  const station = await smallSite();
  await expect(calibrate(station, stripedPictures(1, 1))).rejects.toMatchObject({
    code: 'bad-reference-set',
    message: 'A calibration needs at least 2 normal images, and there is 1. Add some more.',
  });
  expect(listCalibrations(station.store.db)).toEqual([]);
});

/** What a look over the images says, and the station that they are in. */
async function checked(pictures: readonly Image8[]) {
  const station = await smallSite();
  const frames = await importPictures(station, pictures);
  const scope = { modality: '', bodyPart: '', view: '', scanner: '', protocol: '' };
  const found = await checkImages(station, { frames, scope, modelName: 'small', provider: 'cpu' }, testJob());
  const kinds = found.flatMap(({ remarks }) => remarks.map(({ kind }) => kind));
  const request = { ...smallRequest, toleratedShare: 0.4, referenceSetId: setOf(station, frames) };
  return { station, kinds, calibration: () => calibrateReferenceSet(station, request, testJob()) };
}

it.each<[string, string, string, (place: number) => Image8]>([
  // The same bytes twice are one image in the store: these differ in a corner that no reader would see.
  [
    'identical',
    'near-duplicate',
    'All images to train on show the same picture',
    (i) => plain(48, 48, 1, (place) => (place === 0 ? i : place % 200)),
  ],
  ['black', 'blank', 'All images to train on are blank', (i) => plain(48, 48, 1, (place) => (place === i ? 1 : 0))],
])('images that are %s are refused in a sentence, and the check says what they are', async (_, kind, says, picture) => {
  const { station, kinds, calibration } = await checked([0, 1, 2, 3, 4, 5].map(picture));
  expect(kinds).toContain(kind);
  await expect(calibration()).rejects.toMatchObject({
    code: 'bad-reference-set',
    message: expect.stringContaining(says),
  });
  expect(listCalibrations(station.store.db)).toEqual([]);
});

it.each<[string, string, (place: number) => Image8]>([
  ['of mixed sizes', 'other-size', (i) => plain(30 + 9 * i, 80 - 5 * i, 1, (place) => (place * (i + 3)) % 251)],
  ['in colour', 'colour', (i) => plain(48, 48, 3, (place) => (place * (i + 7)) % 253)],
])('images that are %s calibrate to a threshold, and the check says what they are', async (_, kind, picture) => {
  const { kinds, calibration } = await checked([0, 1, 2, 3, 4, 5].map(picture));
  expect(kinds).toContain(kind);
  const { threshold, heldOut } = await calibration();
  expect(heldOut).toBe(2);
  expect(threshold).toBeGreaterThan(0);
  expect(threshold).toBeLessThanOrEqual(1);
});

it('files that are the same picture are one image, and more than may train are refused before one is read', async () => {
  const station = await smallSite();
  const kind = { modality: 'OT', bodyPart: '', view: '', scanner: '', protocol: '' };
  const picture = (i: number) => ({ path: `${i}`, label: `${i}`, frame: 0, key: `${i}`, owner: `${i}`, kind });
  const settings = { ...smallRequest, out: '/nowhere' };
  const { shots: _, ...all } = settings;
  const calibrate = (pictures: readonly Picture[]) => calibrateFiles(station, pictures, all, testJob());
  await expect(calibrate(Array(20).fill(picture(1)))).rejects.toMatchObject({
    code: 'bad-reference-set',
    message: expect.stringContaining('All 20 files are the same picture'),
  });
  await expect(calibrate(Array.from({ length: 10_000 }, (_, i) => picture(i)))).rejects.toMatchObject({
    code: 'bad-reference-set',
    message: expect.stringContaining('All 10000 images would train, and 512 are the most'),
  });
});

// Storing ten thousand studies takes minutes on a busy machine.
it('of ten thousand normals, those that are more than enough are set aside', { timeout: 600_000 }, async () => {
  const station = testWorkstation(brightnessEngine);
  const { db, folder } = station.store;
  const pixels = [Int16Array.of(-1000, -1, 0, 1, 40, 3000), Int16Array.of(3000, 40, 1, 0, -1, -1000)];
  const files: string[] = [];
  for (const { buffer } of pixels)
    files.push((await putBytes(folder, dicomFile(imageElements([[0x7fe00010, 'OW', new Uint8Array(buffer)]])))).sha256);
  const frames = Array.from({ length: 10_000 }, (_, i) => ({ sopInstanceUid: `1.9.${i}.1.1`, frame: 0 }));
  db.transaction(() => {
    for (const [i, { sopInstanceUid }] of frames.entries()) {
      const about = { patientId: `P${i}`, studyInstanceUid: `1.9.${i}`, seriesInstanceUid: `1.9.${i}.1` };
      const fileSha256 = files[i % 2]!;
      insertInstance(db, someInstance({ ...about, sopInstanceUid, fileSha256 }), 'now');
    }
  });
  const referenceSetId = setOf(station, frames);
  const request = { ...smallRequest, modelName: 'embedded', shots: 16, referenceSetId };
  expect(await calibrateReferenceSet(station, request, testJob())).toMatchObject({
    shots: 16,
    heldOut: 400,
    setAside: 10_000 - 416,
  });
});

it('a disk that is full when the calibration is saved costs nothing: it goes on once there is room', async ({
  skip,
}) => {
  const disk = await mountSmallDisk(96 * 1024 * 1024);
  if (!disk) return skip('needs the right to mount a small disk');
  const store = openStore(disk.folder);
  try {
    const station = await smallSite({ store, packsFolder: store.folder.packs });
    const referenceSetId = setOf(station, await importPictures(station, stripedPictures(8, 1)));
    const remembered = rememberCalibration(station, { ...smallRequest, preset: 'fast', referenceSetId });
    let full = false;
    const fillLate = testJob({
      progress({ note }) {
        if (full || note !== 'Gathering evidence') return;
        full = true;
        disk.fill(0);
      },
    });
    await expect(runRemembered(station, remembered, fillLate)).rejects.toMatchObject({
      code: 'disk-full',
      message: 'The disk is full. Free some space and try again; nothing stored was lost.',
    });
    expect(listCalibrations(store.db)).toEqual([]);
    disk.clear();
    const [unfinished] = await listUnfinished(station, []);
    expect(unfinished).toMatchObject({ id: remembered.id });
    expect(unfinished?.stepsDone).toBeGreaterThan(0);
    const row = await runRemembered(station, openUnfinished(station, [], remembered.id), testJob());
    expect(listCalibrations(store.db)).toMatchObject([{ id: row.id }]);
    expect(await listUnfinished(station, [])).toEqual([]);
  } finally {
    store.db.close();
    await disk.remove();
  }
});

it('a model that was removed meanwhile is asked for by name, and the calibration goes on when it is back', async () => {
  const station = await smallSite();
  const referenceSetId = setOf(station, await importPictures(station, stripedPictures(8, 1)));
  const remembered = rememberCalibration(station, { ...smallRequest, preset: 'fast', referenceSetId });
  let removed = false;
  const removing = testJob({
    progress({ lossTrace }) {
      if (removed || !lossTrace?.length) return;
      removed = true;
      void removeImportedModel(station, 'small');
    },
  });
  await expect(runRemembered(station, remembered, removing)).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('There is no model named "small"'),
  });
  expect(listCalibrations(station.store.db)).toEqual([]);
  expect(await listUnfinished(station, [])).toMatchObject([{ id: remembered.id }]);
  await createSmallPack(station.packsFolder);
  const row = await runRemembered(station, openUnfinished(station, [], remembered.id), testJob());
  expect(row.id).toBe(remembered.id);
});
