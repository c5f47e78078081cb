/** Evidence of calibrations as scores, and the cases that a person confirmed as abnormal. */
import type { AnomalyKind, AnomalySize, ConfirmedCase, FrameRef, ScoredFrame } from '../../preload/contract/model.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** A score of an image, and whose it is, as a number of this evidence; absent in older evidence: a patient's only one. */
export interface EvidenceScore extends ScoredFrame {
  readonly patient?: number;
}

export interface SyntheticScore extends EvidenceScore {
  readonly kind: AnomalyKind;
  readonly size: AnomalySize;
}

/** What the engine said of images that training did not see. */
export interface EvidenceScores {
  /** The images that it was trained on, in the order in which the profile knows them. */
  readonly support: readonly FrameRef[];
  readonly normals: readonly EvidenceScore[];
  readonly synthetic: readonly SyntheticScore[];
  /** Normals that went the way of the synthetic ones with nothing made in them; absent in older evidence. */
  readonly unchanged?: readonly EvidenceScore[];
  readonly abnormals: readonly EvidenceScore[];
  /** Confirmed cases of patients among the reference images, which were not scored; absent in older evidence. */
  readonly casesLeftOut?: number;
  /** Of the same normals and abnormals by the same architecture at random weights; absent before it was measured. */
  readonly nullBaseline?: NullBaselineScores;
}

export interface NullBaselineScores {
  readonly normals: readonly number[];
  readonly abnormals: readonly number[];
}

export function saveEvidence(db: WritableDatabase, calibrationId: string, scores: EvidenceScores): void {
  db.run(
    `INSERT INTO calibration_evidence VALUES (?, ?)
     ON CONFLICT (calibration_id) DO UPDATE SET scores = excluded.scores`,
    calibrationId,
    JSON.stringify(scores),
  );
}

/** Null for a calibration that was made before evidence was kept. */
export function getEvidence(db: ReadableDatabase, calibrationId: string): EvidenceScores | null {
  const row = db.get<{ scores: string }>(
    'SELECT scores FROM calibration_evidence WHERE calibration_id = ?',
    calibrationId,
  );
  return row ? (JSON.parse(row.scores) as EvidenceScores) : null;
}

/** Adds a case, or replaces what was noted of it. */
export function saveConfirmedCase(db: WritableDatabase, one: ConfirmedCase): void {
  db.run(
    `INSERT INTO confirmed_cases VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET note = excluded.note, confirmed_by = excluded.confirmed_by, confirmed_at = excluded.confirmed_at`,
    one.sopInstanceUid,
    one.frame,
    one.note,
    one.confirmedBy,
    one.confirmedAt,
  );
}

export function removeConfirmedCase(db: WritableDatabase, ref: FrameRef): void {
  db.run('DELETE FROM confirmed_cases WHERE sop_instance_uid = ? AND frame = ?', ref.sopInstanceUid, ref.frame);
}

/** In the order of their confirmation. */
export function listConfirmedCases(db: ReadableDatabase): readonly ConfirmedCase[] {
  return db.all<ConfirmedCase>(
    `SELECT sop_instance_uid AS sopInstanceUid, frame, note, confirmed_by AS confirmedBy, confirmed_at AS confirmedAt
     FROM confirmed_cases ORDER BY confirmed_at, sop_instance_uid, frame`,
  );
}
