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
export function insertImportedResult(db: WritableDatabase, result: ImportedResultRecord): boolean {
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
  maps, file_sha256 AS fileSha256, imported_at AS importedAt FROM imported_results`;

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
