import type { Report } from '../../preload/contract/model.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

const REPORTS = `SELECT study_instance_uid AS studyInstanceUid, indication, impression, state, signed_by AS signedBy,
  signed_at AS signedAt, updated_at AS updatedAt FROM reports`;

export function getReport(db: ReadableDatabase, studyInstanceUid: string): Report | null {
  return db.get<Report>(`${REPORTS} WHERE study_instance_uid = ?`, studyInstanceUid) ?? null;
}

/** Studies whose report is signed. */
export function listSignedStudies(db: ReadableDatabase): readonly string[] {
  return db
    .all<{ uid: string }>(`SELECT study_instance_uid AS uid FROM reports WHERE state = 'signed'`)
    .map(({ uid }) => uid);
}

/** Adds a report or replaces a draft. The database refuses to replace a signed one. */
export function saveReport(db: WritableDatabase, report: Report): void {
  db.run(
    `INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (study_instance_uid) DO UPDATE SET
       indication = excluded.indication, impression = excluded.impression, state = excluded.state,
       signed_by = excluded.signed_by, signed_at = excluded.signed_at, updated_at = excluded.updated_at`,
    report.studyInstanceUid,
    report.indication,
    report.impression,
    report.state,
    report.signedBy,
    report.signedAt,
    report.updatedAt,
  );
}
