/** Imports by their jobs, so that one that a crash interrupted is found again. */
import type { WritableDatabase } from './database.ts';

export interface ImportRecord {
  readonly jobId: string;
  readonly paths: readonly string[];
  /** JSON of what was said about photographs; null where nothing was. */
  readonly photos: string | null;
  /** The process that began it. */
  readonly processId: number;
}

export function beginImport(db: WritableDatabase, one: ImportRecord, startedAt: string): void {
  db.run(
    'INSERT OR REPLACE INTO imports VALUES (?, ?, ?, ?, ?, NULL)',
    one.jobId,
    JSON.stringify(one.paths),
    one.photos,
    one.processId,
    startedAt,
  );
}

/**
 * However it ended: done, failed or cancelled. Nobody needs any more what it was to bring, and paths and what was said about
 * photographs name patients: both are forgotten, and so is what imports left out that ended before `forgetBefore`.
 */
export function endImport(db: WritableDatabase, jobId: string, endedAt: string, forgetBefore: string): void {
  db.transaction(() => {
    db.run('UPDATE imports SET ended_at = ? WHERE job_id = ?', endedAt, jobId);
    db.run(`UPDATE imports SET paths = '[]', photos = NULL WHERE ended_at IS NOT NULL AND paths <> '[]'`);
    db.run('DELETE FROM skipped_files WHERE job_id IN (SELECT job_id FROM imports WHERE ended_at < ?)', forgetBefore);
  });
}

/** Imports that have not ended, the oldest first: those that run, and those that a crash interrupted. */
export function listOpenImports(db: WritableDatabase): readonly ImportRecord[] {
  return db
    .all<Omit<ImportRecord, 'paths'> & { paths: string }>(
      `SELECT job_id AS jobId, paths, photos, process_id AS processId FROM imports WHERE ended_at IS NULL
       ORDER BY started_at, job_id`,
    )
    .map((row) => ({ ...row, paths: JSON.parse(row.paths) as string[] }));
}
