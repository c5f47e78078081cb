/**
 * The audit trail. Triggers keep its rows from being edited or deleted through SQL; against someone who edits the file,
 * each entry carries an HMAC-SHA-256 over itself and the code of the entry before, keyed with a file of the data folder.
 * Length and last code also stand, sealed, in a second file, the head, so that entries cut off at the end are missed as
 * well: once the trail does not reach its head, the head stays as it is, and whatever is written later hides nothing.
 * Where trail, key and head are all removed, the rest of the database still tells that there was one.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import type { DataFolder } from './folder.ts';
import { getSetting, setSetting } from './settings.ts';

export interface AuditEntry {
  /** 1, 2, 3, ... without gaps. */
  readonly entry: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly actor: string;
  /** e.g. `import`, `report.sign` */
  readonly action: string;
  /** What it was about: a UID, an id, a file. */
  readonly subject: string;
  readonly outcome: 'success' | 'failure';
  /** JSON. */
  readonly detail: string;
}

interface ChainedEntry extends AuditEntry {
  readonly previousMac: string;
  readonly mac: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  readonly entries: number;
  /** First entry that is not what was written; one past the last where entries are missing at the end. */
  readonly brokenAt?: number;
}

const FIRST = '0'.repeat(64);
const ENTRIES = `SELECT entry, at, actor, action, subject, outcome, detail, previous_mac AS previousMac, mac
  FROM audit ORDER BY entry`;

/** Adds an entry, with the act that it tells of where it is called in that act's transaction. Entries by several processes take turns. */
export function appendAudit(db: WritableDatabase, folder: DataFolder, what: Omit<AuditEntry, 'entry'>): void {
  db.transaction(() => {
    const key = auditKey(folder);
    const newest = newestEntry(db);
    const whole = reaches(db, readHead(folder, key));
    const entry: AuditEntry = { ...what, entry: (newest?.entry ?? 0) + 1 };
    if (getSetting(db, BEGUN) === null) setSetting(db, BEGUN, fingerprint(key));
    const previousMac = newest?.mac ?? FIRST;
    const mac = macOf(key, entry, previousMac);
    db.run(
      'INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      entry.entry,
      entry.at,
      entry.actor,
      entry.action,
      entry.subject,
      entry.outcome,
      entry.detail,
      previousMac,
      mac,
    );
    // Not before the entry holds: a head that runs ahead of its trail would tell of entries cut off.
    if (whole) db.afterCommit(() => writeHead(folder, key, { entries: entry.entry, mac }));
  });
}

/** The setting that says by which key the trail was begun: it tells a trail that was wiped, and begun anew, from a young one. */
const BEGUN = 'audit.begun';
const fingerprint = (key: Uint8Array) => createHash('sha256').update(key).digest('hex');

/** Whether the rest of the database knows of a trail that is not this one: another key's, or one with a signature less. */
function isMissed(db: ReadableDatabase, key: Uint8Array | null): boolean {
  const begun = getSetting(db, BEGUN);
  const unsigned = `SELECT 1 FROM reports WHERE state = 'signed' AND NOT EXISTS (
    SELECT 1 FROM audit WHERE action = 'report.sign' AND subject = study_instance_uid)`;
  return (begun !== null && (key === null || begun !== fingerprint(key))) || db.get(unsigned) !== undefined;
}

const newestEntry = (db: ReadableDatabase) =>
  db.get<{ entry: number; mac: string }>('SELECT entry, mac FROM audit ORDER BY entry DESC LIMIT 1');

/** Whether the trail has the entry that a head names. A head that lags behind is a crash between the two writes. */
function reaches(db: ReadableDatabase, head: Head | null): boolean {
  if (head?.entries === 0) return head.mac === FIRST;
  return (
    head !== null && db.get<{ mac: string }>('SELECT mac FROM audit WHERE entry = ?', head.entries)?.mac === head.mac
  );
}

/** Recomputes every code. */
export function verifyAudit(db: ReadableDatabase, folder: DataFolder): AuditVerdict {
  const entries = db.all<ChainedEntry>(ENTRIES);
  const key = existsSync(folder.auditKey) ? readFileSync(folder.auditKey) : null;
  let previousMac = FIRST;
  for (const [index, entry] of entries.entries()) {
    const right =
      key !== null &&
      entry.entry === index + 1 &&
      entry.previousMac === previousMac &&
      sameMac(entry.mac, macOf(key, entry, previousMac));
    if (!right) return { ok: false, entries: entries.length, brokenAt: index + 1 };
    previousMac = entry.mac;
  }
  if (isMissed(db, key)) return { ok: false, entries: entries.length, brokenAt: entries.length + 1 };
  // Nothing at all was written yet, or the head says how far it goes.
  const untouched = entries.length === 0 && !existsSync(folder.auditKey) && !existsSync(folder.auditHead);
  return untouched || reaches(db, readHead(folder, key))
    ? { ok: true, entries: entries.length }
    : { ok: false, entries: entries.length, brokenAt: entries.length + 1 };
}

/** All entries, the oldest first, without their codes. */
export function listAudit(db: ReadableDatabase): readonly AuditEntry[] {
  return db.all<ChainedEntry>(ENTRIES).map(({ previousMac: _, mac: __, ...entry }) => entry);
}

/** After a restore the trail is as long as the restored database says. Callers append an entry that tells of it. */
export function acceptRestoredAudit(db: ReadableDatabase, folder: DataFolder): void {
  const { entry, mac } = newestEntry(db) ?? { entry: 0, mac: FIRST };
  if (existsSync(folder.auditKey)) writeHead(folder, auditKey(folder), { entries: entry, mac });
}

function macOf(key: Uint8Array, entry: AuditEntry, previousMac: string): string {
  const { entry: number, at, actor, action, subject, outcome, detail } = entry;
  return createHmac('sha256', key)
    .update(JSON.stringify([number, at, actor, action, subject, outcome, detail, previousMac]))
    .digest('hex');
}

function sameMac(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** The key, made with a head of no entries: a data folder that has a key has had a head since. */
function auditKey(folder: DataFolder): Uint8Array {
  if (!existsSync(folder.auditKey)) {
    const key = randomBytes(32);
    const unfinished = `${folder.auditKey}.${process.pid}.new`;
    writeFileSync(unfinished, key, { mode: 0o600, flush: true });
    writeHead(folder, key, { entries: 0, mac: FIRST });
    renameSync(unfinished, folder.auditKey);
  }
  return readFileSync(folder.auditKey);
}

interface Head {
  readonly entries: number;
  readonly mac: string;
}

const sealOf = (key: Uint8Array, { entries, mac }: Head) =>
  createHmac('sha256', key).update(`head ${entries} ${mac}`).digest('hex');

function writeHead(folder: DataFolder, key: Uint8Array, head: Head): void {
  const unfinished = `${folder.auditHead}.${process.pid}.new`;
  writeFileSync(unfinished, JSON.stringify({ ...head, seal: sealOf(key, head) }), { mode: 0o600, flush: true });
  renameSync(unfinished, folder.auditHead);
}

/** Null where it is missing or not sealed by the key: no trail reaches that. */
function readHead(folder: DataFolder, key: Uint8Array | null): Head | null {
  try {
    const { entries, mac, seal } = JSON.parse(readFileSync(folder.auditHead, 'utf8')) as Head & { seal: string };
    return key !== null && sameMac(seal, sealOf(key, { entries, mac })) ? { entries, mac } : null;
  } catch {
    return null;
  }
}
