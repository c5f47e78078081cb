/** Which study an entry of the audit trail is about, and whose it is; null of what has been removed since or was never here. */
import type { ReadableDatabase } from './database.ts';

/** By an image's or a result's SOP Instance UID. */
export function studyOfInstance(db: ReadableDatabase, sopInstanceUid: string): string | null {
  const found = db.get<{ uid: string }>(
    `SELECT study_instance_uid AS uid FROM instances JOIN series USING (series_instance_uid) WHERE sop_instance_uid = ?
     UNION SELECT study_instance_uid FROM result_objects WHERE sop_instance_uid = ?`,
    sopInstanceUid,
    sopInstanceUid,
  );
  return found?.uid ?? null;
}

export function patientOfStudy(db: ReadableDatabase, studyInstanceUid: string): string | null {
  const found = db.get<{ id: string }>(
    'SELECT patient_id AS id FROM studies JOIN patients USING (patient_key) WHERE study_instance_uid = ?',
    studyInstanceUid,
  );
  return found?.id ?? null;
}
