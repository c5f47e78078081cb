/** Analyses: the result of every frame of a study, its map's place on disk, and findings with the reader's decisions. */
import type { Decision, Finding, FrameRef, FrameResult } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

export interface FrameResultRecord extends FrameResult {
  readonly mapSha256: string;
  readonly mapWidth: number;
  readonly mapHeight: number;
}

export interface AnalysisRecord {
  readonly id: string;
  readonly studyInstanceUid: string;
  readonly calibrationId: string;
  readonly provider: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly seconds: number;
}

/** Adds an analysis whole. Its maps must be stored already. */
export function insertAnalysis(
  db: WritableDatabase,
  analysis: AnalysisRecord,
  frames: readonly FrameResultRecord[],
  findings: readonly Finding[],
): void {
  db.transaction(() => {
    db.run(
      'INSERT INTO analyses VALUES (?, ?, ?, ?, ?, ?, ?)',
      analysis.id,
      analysis.studyInstanceUid,
      analysis.calibrationId,
      analysis.provider,
      analysis.createdAt,
      analysis.createdBy,
      analysis.seconds,
    );
    for (const frame of frames)
      db.run(
        'INSERT INTO frame_results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        analysis.id,
        frame.sopInstanceUid,
        frame.frame,
        frame.score,
        frame.pValue,
        frame.flagged ? 1 : 0,
        frame.mapSha256,
        frame.mapWidth,
        frame.mapHeight,
      );
    for (const finding of findings) insertFinding(db, finding);
  });
}

