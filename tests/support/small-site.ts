/** A workstation with the real engine and a small model, on which a calibration takes seconds. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { createEngineHandlers } from '../../main/engine/handlers.ts';
import type { Image8 } from '../../main/method/image.ts';
import { calibrateReferenceSet } from '../../main/services/calibration.ts';
import { importPaths } from '../../main/services/import.ts';
import { createReferenceSet, listAllReferenceSets } from '../../main/services/reference-sets.ts';
import type { Workstation } from '../../main/services/workstation.ts';
import { listFrames } from '../../main/store/studies.ts';
import type { CalibrationRow, FrameRef } from '../../preload/contract/model.ts';
import { createSmallPack, stripedPictures } from './small-pack.ts';
import { freshFolder } from './store.ts';
import { testJob, testWorkstation } from './workstation.ts';

export async function smallSite(change: Partial<Workstation> = {}): Promise<Workstation> {
  const station = testWorkstation(createEngineHandlers(), change);
  await createSmallPack(station.packsFolder);
  return station;
}

/** Imports pictures as the photographs of one folder. @returns their frames */
export async function importPictures(station: Workstation, pictures: readonly Image8[]): Promise<readonly FrameRef[]> {
  const folder = join(freshFolder(), 'study');
  mkdirSync(folder);
  for (const [index, { width, height, channels, data }] of pictures.entries())
    await sharp(data, { raw: { width, height, channels } })
      .png()
      .toFile(join(folder, `${String(index).padStart(5, '0')}.png`));
  const { studies } = await importPaths(station, [folder], testJob());
  return listFrames(station.store.db, studies[0] ?? '').map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));
}

/** What a calibration on the small model asks for. */
export const smallRequest = {
  name: 'Site',
  modelName: 'small',
  preset: 'default',
  provider: 'cpu',
  shots: 4,
  seed: 1,
  toleratedShare: 0.2,
} as const;

/** A calibration on twelve striped pictures. */
export async function calibrateStripes(station: Workstation, change: object = {}): Promise<CalibrationRow> {
  const known = listAllReferenceSets(station).find(({ name }) => name === 'Stripes');
  const set =
    known ??
    createReferenceSet(station, { name: 'Stripes', frames: await importPictures(station, stripedPictures(12, 1)) });
  const referenceSetId = set.id;
  return await calibrateReferenceSet(station, { ...smallRequest, referenceSetId, ...change }, testJob());
}
