/** Looking after the store: integrity, backup, restore, the audit trail. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault } from '../fault.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';
import { checkDatabaseFile } from '../store/database.ts';
import { backupDatabase, checkStore, restoreDatabase } from '../store/store.ts';
import { type Sweep, sweepStore } from '../store/sweep.ts';
import { auditMessages } from './audit-messages.ts';
import { fetchMissingFiles } from './backup.ts';
import { writeWhole } from './reports.ts';
import { deviceOf } from './result-content.ts';
import { dataFolder, openWorkstation, record, type Tools, type Workstation } from './workstation.ts';

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
 * takes the backup's key of the audit trail too.
 * @throws Fault `bad-database`, `bad-file`
 */
export async function restore(tools: Tools, root: string, path: string): Promise<Restored> {
  const folder = dataFolder(root);
  const key = join(dirname(path), basename(folder.auditKey));
  if (!existsSync(folder.auditKey) && existsSync(key)) {
    checkDatabaseFile(path);
    await mkdir(root, { recursive: true, mode: 0o700 });
    await copyFile(key, folder.auditKey);
  }
  const kept = await restoreDatabase(root, path, tools.now());
  const station = openWorkstation(tools, root);
  try {
    record(station, 'database.restore', '');
    return { kept, fetchedFiles: await fetchMissingFiles(station, dirname(path)) };
  } finally {
    station.store.db.close();
  }
}

/** Removes stored files that nothing names. @throws Fault `bad-database` where the database itself is not whole */
export async function repair(station: Workstation): Promise<Sweep> {
  const { ok, problems } = await checkDatabase(station);
  if (!ok && problems.length > 0) throw new Fault('bad-database', problems[0] ?? '');
  const sweep = await sweepStore(station.store.folder, station.store.db, station.now());
  record(station, 'store.sweep', '', { ...sweep });
  return sweep;
}

export const verifyTrail = ({ store }: Workstation) => verifyAudit(store.db, store.folder);

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
  const entries = listAudit(station.store.db);
  const content = path.endsWith('.jsonl')
    ? entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
    : auditMessages(entries, deviceOf(station));
  await writeWhole(path, content);
  record(station, 'audit.export', '', { entries: entries.length });
  return entries.length;
}
