/** Reports, segmentations and maps that were imported beside the images that they belong to. */
import type { ImportedResult } from '../../preload/contract/results.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface ImportedResultRecord extends ImportedResult {
  readonly studyInstanceUid: string;
  readonly fileSha256: string;
  readonly importedAt: string;
}

/** False where an object with this UID is there already; the first one stays. */
export function insertImportedResult(db: WritableDatabase, result: Omit<ImportedResultRecord, 'withdrawn'>): boolean {
  const changes = db.run(
    'INSERT INTO imported_results VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    result.sopInstanceUid,
    result.studyInstanceUid,
    result.kind,
    result.label,
    JSON.stringify(result.regions),
    JSON.stringify(result.maps),
    result.fileSha256,
    result.importedAt,
  );
  return changes > 0;
}

const RESULTS = `SELECT sop_instance_uid AS sopInstanceUid, study_instance_uid AS studyInstanceUid, kind, label, regions,
  maps, file_sha256 AS fileSha256, imported_at AS importedAt,
  (SELECT min(how) FROM imported_withdrawals WHERE withdrawn_uid = sop_instance_uid) AS withdrawn FROM imported_results`;

/** Notes what an object takes back; those objects may come later. False where all of it was noted already. */
export function insertWithdrawals(
  db: WritableDatabase,
  withdrawal: {
    readonly by: string;
    readonly studyInstanceUid: string;
    readonly how: 'rejected' | 'replaced';
    readonly sopInstanceUids: readonly string[];
  },
  now: string,
): boolean {
  const { by, studyInstanceUid, how, sopInstanceUids } = withdrawal;
  return db.transaction(() => {
    const noted = sopInstanceUids.map((uid) =>
      db.run(
        'INSERT INTO imported_withdrawals VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
        uid,
        by,
        studyInstanceUid,
        how,
        now,
      ),
    );
    return noted.some((rows) => rows > 0);
  });
}

type Raw = Omit<ImportedResultRecord, 'regions' | 'maps'> & { regions: string; maps: string };
const resultRecord = (raw: Raw): ImportedResultRecord => ({
  ...raw,
  regions: JSON.parse(raw.regions) as ImportedResult['regions'],
  maps: JSON.parse(raw.maps) as ImportedResult['maps'],
});

/** Imported results of a study, the oldest import first. */
export function listImportedResults(db: ReadableDatabase, studyInstanceUid: string): readonly ImportedResultRecord[] {
  return db
    .all<Raw>(`${RESULTS} WHERE study_instance_uid = ? ORDER BY imported_at, sop_instance_uid`, studyInstanceUid)
    .map(resultRecord);
}

/** @throws Fault `not-found` */
export function getImportedResult(db: ReadableDatabase, sopInstanceUid: string): ImportedResultRecord {
  const raw = db.get<Raw>(`${RESULTS} WHERE sop_instance_uid = ?`, sopInstanceUid);
  if (!raw) throw new Fault('not-found', 'This result is not in the store. Import it first.');
  return resultRecord(raw);
}
