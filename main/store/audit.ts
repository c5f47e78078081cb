/**
 * The audit trail. Triggers keep its rows from being edited or deleted through SQL; against someone who edits the file,
 * each entry carries an HMAC-SHA-256 over itself and the code of the entry before, keyed with a file of the data folder.
 * Length and last code also stand, sealed, in a second file, so that entries cut off at the end are missed as well.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import type { DataFolder } from './folder.ts';

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

/** Adds an entry. Entries by several processes take turns. */
export function appendAudit(db: WritableDatabase, folder: DataFolder, what: Omit<AuditEntry, 'entry'>): void {
  const key = auditKey(folder);
  const last = db.transaction(() => {
    const newest = db.get<{ entry: number; mac: string }>('SELECT entry, mac FROM audit ORDER BY entry DESC LIMIT 1');
    const entry: AuditEntry = { ...what, entry: (newest?.entry ?? 0) + 1 };
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
    return { entries: entry.entry, mac };
  });
  writeHead(folder, key, last);
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
  // A head that lags behind is a crash between the two writes; one that is ahead, or missing, means that entries are.
  const head = entries.length === 0 && !existsSync(folder.auditHead) ? null : readHead(folder, key);
  const reached = head === null || (head.entries > 0 && entries[head.entries - 1]?.mac === head.mac);
  return reached
    ? { ok: true, entries: entries.length }
    : { ok: false, entries: entries.length, brokenAt: entries.length + 1 };
}

/** All entries, the oldest first, without their codes. */
export function listAudit(db: ReadableDatabase): readonly AuditEntry[] {
  return db.all<ChainedEntry>(ENTRIES).map(({ previousMac: _, mac: __, ...entry }) => entry);
}

/** After a restore the trail is as long as the restored database says. Callers append an entry that tells of it. */
export function acceptRestoredAudit(db: ReadableDatabase, folder: DataFolder): void {
  const newest = db.get<{ entry: number; mac: string }>('SELECT entry, mac FROM audit ORDER BY entry DESC LIMIT 1');
  if (newest) writeHead(folder, auditKey(folder), { entries: newest.entry, mac: newest.mac });
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

function auditKey(folder: DataFolder): Uint8Array {
  try {
    writeFileSync(folder.auditKey, randomBytes(32), { flag: 'wx', mode: 0o600, flush: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
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

/** A missing or unsealed head counts as one that no trail can reach. */
function readHead(folder: DataFolder, key: Uint8Array | null): Head {
  try {
    const { entries, mac, seal } = JSON.parse(readFileSync(folder.auditHead, 'utf8')) as Head & { seal: string };
    if (key !== null && sameMac(seal, sealOf(key, { entries, mac }))) return { entries, mac };
  } catch {
    // Falls through: unreadable is the same as missing.
  }
  return { entries: 0, mac: '' };
}
