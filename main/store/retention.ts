/** Studies that go: those that a retention period has ended for, those that somebody removes; and everything that goes with one. */
import type { OpenDatabase, ReadableDatabase, WritableDatabase } from './database.ts';

const IMAGES = `series JOIN instances USING (series_instance_uid)
  WHERE series.study_instance_uid = studies.study_instance_uid`;

/** What somebody vouched for stays: what of it a study has, as the end of a sentence, and how that is asked of a study. */
const VOUCHED_FOR: readonly (readonly [words: string, rows: string])[] = [
  [
    'its report is signed',
    `SELECT 1 FROM reports r WHERE r.study_instance_uid = studies.study_instance_uid AND r.state = 'signed'`,
  ],
  ['results were made of it', 'SELECT 1 FROM result_objects o WHERE o.study_instance_uid = studies.study_instance_uid'],
  [
    'images of it are in a reference set',
    `SELECT 1 FROM ${IMAGES} AND sop_instance_uid IN (SELECT sop_instance_uid FROM reference_set_members)`,
  ],
  [
    'a confirmed case is in it',
    `SELECT 1 FROM ${IMAGES} AND sop_instance_uid IN (SELECT sop_instance_uid FROM confirmed_cases)`,
  ],
];

/** Studies whose last image came before a time (ISO 8601) and that nothing keeps. */
export function listExpiredStudies(db: ReadableDatabase, before: string): readonly string[] {
  return db
    .all<{ uid: string }>(
      `SELECT study_instance_uid AS uid FROM studies
       WHERE NOT EXISTS (SELECT 1 FROM ${IMAGES} AND instances.imported_at >= ?)
         ${VOUCHED_FOR.map(([, rows]) => `AND NOT EXISTS (${rows})`).join('\n')}
         AND imported_at < ?
       ORDER BY imported_at`,
      before,
      before,
    )
    .map(({ uid }) => uid);
}

/** What keeps a study, each as the end of a sentence; nothing where it may be removed. */
export function reasonsToKeep(db: ReadableDatabase, uid: string): readonly string[] {
  return VOUCHED_FOR.filter(
    ([, rows]) => db.get(`SELECT 1 FROM studies WHERE study_instance_uid = ? AND EXISTS (${rows})`, uid) !== undefined,
  ).map(([words]) => words);
}

/** SHA-256 of the files of one study: its images, its maps, results that came with it. */
export function listBlobsOfStudy(db: ReadableDatabase, uid: string): readonly string[] {
  return db
    .all<{ sha256: string }>(
      `SELECT file_sha256 AS sha256 FROM instances JOIN series USING (series_instance_uid) WHERE study_instance_uid = ?
       UNION SELECT map_sha256 FROM frame_results JOIN analyses ON analyses.id = analysis_id WHERE study_instance_uid = ?
       UNION SELECT file_sha256 FROM imported_results WHERE study_instance_uid = ?`,
      uid,
      uid,
      uid,
    )
    .map(({ sha256 }) => sha256);
}

/**
 * Removes a study with its images, analyses, findings, measurements and draft, and its patient where no other study is
 * theirs. Files stay until a sweep finds that nothing names them any more.
 * @throws Fault `not-allowed` where its report is signed
 */
export function removeStudy(db: WritableDatabase, uid: string): void {
  const series = 'SELECT series_instance_uid FROM series WHERE study_instance_uid = ?';
  const instances = `SELECT sop_instance_uid FROM instances WHERE series_instance_uid IN (${series})`;
  const analyses = 'SELECT id FROM analyses WHERE study_instance_uid = ?';
  db.transaction(() => {
    for (const sql of [
      'DELETE FROM reports WHERE study_instance_uid = ?',
      `DELETE FROM findings WHERE analysis_id IN (${analyses})`,
      `DELETE FROM frame_results WHERE analysis_id IN (${analyses})`,
      'DELETE FROM analyses WHERE study_instance_uid = ?',
      'DELETE FROM imported_results WHERE study_instance_uid = ?',
      'DELETE FROM imported_withdrawals WHERE study_instance_uid = ?',
      'DELETE FROM annotations WHERE study_instance_uid = ?',
      'DELETE FROM plane_measurements WHERE study_instance_uid = ?',
      `DELETE FROM frames WHERE sop_instance_uid IN (${instances})`,
      `DELETE FROM instances WHERE series_instance_uid IN (${series})`,
      'DELETE FROM series WHERE study_instance_uid = ?',
      'DELETE FROM studies WHERE study_instance_uid = ?',
    ])
      db.run(sql, uid);
    db.run('DELETE FROM patients WHERE patient_key NOT IN (SELECT patient_key FROM studies)');
  });
}

/**
 * Overwrites what was removed: the words of the search, which FTS5 keeps until it merges its segments, and what the write-ahead
 * log still has. FTS5's own secure deletion would make every import several times slower.
 */
export function forgetRemoved(db: OpenDatabase): void {
  db.run(`INSERT INTO worklist_words (worklist_words) VALUES ('optimize')`);
  db.forget();
}
