/** A data folder with a calibration, and with a long series that it fits, made by the services themselves. */
import { join } from 'node:path';
import { createEngineHandlers } from '../../main/engine/handlers.ts';
import { runInProcess } from '../../main/process/in-process.ts';
import { projectRoot } from '../../main/runtime/command.ts';
import { calibrateReferenceSet } from '../../main/services/calibration.ts';
import { importPaths } from '../../main/services/import.ts';
import { activate } from '../../main/services/profiles.ts';
import { createReferenceSet } from '../../main/services/reference-sets.ts';
import { openStudy } from '../../main/services/worklist.ts';
import type { Workstation } from '../../main/services/workstation.ts';
import { openStore } from '../../main/store/store.ts';
import { writePhantomStudy } from './phantom-studies.ts';
import { testJob, testWorkstation } from './workstation.ts';

const NORMALS = 8;
const SIDE = 128;

/** @returns the study with the series, not analysed yet; the calibration is of the embedded model */
export async function writeLongSeries(dataDir: string, scratch: string, slices: number): Promise<string> {
  return await calibratedOn(dataDir, scratch, async (station) => {
    const series = { number: 100, slices, side: SIDE, lesion: 'mass' };
    const { folder, studyInstanceUid } = writePhantomStudy(join(scratch, 'series'), series);
    await importPaths(station, [folder], testJob());
    return studyInstanceUid;
  });
}

/** Normal slices of 128 x 128 and their calibration of the embedded model in a data folder, and what comes then. */
export async function calibratedOn<T>(
  dataDir: string,
  scratch: string,
  more: (station: Workstation) => Promise<T>,
): Promise<T> {
  const store = openStore(dataDir);
  const station = testWorkstation(
    {},
    {
      store,
      ownPacksFolder: join(projectRoot, 'models'),
      engine: runInProcess(createEngineHandlers()),
    },
  );
  try {
    const normals = Array.from({ length: NORMALS }, (_, number) => ({ number, slices: 1, side: SIDE }));
    const folders = normals.map((study) => writePhantomStudy(join(scratch, 'normals'), study).folder);
    await importPaths(station, folders, testJob());
    await calibrateOn(station, normals.length);
    return await more(station);
  } finally {
    store.db.close();
  }
}

async function calibrateOn(station: Workstation, shots: number): Promise<void> {
  const { db } = station.store;
  const studies = db.all<{ uid: string }>('SELECT study_instance_uid AS uid FROM studies');
  const frames = studies.flatMap(({ uid }) => openStudy(db, uid, []).series.flatMap((series) => series.frames));
  const set = createReferenceSet(station, {
    name: 'Normals',
    frames: frames.map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame })),
  });
  const choice = { referenceSetId: set.id, modelName: 'embedded', preset: 'fast', provider: 'cpu' } as const;
  const { id } = await calibrateReferenceSet(
    station,
    { name: 'Head CT', ...choice, shots: shots - 2, seed: 1, toleratedShare: 0.5 },
    testJob(),
  );
  activate(station, id);
}
