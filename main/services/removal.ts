/** Studies that somebody removes, because a patient asks for it or since they came in by mistake. */
import type { JobStatus } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { forgetRemoved, listBlobsOfStudy, reasonsToKeep, removeStudy } from '../store/retention.ts';
import { getStudy, listStudiesOfPatient } from '../store/studies.ts';
import { removeUnnamed } from '../store/sweep.ts';
import type { Removed } from './retention.ts';
import { record, type Workstation } from './workstation.ts';

/**
 * Removes studies with their files, all of them or none, and tells the trail. What somebody vouched for stays, as it does
 * past a retention period. Files that came within the last hour go with the next sweep, and backups forget when they are
 * rotated.
 * @param jobs what the window is at work on
 * @throws Fault `not-found`, `not-allowed` with what keeps a study
 */
export async function removeStudies(
  station: Workstation,
  jobs: readonly JobStatus[],
  uids: readonly string[],
): Promise<Removed> {
  const { db, folder } = station.store;
  for (const uid of uids) requireRemovable(station, jobs, uid);
  const files = uids.flatMap((uid) => listBlobsOfStudy(db, uid));
  db.transaction(() => {
    for (const uid of uids) removeStudy(db, uid);
  });
  for (const uid of uids) record(station, 'study.remove', uid, { asked: true });
  forgetRemoved(db);
  return { removedStudies: uids.length, ...(await removeUnnamed(folder, db, files, station.now())) };
}

/** @throws Fault as removeStudies */
function requireRemovable({ store: { db } }: Workstation, jobs: readonly JobStatus[], uid: string): void {
  getStudy(db, uid);
  const busy = jobs.some(({ subject, state }) => subject === uid && (state === 'queued' || state === 'running'));
  if (busy) throw new Fault('not-allowed', 'A job is at work on this study. Wait for its end, or cancel it.');
  const reasons = reasonsToKeep(db, uid);
  if (reasons.length > 0) throw new Fault('not-allowed', `This study cannot be removed: ${reasons.join(', and ')}.`);
}

/** @throws Fault `not-found` where there is none */
export function studiesOfPatient({ store: { db } }: Workstation, patientId: string): readonly string[] {
  const uids = listStudiesOfPatient(db, patientId);
  if (uids.length > 0) return uids;
  throw new Fault('not-found', 'There is no study of a patient with this ID.');
}
