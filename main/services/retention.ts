/** Retention: studies that nobody reported go when the administrator's period is over, and their files with them. */
import { throwIfCancelled } from '../fault.ts';
import { forgetRemoved, listExpiredStudies, removeStudy } from '../store/retention.ts';
import { type Sweep, sweepBlobs } from '../store/sweep.ts';
import type { JobContext } from './jobs.ts';
import { record, type Workstation } from './workstation.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Studies whose period is over; none without a policy that names one. */
export function expiredStudies(station: Workstation): readonly string[] {
  const days = station.policy.retention?.studyDays;
  if (days === undefined) return [];
  const before = new Date(station.now().getTime() - days * DAY_MS).toISOString();
  return listExpiredStudies(station.store.db, before);
}

export interface Removed extends Sweep {
  readonly removedStudies: number;
}

/**
 * Removes what `expiredStudies` names, each in one transaction with an entry of the audit trail, then the files that nothing
 * names any more: what a backup in the data folder still names stays until that backup goes.
 * @throws Fault `cancelled`; what was removed by then is removed whole
 */
export async function applyRetention(
  station: Workstation,
  { signal, progress }: Pick<JobContext, 'signal' | 'progress'>,
): Promise<Removed> {
  const { db, folder } = station.store;
  const expired = expiredStudies(station);
  for (const [done, uid] of expired.entries()) {
    throwIfCancelled(signal);
    progress({ done, total: expired.length, unit: 'studies', note: '' });
    db.transaction(() => {
      removeStudy(db, uid);
      record(station, 'study.remove', uid, { afterDays: station.policy.retention?.studyDays });
    });
  }
  if (expired.length === 0) return { removedStudies: 0, removedFiles: 0, removedBytes: 0 };
  forgetRemoved(db);
  return { removedStudies: expired.length, ...(await sweepBlobs(folder, db, station.now())) };
}
