/** Looking after the store: integrity, backup, restore, the audit trail. */
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { Fault } from '../fault.ts';
import { type AuditVerdict, listAudit, verifyAudit } from '../store/audit.ts';
import { patientOfStudy, studyOfInstance } from '../store/audit-subjects.ts';
import { backupDatabase, checkStore, restoreDatabase } from '../store/store.ts';
import { type Sweep, sweepBlobs, sweepUnfinished } from '../store/sweep.ts';
import { auditMessages } from './audit-messages.ts';
import { fetchMissingFiles } from './backup.ts';
import { writeWhole } from './reports.ts';
import { deviceOf } from './result-content.ts';
import { isStagedByLiving } from './staging.ts';
import { openWorkstation, record, type Tools, type Workstation } from './workstation.ts';

export const checkDatabase = (station: Workstation) => checkStore(station.store);

export async function backup(station: Workstation, path: string): Promise<void> {
  await backupDatabase(station.store, path);
  record(station, 'database.backup', '');
}

export interface Restored {
  /** Where the replaced database is kept; null where there was none. */
  readonly kept: string | null;
  /** Stored files that were missing and lay beside the backup. */
  readonly fetchedFiles: number;
}

/**
 * Puts a backup in the place of the database, with the files beside it that the data folder lacks. An empty data folder
 * takes the backup's key of the audit trail too; an encrypted one encrypts what comes in plain.
 * @param backupKey opens a backup that was encrypted under another key than the data folder's
 * @throws Fault `bad-database`, `bad-file`, `timed-out` where the window or another command is open
 */
export async function restore(
  tools: Tools,
  root: string,
  path: string,
  backupKey: Uint8Array | null = tools.dataKey,
): Promise<Restored> {
  const kept = await restoreDatabase(root, path, { now: tools.now(), dataKey: tools.dataKey, backupKey });
  const station = openWorkstation(tools, root);
  try {
    record(station, 'database.restore', '');
    return { kept, fetchedFiles: await fetchMissingFiles(station, dirname(path), backupKey) };
  } finally {
    station.store.db.close();
  }
}

/** Removes stored and unfinished files that nothing names. @throws Fault `bad-database` where the database itself is not whole */
export async function repair(station: Workstation): Promise<Sweep> {
  const { ok, problems } = await checkDatabase(station);
  if (!ok && problems.length > 0) throw new Fault('bad-database', problems[0] ?? '');
  const { folder, db } = station.store;
  const blobs = await sweepBlobs(folder, db, station.now());
  const unfinished = await sweepUnfinished(folder, station.now(), isStagedByLiving);
  const sweep = {
    removedFiles: blobs.removedFiles + unfinished.removedFiles,
    removedBytes: blobs.removedBytes + unfinished.removedBytes,
  };
  record(station, 'store.sweep', '', { ...sweep });
  return sweep;
}

export const verifyTrail = ({ store }: Workstation) => verifyAudit(store.db, store.folder);

/** Verifies the trail as an act of its own, which the trail then holds. */
export function examineTrail(station: Workstation): AuditVerdict {
  const verdict = verifyTrail(station);
  const { entries, brokenAt } = verdict;
  record(station, 'audit.verify', '', { entries, brokenAt }, verdict.ok ? 'success' : 'failure');
  return verdict;
}

/**
 * Writes the trail: as JSON lines into a file whose name ends with `.jsonl`, else as DICOM audit messages.
 * @throws Fault `not-allowed` where it does not verify
 */
export async function exportTrail(station: Workstation, path: string): Promise<number> {
  const verdict = verifyTrail(station);
  if (!verdict.ok)
    throw new Fault(
      'not-allowed',
      `The audit trail is broken at entry ${verdict.brokenAt}; it is not exported as if it were whole.`,
    );
  const { db } = station.store;
  const entries = listAudit(db);
  const content = path.endsWith('.jsonl')
    ? entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
    : auditMessages(entries, {
        device: deviceOf(station),
        host: hostname(),
        studyOfInstance: (uid) => studyOfInstance(db, uid),
        patientOfStudy: (uid) => patientOfStudy(db, uid),
      });
  await writeWhole(path, content);
  record(station, 'audit.export', '', { entries: entries.length });
  return entries.length;
}
