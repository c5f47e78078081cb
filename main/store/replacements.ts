/**
 * What nodes are owed after an addendum: new versions of the results that they have. And what must not go to them any
 * more: objects that an addendum took back.
 */
import type { OwedReplacement } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Formats of a study's results that each node has, or that wait for it. */
export function formatsByNode(
  db: ReadableDatabase,
  studyInstanceUid: string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const rows = db.all<{ node: string; format: string }>(
    `SELECT substr(destination, instr(destination, ':') + 1) AS node, format
     FROM result_deliveries JOIN result_objects USING (sop_instance_uid)
     WHERE study_instance_uid = ? AND destination LIKE '%:%'
     UNION SELECT node, format FROM send_queue JOIN result_objects USING (sop_instance_uid) WHERE study_instance_uid = ?
     UNION SELECT node, value FROM owed_replacements, json_each(formats) WHERE study_instance_uid = ?`,
    studyInstanceUid,
    studyInstanceUid,
    studyInstanceUid,
  );
  const nodes = new Map<string, Set<string>>();
  for (const { node, format } of rows) nodes.set(node, (nodes.get(node) ?? new Set()).add(format));
  return nodes;
}

/** Notes that a node is owed the newest version in these formats. */
export function oweReplacement(
  db: WritableDatabase,
  owed: { readonly studyInstanceUid: string; readonly node: string; readonly formats: Iterable<string> },
  now: string,
): void {
  db.run(
    `INSERT INTO owed_replacements VALUES (?, ?, ?, ?, ?, '') ON CONFLICT DO UPDATE SET
       formats = excluded.formats, next_try_at = excluded.next_try_at`,
    owed.studyInstanceUid,
    owed.node,
    JSON.stringify([...owed.formats].sort()),
    now,
    now,
  );
}

/** The oldest first. */
export function listOwed(db: ReadableDatabase): readonly OwedReplacement[] {
  return db
    .all<Omit<OwedReplacement, 'formats'> & { readonly formats: string }>(
      `SELECT study_instance_uid AS studyInstanceUid, node, formats, owed_since AS owedSince, next_try_at AS nextTryAt,
         last_error AS lastError FROM owed_replacements ORDER BY owed_since, study_instance_uid, node`,
    )
    .map((row) => ({ ...row, formats: JSON.parse(row.formats) as string[] }));
}

/** When the next of them is due; null where nothing is owed. */
export function nextOwed(db: ReadableDatabase): string | null {
  return db.get<{ at: string | null }>('SELECT min(next_try_at) AS at FROM owed_replacements')?.at ?? null;
}

/** Notes why a replacement could not be queued yet, and when that is tried again. */
export function postponeOwed(
  db: WritableDatabase,
  { studyInstanceUid, node }: Pick<OwedReplacement, 'studyInstanceUid' | 'node'>,
  error: string,
  nextTryAt: string,
): void {
  db.run(
    'UPDATE owed_replacements SET last_error = ?, next_try_at = ? WHERE study_instance_uid = ? AND node = ?',
    error,
    nextTryAt,
    studyInstanceUid,
    node,
  );
}

/** Lets all that is owed be tried at once. */
export function hurryOwed(db: WritableDatabase, now: string): void {
  db.run('UPDATE owed_replacements SET next_try_at = ? WHERE next_try_at > ?', now, now);
}

/** @throws Fault `not-found` */
export function settleOwed(
  db: WritableDatabase,
  { studyInstanceUid, node }: Pick<OwedReplacement, 'studyInstanceUid' | 'node'>,
): void {
  const settled = db.run(
    'DELETE FROM owed_replacements WHERE study_instance_uid = ? AND node = ?',
    studyInstanceUid,
    node,
  );
  if (settled === 0) throw new Fault('not-found', `Nothing of this study is owed to ${node}.`);
}

/** Whether an object of a study's results is on its way to a node this moment: it arrives, or it does not. */
export function isBeingSent(db: ReadableDatabase, studyInstanceUid: string, node: string): boolean {
  const sending = `SELECT 1 FROM send_queue JOIN result_objects USING (sop_instance_uid)
    WHERE state = 'sending' AND study_instance_uid = ? AND node = ?`;
  return db.get(sending, studyInstanceUid, node) !== undefined;
}

export interface TakenBack {
  readonly id: string;
  readonly node: string;
  readonly sopInstanceUid: string;
  /** Whether it was sent without an answer that it arrived. */
  readonly tried: boolean;
}

/** Removes from the queue what an addendum has taken back and nobody is sending. Returns what that was. */
export function dropTakenBack(db: WritableDatabase): readonly TakenBack[] {
  return db.transaction(() => {
    const dropped = db.all<Omit<TakenBack, 'tried'> & { readonly lastError: string }>(
      `SELECT id, node, sop_instance_uid AS sopInstanceUid, last_error AS lastError
       FROM send_queue JOIN result_objects USING (sop_instance_uid)
       WHERE state IN ('waiting', 'failed') AND format NOT IN ('kos', 'photo') AND EXISTS (
         SELECT 1 FROM report_addenda WHERE report_addenda.study_instance_uid = result_objects.study_instance_uid
           AND reason IS NOT NULL AND report_addenda.version > result_objects.version)
       ORDER BY place`,
    );
    for (const { id } of dropped) db.run('DELETE FROM send_queue WHERE id = ?', id);
    return dropped.map(({ lastError, ...entry }) => ({ ...entry, tried: lastError !== '' }));
  });
}

/** Studies of which a version that replaces another, or the note on it, has not reached a node that will be gone. */
export function unsentReplacements(
  db: ReadableDatabase,
  nodes: readonly string[],
): readonly { readonly studyInstanceUid: string; readonly node: string }[] {
  return db.all(
    `SELECT DISTINCT study_instance_uid AS studyInstanceUid, node
     FROM send_queue JOIN result_objects USING (sop_instance_uid)
     WHERE state <> 'sent' AND version > 1 AND node IN (SELECT value FROM json_each(?))`,
    JSON.stringify(nodes),
  );
}
