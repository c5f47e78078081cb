import type { CalibrationRow, Scope } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** A calibration with the blob that holds its profile. */
export interface CalibrationRecord extends CalibrationRow {
  readonly profileSha256: string;
}

const CALIBRATIONS = `
  SELECT calibrations.id, calibrations.name, reference_set_id AS referenceSetId,
    reference_sets.name AS referenceSetName, reference_sets.version AS referenceSetVersion, model_name AS modelName,
    model_sha256 AS modelSha256, preset, shots, held_out AS heldOut, held_out_patients AS heldOutPatients, set_aside AS setAside, seed, steps, seconds,
    loss_trace AS lossTrace, threshold, tolerated_share AS toleratedShare, modality, body_part AS bodyPart, view, scanner,
    protocol,
    provider, app_version AS appVersion, profile_sha256 AS profileSha256, calibrations.created_at AS createdAt,
    created_by AS createdBy, active, retired_at AS retiredAt, origin
  FROM calibrations JOIN reference_sets ON reference_sets.id = reference_set_id`;

type RawCalibration = Omit<CalibrationRecord, 'lossTrace' | 'active'> & { lossTrace: string; active: number };

const calibration = (raw: RawCalibration): CalibrationRecord => ({
  ...raw,
  lossTrace: JSON.parse(raw.lossTrace) as number[],
  active: raw.active === 1,
});

export type NewCalibration = Omit<CalibrationRecord, 'active' | 'referenceSetName' | 'referenceSetVersion'>;

/** Adds a calibration, not active yet. */
export function insertCalibration(db: WritableDatabase, row: NewCalibration): void {
  const columns = {
    id: row.id,
    name: row.name,
    reference_set_id: row.referenceSetId,
    model_name: row.modelName,
    model_sha256: row.modelSha256,
    preset: row.preset,
    shots: row.shots,
    held_out: row.heldOut,
    held_out_patients: row.heldOutPatients,
    set_aside: row.setAside,
    seed: row.seed,
    steps: row.steps,
    seconds: row.seconds,
    loss_trace: JSON.stringify(row.lossTrace),
    threshold: row.threshold,
    tolerated_share: row.toleratedShare,
    modality: row.modality,
    body_part: row.bodyPart,
    view: row.view,
    scanner: row.scanner,
    protocol: row.protocol,
    provider: row.provider,
    app_version: row.appVersion,
    profile_sha256: row.profileSha256,
    created_at: row.createdAt,
    created_by: row.createdBy,
    active: 0,
    retired_at: row.retiredAt,
    origin: row.origin,
  };
  const names = Object.keys(columns);
  db.run(
    `INSERT INTO calibrations (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...Object.values(columns),
  );
}

const SAME_SCOPE = 'modality = ? AND body_part = ? AND view = ? AND scanner = ? AND protocol = ?';
const scopeValues = ({ modality, bodyPart, view, scanner, protocol }: Scope) => [
  modality,
  bodyPart,
  view,
  scanner,
  protocol,
];

/** Makes a calibration the active one of its scope and notes when. @throws Fault `not-found` */
export function activateCalibration(db: WritableDatabase, id: string, at: string, actor: string): void {
  db.transaction(() => {
    const row = getCalibration(db, id);
    db.run(`UPDATE calibrations SET active = 0 WHERE ${SAME_SCOPE}`, ...scopeValues(row));
    db.run('UPDATE calibrations SET active = 1 WHERE id = ?', id);
    db.run('INSERT INTO activations (calibration_id, at, actor) VALUES (?, ?, ?)', id, at, actor);
  });
}

/** Takes a calibration out of use, and out of activity. What was analysed with it stays as it is. */
export function retireCalibration(db: WritableDatabase, id: string, at: string): void {
  db.run('UPDATE calibrations SET active = 0, retired_at = ? WHERE id = ?', at, id);
}

/** The calibration of the same scope that was active before the present one and may still be used; null without. */
export function previouslyActive(db: ReadableDatabase, current: CalibrationRow): CalibrationRecord | null {
  const found = db.get<{ id: string }>(
    `SELECT calibration_id AS id FROM activations JOIN calibrations ON calibrations.id = calibration_id
     WHERE ${SAME_SCOPE} AND calibration_id <> ? AND retired_at IS NULL ORDER BY entry DESC LIMIT 1`,
    ...scopeValues(current),
    current.id,
  );
  return found ? getCalibration(db, found.id) : null;
}

/** Whether an analysis was made with it: from then on its numbers stand. */
export function wasUsed(db: ReadableDatabase, id: string): boolean {
  return db.get('SELECT 1 FROM analyses WHERE calibration_id = ? LIMIT 1', id) !== undefined;
}

/** Another name, or another threshold with the profile that holds it. */
export function updateCalibration(
  db: WritableDatabase,
  { id, name, threshold, toleratedShare, profileSha256 }: CalibrationRecord,
): void {
  db.run(
    'UPDATE calibrations SET name = ?, threshold = ?, tolerated_share = ?, profile_sha256 = ? WHERE id = ?',
    name,
    threshold,
    toleratedShare,
    profileSha256,
    id,
  );
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
