/** Calibrations once they are made: evidence, threshold, name, and which one is in use. */
import type { CalibrationEvidence, CalibrationRow } from '../../preload/contract/model.ts';
import { decodeProfile, encodeProfile, type Profile } from '../engine/profile.ts';
import { withToleratedShare } from '../engine/threshold.ts';
import { Fault } from '../fault.ts';
import { putBytes, readBlob } from '../store/blobs.ts';
import {
  activateCalibration,
  type CalibrationRecord,
  getCalibration,
  listCalibrations,
  previouslyActive,
  retireCalibration,
  updateCalibration,
  wasUsed,
} from '../store/calibrations.ts';
import { getEvidence } from '../store/evidence.ts';
import { weighEvidence } from './evidence.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** All calibrations, the newest first. */
export function listAllCalibrations({ store }: Workstation): readonly CalibrationRow[] {
  return listCalibrations(store.db);
}

/** Makes a calibration the active one of its scope. @throws Fault `not-found`, `not-allowed` where it is retired */
export function activate(station: Workstation, id: string): CalibrationRow {
  const { db } = station.store;
  if (getCalibration(db, id).retiredAt !== null)
    throw new Fault('not-allowed', 'This calibration is retired. Choose another one or calibrate again.');
  activateCalibration(db, id, timestamp(station), station.user);
  record(station, 'calibration.activate', id);
  return getCalibration(db, id);
}

/**
 * Puts the calibration that was active before in the place of the present one.
 * @throws Fault `not-found` where none was
 */
export function rollBack(station: Workstation, id: string): CalibrationRow {
  const before = previouslyActive(station.store.db, getCalibration(station.store.db, id));
  if (!before)
    throw new Fault(
      'not-found',
      'No other calibration of this kind was active before, so there is none to go back to.',
    );
  return activate(station, before.id);
}

/** Takes a calibration out of use; what was analysed with it stays. @throws Fault `not-found` */
export function retire(station: Workstation, id: string): CalibrationRow {
  const { db } = station.store;
  getCalibration(db, id);
  retireCalibration(db, id, timestamp(station));
  record(station, 'calibration.retire', id);
  return getCalibration(db, id);
}

/**
 * Names a calibration and sets its threshold for a tolerated share.
 * @throws Fault `not-allowed` for another share once an analysis was made with it: its numbers stand then
 */
export async function amendCalibration(
  station: Workstation,
  { id, name, toleratedShare }: { readonly id: string; readonly name: string; readonly toleratedShare: number },
): Promise<CalibrationRow> {
  const { db, folder } = station.store;
  const row = getCalibration(db, id);
  let amended: CalibrationRecord = { ...row, name };
  if (toleratedShare !== row.toleratedShare) {
    if (wasUsed(db, id))
      throw new Fault(
        'not-allowed',
        'Studies were analysed with this calibration, so its threshold stays. Calibrate again to choose another share.',
      );
    const profile = withToleratedShare(await profileOf(station, row), toleratedShare);
    const { sha256 } = await putBytes(folder, encodeProfile(profile));
    amended = { ...amended, toleratedShare, threshold: profile.manifest.threshold, profileSha256: sha256 };
  }
  updateCalibration(db, amended);
  const { threshold, profileSha256 } = amended;
  record(station, 'calibration.amend', id, { toleratedShare, threshold, profile: profileSha256 });
  return getCalibration(db, id);
}

/** What a calibration is worth at a tolerated share, its own where null. Null where no evidence was kept. */
export async function openEvidence(
  station: Workstation,
  id: string,
  toleratedShare: number | null,
): Promise<CalibrationEvidence | null> {
  const { db } = station.store;
  const row = getCalibration(db, id);
  const scores = getEvidence(db, id);
  return scores && weighEvidence(await profileOf(station, row), scores, toleratedShare ?? row.toleratedShare);
}

/** @throws Fault `bad-file` where the stored profile is missing or damaged */
async function profileOf({ store }: Workstation, { profileSha256 }: CalibrationRecord): Promise<Profile> {
  return decodeProfile(await readBlob(store.folder, profileSha256));
}
