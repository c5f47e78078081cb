/** What the check before "these are normal" notices, on pictures that are spoilt in one way each. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { freshFolder, someInstance } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Random } from '../method/random.ts';
import { drawPhantom } from '../phantoms/phantom.ts';
import { listAudit } from '../store/audit.ts';
import { putBytes } from '../store/blobs.ts';
import { insertInstance, listFrames, type NewInstance } from '../store/studies.ts';
import { phantomFile } from './demo-dicom.ts';
import { importPaths } from './import.ts';
import { checkImages } from './reference-checks.ts';
import type { Workstation } from './workstation.ts';

const SIDE = 128;
type Picture = (x: number, y: number) => number;

/** A bright ring around tissue, somewhat different in every picture. */
function head(seed: number, noise = 6): Picture {
  const random = new Random(seed);
  const [cx, cy, r] = [random.between(58, 70), random.between(58, 70), random.between(38, 46)];
  const lobes = random.between(2, 9);
  return (x, y) => {
    const far = Math.hypot(x - cx, y - cy);
    const tissue = far > r ? 10 : far > r - 4 ? 200 : 90 + 20 * Math.sin((x * lobes) / 20) * Math.cos(y / lobes);
    return tissue + random.between(-noise, noise);
  };
}

/** The mean of what moved by some pixels while it was taken. */
const moved =
  (picture: Picture): Picture =>
  (x, y) =>
    Array.from({ length: 9 }, (_, i) => picture(x + i - 4, y)).reduce((sum, value) => sum + value, 0) / 9;

/** "HELLO" in a 5 x 7 font, two pixels a dot. */
const LETTERS = [
  [17, 17, 17, 31, 17, 17, 17],
  [31, 16, 16, 30, 16, 16, 31],
  [16, 16, 16, 16, 16, 16, 31],
  [16, 16, 16, 16, 16, 16, 31],
  [14, 17, 17, 17, 17, 17, 14],
];
const withText =
  (picture: Picture): Picture =>
  (x, y) => {
    const [column, row] = [Math.floor((x - 4) / 2), Math.floor((y - 4) / 2)];
    const [letter, dot] = [LETTERS[Math.floor(column / 6)], column % 6];
    return column >= 0 && letter && dot < 5 && (letter[row] ?? 0) & (16 >> dot) ? 255 : picture(x, y);
  };

async function importPictures(station: Workstation, pictures: readonly Picture[], tinted?: Picture) {
  const folder = join(freshFolder(), 'study');
  mkdirSync(folder);
  const save = async (name: string, picture: Picture, channels: 1 | 3) => {
    const data = Buffer.alloc(SIDE * SIDE * channels);
    for (let i = 0; i < data.length; i++) {
      const at = Math.floor(i / channels);
      const value = picture(at % SIDE, Math.floor(at / SIDE));
      data[i] = Math.max(0, Math.min(255, channels === 3 && i % 3 === 2 ? value / 3 : value));
    }
    await sharp(data, { raw: { width: SIDE, height: SIDE, channels } })
      .png()
      .toFile(join(folder, name));
    const before = new Set(shas());
    await importPaths(station, [folder], testJob());
    return shas().find((uid) => !before.has(uid)) ?? '';
  };
  const shas = () =>
    station.store.db
      .all<{ uid: string }>('SELECT study_instance_uid AS uid FROM studies')
      .flatMap(({ uid }) => listFrames(station.store.db, uid).map(({ sopInstanceUid }) => sopInstanceUid));
  const uids: string[] = [];
  for (const [i, picture] of pictures.entries()) uids.push(await save(`${i}.png`, picture, 1));
  if (tinted) uids.push(await save('tinted.png', tinted, 3));
  return uids.map((sopInstanceUid) => ({ sopInstanceUid, frame: 0 }));
}

