/** What the check before "these are normal" notices, on pictures that are spoilt in one way each. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Random } from '../method/random.ts';
import { listFrames } from '../store/studies.ts';
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
  ];
  const frames = await importPictures(station, [...good, ...spoilt], head(40));
  const scope = { modality: 'OT', bodyPart: '', view: '', scanner: '' };
  const request = { frames, scope, modelName: 'embedded', provider: 'cpu' as const };
  const found = await checkImages(station, request, testJob());
  const kinds = found.map(({ remarks }) => remarks.map(({ kind }) => kind));
  for (const remarks of kinds.slice(0, 12)) expect(remarks).toEqual([]);
  expect(kinds[12]).toEqual(['blank']);
  expect(kinds[14]).toContain('near-duplicate');
  expect(found[14]?.remarks[0]?.other).toEqual(frames[13]);
  expect(kinds[15]).toContain('burned-in-text');
  expect(kinds[16]).toContain('outlier');
  expect(kinds[17]).toContain('colour');

  const elsewhere = await checkImages(station, { ...request, scope: { ...scope, modality: 'CT' } }, testJob());
  for (const { remarks } of elsewhere) expect(remarks[0]).toEqual({ kind: 'wrong-modality', detail: 'OT' });
});
