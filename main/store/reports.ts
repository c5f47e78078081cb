/** Reports: drafts, signed ones, and the addenda that a signed one gets. */
import type { Addendum, Report } from '../../preload/contract/model.ts';
import type { ReportedFinding } from '../../preload/contract/results.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

const REPORTS = `SELECT study_instance_uid AS studyInstanceUid, indication, technique, findings,
  impression, state, signed_by AS signedBy,
  signed_at AS signedAt, updated_at AS updatedAt, language FROM reports`;

export function getReport(db: ReadableDatabase, studyInstanceUid: string): Report | null {
  const report = db.get<Omit<Report, 'addenda'>>(`${REPORTS} WHERE study_instance_uid = ?`, studyInstanceUid);
  return report ? { ...report, addenda: listAddenda(db, studyInstanceUid) } : null;
}

/** Addenda to a report, the oldest first. */
export function listAddenda(db: ReadableDatabase, studyInstanceUid: string): readonly Addendum[] {
  return db
    .all<Omit<Addendum, 'withdrawn'> & { withdrawn: string }>(
      `SELECT version, text, reason, withdrawn, signed_by AS signedBy, signed_at AS signedAt
       FROM report_addenda WHERE study_instance_uid = ? ORDER BY version`,
      studyInstanceUid,
    )
    .map((addendum) => ({ ...addendum, withdrawn: JSON.parse(addendum.withdrawn) as string[] }));
}

/** Adds an addendum. The database refuses it where the report is not signed or has this version already. */
export function insertAddendum(db: WritableDatabase, studyInstanceUid: string, addendum: Addendum): void {
  db.run(
    'INSERT INTO report_addenda VALUES (?, ?, ?, ?, ?, ?, ?)',
    studyInstanceUid,
    addendum.version,
    addendum.text,
    addendum.reason,
    JSON.stringify(addendum.withdrawn),
    addendum.signedBy,
    addendum.signedAt,
  );
}

/** Adds a report or replaces a draft; addenda have a way of their own. The database refuses to replace a signed one. */
export function saveReport(db: WritableDatabase, report: Omit<Report, 'addenda'>): void {
  db.run(
    `INSERT INTO reports (study_instance_uid, indication, technique, findings, impression, state, signed_by, signed_at,
       updated_at, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (study_instance_uid) DO UPDATE SET
       indication = excluded.indication, technique = excluded.technique, findings = excluded.findings,
       impression = excluded.impression, state = excluded.state,
       signed_by = excluded.signed_by, signed_at = excluded.signed_at, updated_at = excluded.updated_at,
       language = excluded.language`,
    report.studyInstanceUid,
    report.indication,
    report.technique,
    report.findings,
    report.impression,
    report.state,
    report.signedBy,
    report.signedAt,
    report.updatedAt,
    report.language,
  );
}

/** Sentences of a signed report in their order; none of a draft. */
export function listSentences(db: ReadableDatabase, studyInstanceUid: string): readonly ReportedFinding[] {
  return db
    .all<Omit<ReportedFinding, 'measured'> & { measured: string | null }>(
      `SELECT finding_id AS findingId, number, sentence, measured FROM report_sentences
       WHERE study_instance_uid = ? ORDER BY number`,
      studyInstanceUid,
    )
    .map((row) => ({ ...row, measured: JSON.parse(row.measured ?? 'null') as ReportedFinding['measured'] }));
}

/** Keeps the sentences of a report that is about to be signed. The database refuses any more afterwards. */
export function insertSentences(
  db: WritableDatabase,
  studyInstanceUid: string,
  sentences: readonly ReportedFinding[],
): void {
  for (const { number, findingId, sentence, measured } of sentences)
    db.run(
      'INSERT INTO report_sentences VALUES (?, ?, ?, ?, ?)',
      studyInstanceUid,
      number,
      findingId,
      sentence,
      measured && JSON.stringify(measured),
    );
}