/** Adds a finding to an analysis. */
export function insertFinding(db: WritableDatabase, finding: Finding): void {
  db.run(
    `INSERT INTO findings (id, analysis_id, sop_instance_uid, frame, box, outline, peak_score, p_value, area_mm2,
       longest_diameter_mm, decision, comment, decided_by, decided_at, drawn_by, measurement_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    finding.id,
    finding.analysisId,
    finding.sopInstanceUid,
    finding.frame,
    JSON.stringify(finding.box),
    JSON.stringify(finding.outline),
    finding.peakScore,
    finding.pValue,
    finding.areaMm2,
    finding.longestDiameterMm,
    finding.decision,
    finding.comment,
    finding.decidedBy,
    finding.decidedAt,
    finding.drawnBy,
    finding.measurementId,
  );
}

const ANALYSES = `SELECT id, study_instance_uid AS studyInstanceUid, calibration_id AS calibrationId, provider,
  created_at AS createdAt, created_by AS createdBy, seconds FROM analyses`;

/** The newest analysis of a study, or null. */
export function latestAnalysis(db: ReadableDatabase, studyInstanceUid: string): AnalysisRecord | null {
  return (
    db.get<AnalysisRecord>(
      `${ANALYSES} WHERE study_instance_uid = ? ORDER BY created_at DESC, rowid DESC LIMIT 1`,
      studyInstanceUid,
    ) ?? null
  );
}

/** @throws Fault `not-found` */
export function getAnalysis(db: ReadableDatabase, id: string): AnalysisRecord {
  const analysis = db.get<AnalysisRecord>(`${ANALYSES} WHERE id = ?`, id);
  if (!analysis) throw new Fault('not-found', 'There is no such analysis.');
  return analysis;
}

const FRAME_RESULTS = `SELECT sop_instance_uid AS sopInstanceUid, frame, score, p_value AS pValue, flagged,
  map_sha256 AS mapSha256, map_width AS mapWidth, map_height AS mapHeight FROM frame_results WHERE analysis_id = ?`;

type RawFrameResult = Omit<FrameResultRecord, 'flagged'> & { flagged: number };
const frameResult = (raw: RawFrameResult): FrameResultRecord => ({ ...raw, flagged: raw.flagged === 1 });

/** Results of all frames, the highest score first. */
export function listFrameResults(db: ReadableDatabase, analysisId: string): readonly FrameResultRecord[] {
  return db
    .all<RawFrameResult>(`${FRAME_RESULTS} ORDER BY score DESC, sop_instance_uid, frame`, analysisId)
    .map(frameResult);
}

/** @throws Fault `not-found` */
export function getFrameResult(db: ReadableDatabase, analysisId: string, ref: FrameRef): FrameResultRecord {
  const raw = db.get<RawFrameResult>(
    `${FRAME_RESULTS} AND sop_instance_uid = ? AND frame = ?`,
    analysisId,
    ref.sopInstanceUid,
    ref.frame,
  );
  if (!raw) throw new Fault('not-found', 'This image is not part of the analysis.');
  return frameResult(raw);
}

const FINDINGS = `SELECT id, analysis_id AS analysisId, sop_instance_uid AS sopInstanceUid, frame, box, outline,
  peak_score AS peakScore, p_value AS pValue, area_mm2 AS areaMm2, longest_diameter_mm AS longestDiameterMm, decision,
  comment, decided_by AS decidedBy, decided_at AS decidedAt, drawn_by AS drawnBy,
  measurement_id AS measurementId FROM findings`;

type RawFinding = Omit<Finding, 'box' | 'outline'> & { box: string; outline: string };
const finding = (raw: RawFinding): Finding => ({
  ...raw,
  box: JSON.parse(raw.box) as Finding['box'],
  outline: JSON.parse(raw.outline) as number[],
});

/** Findings of an analysis, the highest peak first. */
export function listFindings(db: ReadableDatabase, analysisId: string): readonly Finding[] {
  return db.all<RawFinding>(`${FINDINGS} WHERE analysis_id = ? ORDER BY peak_score DESC, id`, analysisId).map(finding);
}

/** @throws Fault `not-found` */
export function getFinding(db: ReadableDatabase, id: string): Finding {
  const raw = db.get<RawFinding>(`${FINDINGS} WHERE id = ?`, id);
  if (!raw) throw new Fault('not-found', 'There is no such finding.');
  return finding(raw);
}

export function hasFinding(db: ReadableDatabase, id: string): boolean {
  return db.get('SELECT 1 FROM findings WHERE id = ?', id) !== undefined;
}

/** Records the reader's decision. The database refuses it once the study's report is signed. */
export function updateDecision(
  db: WritableDatabase,
  id: string,
  change: { decision: Decision; comment: string; decidedBy: string | null; decidedAt: string | null },
): void {
  db.run(
    'UPDATE findings SET decision = ?, comment = ?, decided_by = ?, decided_at = ? WHERE id = ?',
    change.decision,
    change.comment,
    change.decidedBy,
    change.decidedAt,
    id,
  );
}

/** Gives a finding another outline with its measures. The database refuses it once the study's report is signed. */
export function updateOutline(
  db: WritableDatabase,
  id: string,
  { box, outline, peakScore, pValue, areaMm2, longestDiameterMm, drawnBy }: FindingShape,
): void {
  db.run(
    `UPDATE findings SET box = ?, outline = ?, peak_score = ?, p_value = ?, area_mm2 = ?, longest_diameter_mm = ?,
       drawn_by = ? WHERE id = ?`,
    JSON.stringify(box),
    JSON.stringify(outline),
    peakScore,
    pValue,
    areaMm2,
    longestDiameterMm,
    drawnBy,
    id,
  );
}

export type FindingShape = Pick<
  Finding,
  'box' | 'outline' | 'peakScore' | 'pValue' | 'areaMm2' | 'longestDiameterMm' | 'drawnBy'
>;

/** Ids of the findings that an annotation measures. */
export function listMeasuredBy(db: ReadableDatabase, annotationId: string): readonly string[] {
  return db
    .all<{ id: string }>('SELECT id FROM findings WHERE measurement_id = ? ORDER BY id', annotationId)
    .map(({ id }) => id);
}

/** Lets an annotation measure a finding. */
export function updateMeasurement(db: WritableDatabase, id: string, measurementId: string | null): void {
  db.run('UPDATE findings SET measurement_id = ? WHERE id = ?', measurementId, id);
}

/** The database refuses it once the study's report is signed. */
export function deleteFinding(db: WritableDatabase, id: string): void {
  db.run('DELETE FROM findings WHERE id = ?', id);
}

/** Studies that were analysed with a calibration. */
export function countStudies(db: ReadableDatabase, calibrationId: string): number {
  const sql = 'SELECT count(DISTINCT study_instance_uid) AS studies FROM analyses WHERE calibration_id = ?';
  return db.get<{ studies: number }>(sql, calibrationId)?.studies ?? 0;
}

/**
 * Scores of the images of studies that were analysed with a calibration, by the newest analysis of each: those after the
 * first `from` studies up to the one at `to`, in the order in which they were first analysed.
 */
export function listStudyScores(
  db: ReadableDatabase,
  calibrationId: string,
  from: number,
  to: number,
): readonly (readonly number[])[] {
  return db
    .all<{ scores: string }>(
      `SELECT json_group_array(score) AS scores
       FROM (SELECT newest, row_number() OVER (ORDER BY first) AS place
         FROM (SELECT max(rowid) AS newest, min(rowid) AS first FROM analyses WHERE calibration_id = ?
           GROUP BY study_instance_uid))
       JOIN analyses ON analyses.rowid = newest JOIN frame_results ON analysis_id = analyses.id
       WHERE place > ? AND place <= ? GROUP BY newest ORDER BY place`,
      calibrationId,
      from,
      to,
    )
    .map(({ scores }) => JSON.parse(scores) as number[]);
}
