/** The evaluation card of a calibration as a file: what a site files, or sends along, without an image of a patient. */
import type { CalibrationFacts, ReportLanguage } from '../../preload/contract/model.ts';
import { decodeProfile } from '../engine/profile.ts';
import { readBlob } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { cardDocument } from './card-page.ts';
import { openEvidence } from './profiles.ts';
import { writeWhole } from './reports.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** What the profile of a calibration says of itself. @throws Fault `not-found`, `bad-file` where it is damaged */
export async function calibrationFacts({ store }: Workstation, id: string): Promise<CalibrationFacts> {
  const { profileSha256 } = getCalibration(store.db, id);
  const { method, preprocessing, precision, imagesSha256 } = decodeProfile(
    await readBlob(store.folder, profileSha256),
  ).manifest;
  return { profileSha256, imagesSha256, preprocessing, precision, method: method ?? null };
}

/**
 * Writes the card as PDF; the file appears whole or not at all.
 * @throws Fault `not-found`, `bad-file` where the stored profile is damaged, `disk-full`
 */
export async function exportEvaluationCard(
  station: Workstation,
  id: string,
  path: string,
  language: ReportLanguage,
): Promise<void> {
  const { db } = station.store;
  const calibration = getCalibration(db, id);
  const document = await cardDocument({
    calibration,
    referenceSet: getReferenceSet(db, calibration.referenceSetId),
    facts: await calibrationFacts(station, id),
    evidence: await openEvidence(station, id, null),
    language,
    appVersion: station.appVersion,
    createdAt: timestamp(station),
  });
  await writeWhole(path, await station.print(document));
  record(station, 'calibration.card', id);
}
