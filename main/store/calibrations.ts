import type { CalibrationRow } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** A calibration with the blob that holds its profile. */
export interface CalibrationRecord extends CalibrationRow {
  readonly profileSha256: string;
}

const CALIBRATIONS = `
  SELECT calibrations.id, calibrations.name, reference_set_id AS referenceSetId,
    reference_sets.name AS referenceSetName, model_name AS modelName, model_sha256 AS modelSha256, preset, shots,
    held_out AS heldOut, seed, steps, seconds, loss_trace AS lossTrace, threshold, tolerated_share AS toleratedShare,
    modality, body_part AS bodyPart, provider, app_version AS appVersion, profile_sha256 AS profileSha256,
    calibrations.created_at AS createdAt, created_by AS createdBy, active
  FROM calibrations JOIN reference_sets ON reference_sets.id = reference_set_id`;

type RawCalibration = Omit<CalibrationRecord, 'lossTrace' | 'active'> & { lossTrace: string; active: number };

const calibration = (raw: RawCalibration): CalibrationRecord => ({
  ...raw,
  lossTrace: JSON.parse(raw.lossTrace) as number[],
  active: raw.active === 1,
});

/** Adds a calibration, not active yet. */
export function insertCalibration(
  db: WritableDatabase,
  row: Omit<CalibrationRecord, 'active' | 'referenceSetName'>,
): void {
  db.run(
    `INSERT INTO calibrations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
    row.id,
    row.name,
    row.referenceSetId,
    row.modelName,
    row.modelSha256,
    row.preset,
    row.shots,
    row.heldOut,
    row.seed,
    row.steps,
    row.seconds,
    JSON.stringify(row.lossTrace),
    row.threshold,
    row.toleratedShare,
    row.modality,
    row.bodyPart,
    row.provider,
    row.appVersion,
    row.profileSha256,
    row.createdAt,
    row.createdBy,
  );
}

/** Makes a calibration the active one of its modality and body part. @throws Fault `not-found` */
export function activateCalibration(db: WritableDatabase, id: string): void {
  db.transaction(() => {
    const { modality, bodyPart } = getCalibration(db, id);
    db.run('UPDATE calibrations SET active = 0 WHERE modality = ? AND body_part = ?', modality, bodyPart);
    db.run('UPDATE calibrations SET active = 1 WHERE id = ?', id);
  });
}

/** The newest first. */
export function listCalibrations(db: ReadableDatabase): readonly CalibrationRecord[] {
  return db
    .all<RawCalibration>(`${CALIBRATIONS} ORDER BY calibrations.created_at DESC, calibrations.id`)
    .map(calibration);
}

/** @throws Fault `not-found` */
export function getCalibration(db: ReadableDatabase, id: string): CalibrationRecord {
  const raw = db.get<RawCalibration>(`${CALIBRATIONS} WHERE calibrations.id = ?`, id);
  if (!raw) throw new Fault('not-found', 'There is no such calibration.');
  return calibration(raw);
}

/** Whether a modality and body part have an active calibration. */
export function hasActiveCalibration(
  db: ReadableDatabase,
  scope: { readonly modality: string; readonly bodyPart: string },
): boolean {
  const found = db.get(
    'SELECT 1 FROM calibrations WHERE modality = ? AND body_part = ? AND active = 1',
    scope.modality,
    scope.bodyPart,
  );
  return found !== undefined;
}
