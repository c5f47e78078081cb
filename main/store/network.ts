/** Configured nodes, and the queue of what is to be sent to them. */
import { type PacsNode, pacsNodeSchema, type SendEntry } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import { formatsByNode, listOwed, oweReplacement, unsentReplacements } from './replacements.ts';

/** In the order of their names. */
export function listNodes(db: ReadableDatabase): readonly PacsNode[] {
  return db.all<{ settings: string }>('SELECT settings FROM nodes ORDER BY name').map(parseNode);
}

/** @throws Fault `not-found` */
export function getNode(db: ReadableDatabase, name: string): PacsNode {
  const row = db.get<{ settings: string }>('SELECT settings FROM nodes WHERE name = ?', name);
  if (!row) throw new Fault('not-found', `There is no node named ${name}.`);
  return parseNode(row);
}

function parseNode({ settings }: { readonly settings: string }): PacsNode {
  return pacsNodeSchema.parse(JSON.parse(settings));
}

/** Adds a node, or changes the one of that name. */
export function saveNode(db: WritableDatabase, node: PacsNode): void {
  db.run(
    'INSERT INTO nodes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET settings = excluded.settings',
    node.name,
    JSON.stringify(node),
  );
}

/**
 * Makes these the only nodes. What waited for others is not sent; what was to replace results that they have stays owed,
 * until they are there again.
 */
export function replaceNodes(db: WritableDatabase, nodes: readonly PacsNode[], now: string): void {
  db.transaction(() => {
    const gone = listNodes(db).filter(({ name }) => !nodes.some((node) => node.name === name));
    for (const { studyInstanceUid, node } of unsentReplacements(
      db,
      gone.map(({ name }) => name),
    )) {
      const formats = formatsByNode(db, studyInstanceUid).get(node) ?? [];
      oweReplacement(db, { studyInstanceUid, node, formats }, now);
    }
    for (const node of nodes) saveNode(db, node);
    const names = JSON.stringify(nodes.map(({ name }) => name));
    for (const [table, column] of [
      ['send_queue', 'node'],
      ['nodes', 'name'],
    ])
      db.run(`DELETE FROM ${table} WHERE ${column} NOT IN (SELECT value FROM json_each(?))`, names);
  });
}

/**
 * Forgets a node and what was sent to it.
 * @throws Fault `not-found`; `not-allowed` where something is still on its way to it, or it is owed a replacement
 */
export function deleteNode(db: WritableDatabase, name: string): void {
  db.transaction(() => {
    getNode(db, name);
    if (unsentReplacements(db, [name]).length > 0 || listOwed(db).some(({ node }) => node === name))
      throw new Fault(
        'not-allowed',
        `${name} has results that were replaced or taken back since and has not been told yet. Send that first, or remove it from the queue.`,
      );
    db.run(`DELETE FROM send_queue WHERE node = ? AND state IN ('sent', 'failed')`, name);
    if (db.get('SELECT 1 FROM send_queue WHERE node = ?', name))
      throw new Fault('not-allowed', `Objects wait to be sent to ${name}. Send or remove them first.`);
    db.run('DELETE FROM nodes WHERE name = ?', name);
  });
}

/** What is on its way: an entry with where its bytes are. */
export interface QueuedObject extends SendEntry {
  readonly fileSha256: string;
}

const ENTRIES = `SELECT id, node, label, sop_instance_uid AS sopInstanceUid, bytes, state, attempts, queued_at AS queuedAt,
  next_try_at AS nextTryAt, sent_at AS sentAt, last_error AS lastError, file_sha256 AS fileSha256 FROM send_queue`;

export type NewSend = Pick<
  QueuedObject,
  'id' | 'node' | 'label' | 'sopInstanceUid' | 'bytes' | 'fileSha256' | 'queuedAt'
>;

export function insertSend(db: WritableDatabase, send: NewSend): void {
  const { id, node, fileSha256, bytes, label, sopInstanceUid, queuedAt } = send;
  db.run(
    `INSERT INTO send_queue VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, NULL, '', NULL,
       (SELECT coalesce(max(place), 0) + 1 FROM send_queue))`,
    id,
    node,
    fileSha256,
    bytes,
    label,
    sopInstanceUid,
    queuedAt,
    queuedAt,
  );
}

/** @throws Fault `not-found` */
export function getSend(db: ReadableDatabase, id: string): QueuedObject {
  const entry = db.get<QueuedObject>(`${ENTRIES} WHERE id = ?`, id);
  if (!entry) throw new Fault('not-found', 'This object is not in the queue.');
  return entry;
}

/** The newest first. */
export function listSends(db: ReadableDatabase, limit = 500): readonly SendEntry[] {
  return db
    .all<QueuedObject>(`${ENTRIES} ORDER BY place DESC LIMIT ?`, limit)
    .map(({ fileSha256: _, ...entry }) => entry);
}