it('names what would spoil a set, image by image, and leaves good ones alone', { timeout: 30_000 }, async () => {
  const station = testWorkstation({ ...brightnessEngine }, { ownPacksFolder: freshFolder() });
  const good = Array.from({ length: 12 }, (_, i) => head(i + 1));
  const nearlyTheFirst: Picture = (x, y) => head1(x, y) + (x === 64 && y === 64 ? 3 : 0);
  const head1 = head(50, 0);
  const spoilt = [
    (() => 0) as Picture, // all black
    head1,
    nearlyTheFirst,
    withText(head(30)),
    ((x, y) => 255 - head(31)(x, y)) as Picture, // turned values: far brighter than the rest
    moved(head(32)),
  ];
  const frames = await importPictures(station, [...good, ...spoilt], head(40));
  const scope = { modality: 'OT', bodyPart: '', view: '', scanner: '', protocol: '' };
  const request = { frames, scope, modelName: 'embedded', provider: 'cpu' as const };
  const found = await checkImages(station, request, testJob());
  const kinds = found.map(({ remarks }) => remarks.map(({ kind }) => kind));
  for (const remarks of kinds.slice(0, 12)) expect(remarks).toEqual([]);
  expect(kinds[12]).toEqual(['blank']);
  expect(kinds[14]).toContain('near-duplicate');
  expect(found[14]?.remarks[0]?.other).toEqual(frames[13]);
  expect(kinds[15]).toContain('burned-in-text');
  expect(kinds[16]).toContain('outlier');
  expect(kinds[17]).toEqual(['blurred']);
  expect(kinds[18]).toContain('colour');

  expect(listAudit(station.store.db).at(-1)?.action).toBe('reference-set.check');

  const elsewhere = await checkImages(station, { ...request, scope: { ...scope, modality: 'CT' } }, testJob());
  for (const { remarks } of elsewhere) expect(remarks[0]).toEqual({ kind: 'wrong-modality', detail: 'OT' });
});

it('names what the file says against an image: its kind, whose it is, its size, and that it is gone', async () => {
  const station = testWorkstation({ ...brightnessEngine }, { ownPacksFolder: freshFolder() });
  const { db, folder } = station.store;
  const SIZE = 96;
  const frame = {
    rows: SIZE,
    columns: SIZE,
    pixelSpacing: null,
    spacingAtDetector: false,
    orientation: [1, 0, 0, 0, 1, 0],
    position: null,
  };
  let number = 0;
  const add = async (change: Partial<NewInstance> = {}) => {
    number++;
    const uid = `1.7.${number}`;
    const about = {
      studyInstanceUid: uid,
      seriesInstanceUid: `${uid}.1`,
      sopInstanceUid: `${uid}.1.1`,
      patientId: `P${number}`,
    };
    const phantom = drawPhantom('ct-head', number, { size: SIZE, lesion: null, level: 0.5 });
    const bytes = phantomFile(phantom, {
      ...about,
      instanceNumber: 1,
      patientName: 'FICTIONAL',
      studyDescription: '',
      seriesNumber: 1,
      sliceSpacing: 5,
    });
    const { sha256: fileSha256 } = await putBytes(folder, bytes);
    const whole = { ...about, manufacturer: 'Alpha', frames: [frame], fileSha256, ...change };
    insertInstance(db, someInstance(whole), 'now');
    return { sopInstanceUid: about.sopInstanceUid, frame: 0 };
  };
  const frames = [
    await add(),
    await add({ modality: 'MR' }),
    await add({ bodyPart: 'CHEST' }),
    await add({ frames: [{ ...frame, orientation: [1, 0, 0, 0, 0, -1] }] }),
    await add({ manufacturer: 'Beta' }),
    await add({ localizer: true }),
    await add({ fileSha256: 'f'.repeat(64) }),
    await add({ frames: [{ ...frame, rows: 64 }] }),
    await add({ patientId: 'P1' }),
  ];
  const scope = { modality: 'CT', bodyPart: 'HEAD', view: 'AXIAL', scanner: 'Alpha', protocol: '' };
  const found = await checkImages(station, { frames, scope, modelName: 'embedded', provider: 'cpu' }, testJob());
  const samePatient = { kind: 'same-patient', detail: '2' };
  expect(found.map(({ remarks }) => remarks)).toEqual([
    [samePatient],
    [{ kind: 'wrong-modality', detail: 'MR' }],
    [{ kind: 'wrong-body-part', detail: 'CHEST' }],
    [{ kind: 'wrong-view', detail: 'CORONAL' }],
    [{ kind: 'wrong-scanner', detail: 'Beta' }],
    [{ kind: 'localizer', detail: '' }],
    [{ kind: 'unreadable', detail: '' }],
    [{ kind: 'other-size', detail: `${SIZE} x 64` }],
    [samePatient],
  ]);
});
