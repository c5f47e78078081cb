/** Cases that a person confirmed as abnormal: they say what a calibration is worth, and never train or choose. */
import type { ConfirmedCase, FrameRef } from '../../preload/contract/model.ts';
import { listConfirmedCases, removeConfirmedCase, saveConfirmedCase } from '../store/evidence.ts';
import { getFrame } from '../store/studies.ts';
import { leaveOutOfSets } from './reference-sets.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** In the order of their confirmation. */
export function listCases({ store }: Workstation): readonly ConfirmedCase[] {
  return listConfirmedCases(store.db);
}

/**
 * A reference set that held the image as a normal gets a next version without it.
 * @throws Fault `not-found` where the image is not stored
 */
export function confirmCase(station: Workstation, ref: FrameRef, note: string): readonly ConfirmedCase[] {
  const { db } = station.store;
  getFrame(db, ref);
  const { sopInstanceUid, frame } = ref;
  db.transaction(() => {
    leaveOutOfSets(station, ref);
    const [confirmedBy, confirmedAt] = [station.user, timestamp(station)];
    saveConfirmedCase(db, { sopInstanceUid, frame, note, confirmedBy, confirmedAt });
  });
  record(station, 'case.confirm', sopInstanceUid, { frame });
  return listCases(station);
}

/** Takes a confirmation back. */
export function withdrawCase(station: Workstation, ref: FrameRef): readonly ConfirmedCase[] {
  removeConfirmedCase(station.store.db, ref);
  record(station, 'case.withdraw', ref.sopInstanceUid, { frame: ref.frame });
  return listCases(station);
}