/** What is due next, and when; null where nothing waits. */
export function nextSend(db: ReadableDatabase): { readonly at: string; readonly node: string } | null {
  const next = `SELECT next_try_at AS at, node FROM send_queue WHERE state = 'waiting' ORDER BY next_try_at, place LIMIT 1`;
  return db.get<{ at: string; node: string }>(next) ?? null;
}

/** Takes what is due for one node, at most `limit` in the order of the queue, so that no other process sends it as well. */
export function claimSends(db: WritableDatabase, now: string, process: number, limit: number): readonly QueuedObject[] {
  return db.transaction(() => {
    const due = db.all<QueuedObject>(
      `${ENTRIES} WHERE state = 'waiting' AND next_try_at <= ? AND node = (
         SELECT node FROM send_queue WHERE state = 'waiting' AND next_try_at <= ? ORDER BY next_try_at, place LIMIT 1)
       ORDER BY place LIMIT ?`,
      now,
      now,
      limit,
    );
    for (const { id } of due)
      db.run(`UPDATE send_queue SET state = 'sending', claimed_by = ? WHERE id = ?`, process, id);
    return due;
  });
}

/** Gives back what processes that are gone were sending. Returns how many. */
export function releaseSends(db: WritableDatabase, isAlive: (process: number) => boolean): number {
  const claims = db.all<{ process: number }>(
    `SELECT DISTINCT claimed_by AS process FROM send_queue WHERE state = 'sending'`,
  );
  const gone = claims.filter(({ process }) => !isAlive(process));
  return gone.reduce(
    (sum, { process }) =>
      sum +
      db.run(
        `UPDATE send_queue SET state = 'waiting', claimed_by = NULL WHERE state = 'sending' AND claimed_by = ?`,
        process,
      ),
    0,
  );
}

export function markSent(db: WritableDatabase, id: string, at: string): void {
  db.run(
    `UPDATE send_queue SET state = 'sent', sent_at = ?, attempts = attempts + 1, last_error = '', claimed_by = NULL
     WHERE id = ?`,
    at,
    id,
  );
}

/** Notes a try that failed; without `nextTryAt` there will be no other. */
export function markUnsent(db: WritableDatabase, id: string, error: string, nextTryAt: string | null): void {
  db.run(
    `UPDATE send_queue SET state = ?, next_try_at = coalesce(?, next_try_at), attempts = attempts + 1, last_error = ?,
       claimed_by = NULL WHERE id = ?`,
    nextTryAt === null ? 'failed' : 'waiting',
    nextTryAt,
    error,
    id,
  );
}

/** Puts back, unchanged, what was taken and not tried. */
export function unclaimSend(db: WritableDatabase, id: string): void {
  db.run(`UPDATE send_queue SET state = 'waiting', claimed_by = NULL WHERE id = ? AND state = 'sending'`, id);
}

/** Lets what waits or was given up be tried at once, from the first attempt. @throws Fault `not-found` */
export function retrySend(db: WritableDatabase, id: string, now: string): void {
  const changed = db.run(
    `UPDATE send_queue SET state = 'waiting', attempts = 0, next_try_at = ? WHERE id = ? AND state IN ('waiting', 'failed')`,
    now,
    id,
  );
  if (changed === 0) throw new Fault('not-found', 'This object is not waiting to be sent.');
}

/** Takes an object from the queue. @throws Fault `not-found` where it is not there or is being sent */
export function removeSend(db: WritableDatabase, id: string): void {
  if (db.run(`DELETE FROM send_queue WHERE id = ? AND state <> 'sending'`, id) === 0)
    throw new Fault('not-found', 'This object is not in the queue, or is being sent right now.');
}

/** How an object stands in the queue of a node: the newest entry; null where it has none. */
export function sendOf(
  db: ReadableDatabase,
  node: string,
  sopInstanceUid: string,
): Pick<SendEntry, 'id' | 'state'> | null {
  const newest = 'SELECT id, state FROM send_queue WHERE node = ? AND sop_instance_uid = ? ORDER BY place DESC LIMIT 1';
  return db.get<Pick<SendEntry, 'id' | 'state'>>(newest, node, sopInstanceUid) ?? null;
}

/** The DICOM files of a stored study; photographs have none. */
export function listStoredFiles(
  db: ReadableDatabase,
  studyInstanceUid: string,
): readonly Pick<QueuedObject, 'sopInstanceUid' | 'fileSha256' | 'bytes'>[] {
  return db.all(
    `SELECT sop_instance_uid AS sopInstanceUid, file_sha256 AS fileSha256, file_bytes AS bytes
     FROM instances JOIN series USING (series_instance_uid)
     WHERE study_instance_uid = ? AND transfer_syntax <> '' ORDER BY sop_instance_uid`,
    studyInstanceUid,
  );
}
