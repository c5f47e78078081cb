/** Studies in a store that were analysed with a calibration, for what only shows after many of them; they have no pictures. */
import { insertAnalysis } from '../../main/store/analyses.ts';
import { openStore } from '../../main/store/store.ts';
import { insertInstance } from '../../main/store/studies.ts';
import { someInstance } from './store.ts';

/** One study for each list of scores, in their order; nobody may have the data folder open. */
export function writeAnalysedStacks(
  dataDir: string,
  calibrationId: string,
  studies: readonly (readonly number[])[],
): void {
  const { db } = openStore(dataDir);
  const frame = {
    rows: 64,
    columns: 64,
    pixelSpacing: null,
    spacingAtDetector: false,
    orientation: null,
    position: null,
  };
  const result = { pValue: null, flagged: false, mapSha256: '', mapWidth: 1, mapHeight: 1 };
  for (const [number, scores] of studies.entries()) {
    const studyInstanceUid = `1.9.${number}`;
    const uids = { seriesInstanceUid: `${studyInstanceUid}.1`, sopInstanceUid: `${studyInstanceUid}.1.1` };
    insertInstance(db, someInstance({ studyInstanceUid, ...uids, frames: scores.map(() => frame) }), 'now');
    insertAnalysis(
      db,
      {
        id: studyInstanceUid,
        studyInstanceUid,
        calibrationId,
        provider: 'cpu',
        createdAt: '2026-01-02T00:00:00.000Z',
        createdBy: 'tester',
        seconds: 1,
      },
      scores.map((score, place) => ({ sopInstanceUid: uids.sopInstanceUid, frame: place, score, ...result })),
      [],
    );
  }
  db.close();
}
