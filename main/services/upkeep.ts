/** Looking after the store: integrity, backup, restore, the audit trail. */
import { Fault } from '../fault.ts';
import { listAudit, verifyAudit } from '../store/audit.ts';
import { backupDatabase, checkStore, restoreDatabase } from '../store/store.ts';
import { writeWhole } from './reports.ts';
import { openWorkstation, record, type Tools, type Workstation } from './workstation.ts';

export const checkDatabase = (station: Workstation) => checkStore(station.store);

export async function backup(station: Workstation, path: string): Promise<void> {
  await backupDatabase(station.store, path);
  record(station, 'database.backup', '');
}

/** Returns where the replaced database was kept, or null where there was none. @throws Fault `bad-database` */
export async function restore(tools: Tools, root: string, path: string): Promise<string | null> {
  const kept = await restoreDatabase(root, path, tools.now());
  const station = openWorkstation(tools, root);
  try {
    record(station, 'database.restore', '');
  } finally {
    station.store.db.close();
  }
  return kept;
}

export const verifyTrail = ({ store }: Workstation) => verifyAudit(store.db, store.folder);

/** Writes the trail as JSON lines. @throws Fault `not-allowed` where it does not verify */
export async function exportTrail(station: Workstation, path: string): Promise<number> {
  const verdict = verifyTrail(station);
  if (!verdict.ok)
    throw new Fault(
      'not-allowed',
      `The audit trail is broken at entry ${verdict.brokenAt}; it is not exported as if it were whole.`,
    );
  const entries = listAudit(station.store.db);
  await writeWhole(path, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  record(station, 'audit.export', '', { entries: entries.length });
  return entries.length;
}
