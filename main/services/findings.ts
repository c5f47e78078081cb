/** The reader's decisions on findings, and findings of the reader's own. Each act is one entry of the audit trail, in one transaction with it. */
import { randomUUID } from 'node:crypto';
import type { Decision, Finding, FrameRef } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { conformalPValue } from '../method/conformal.ts';
import {
  deleteFinding,
  type FindingShape,
  getAnalysis,
  getFinding,
  hasFinding,
  insertFinding,
  updateDecision,
  updateMeasurement,
  updateOutline,
} from '../store/analyses.ts';
import { getAnnotation } from '../store/annotations.ts';
import { getReport } from '../store/reports.ts';
import { getFrame } from '../store/studies.ts';
import { normalPeaksOf, openMap } from './analysis.ts';
import { measureOutline } from './regions.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** Accepts or rejects a finding, or opens it again. @throws Fault `not-found`, `not-allowed` once the report is signed */
export function decide(
  station: Workstation,
  request: { readonly findingId: string; readonly decision: Decision; readonly comment: string },
): Finding {
  const { db } = station.store;
  const finding = getFinding(db, request.findingId);
  const study = openStudyOf(station, finding.analysisId);
  const decided = request.decision !== 'open';
  db.transaction(() => {
    updateDecision(db, finding.id, {
      decision: request.decision,
      comment: request.comment,
      decidedBy: decided ? station.user : null,
      decidedAt: decided ? timestamp(station) : null,
    });
    record(station, 'finding.decide', finding.id, { study, decision: request.decision });
  });
  return getFinding(db, finding.id);
}

/**
 * Adds an outline that the reader drew, as an accepted finding.
 * @throws Fault `not-found` also where the picture was not analysed, `not-allowed` once the report is signed, `bad-file`
 */
export async function addFinding(
  station: Workstation,
  request: {
    readonly analysisId: string;
    readonly frame: FrameRef;
    readonly outline: readonly number[];
    readonly comment: string;
    /** That of a finding which was taken back and now comes again. */
    readonly id?: string | undefined;
  },
): Promise<Finding> {
  const { db } = station.store;
  const { analysisId, frame, outline, comment, id = randomUUID() } = request;
  const study = openStudyOf(station, analysisId);
  const finding: Finding = {
    ...(await shapeOf(station, analysisId, frame, outline)),
    id,
    analysisId,
    sopInstanceUid: frame.sopInstanceUid,
    frame: frame.frame,
    decision: 'accepted',
    comment,
    decidedBy: station.user,
    decidedAt: timestamp(station),
    measurementId: null,
  };
  if (hasFinding(db, id)) throw new Fault('usage', 'This finding is there already.');
  db.transaction(() => {
    insertFinding(db, finding);
    record(station, 'finding.add', finding.id, { study });
  });
  return finding;
}

/** Gives a finding another outline, and measures it anew. @throws Fault as `addFinding` */
export async function reshapeFinding(
  station: Workstation,
  { findingId, outline }: { readonly findingId: string; readonly outline: readonly number[] },
): Promise<Finding> {
  const { db } = station.store;
  const finding = getFinding(db, findingId);
  const study = openStudyOf(station, finding.analysisId);
  const shape = await shapeOf(station, finding.analysisId, finding, outline);
  db.transaction(() => {
    updateOutline(db, findingId, shape);
    record(station, 'finding.reshape', findingId, { study });
  });
  return getFinding(db, findingId);
}

/** Lets an annotation measure a finding, or none. @throws Fault `not-found`, `not-allowed` once the report is signed */
export function linkFinding(
  station: Workstation,
  { findingId, measurementId }: { readonly findingId: string; readonly measurementId: string | null },
): Finding {
  const { db } = station.store;
  const study = openStudyOf(station, getFinding(db, findingId).analysisId);
  if (measurementId !== null) getAnnotation(db, measurementId);
  db.transaction(() => {
    updateMeasurement(db, findingId, measurementId);
    record(station, 'finding.link', findingId, { study, measurement: measurementId });
  });
  return getFinding(db, findingId);
}

/** Takes a finding back that the reader drew. @throws Fault `not-found`, `not-allowed` where the map gave it, or signed */
export function removeFinding(station: Workstation, findingId: string): void {
  const { db } = station.store;
  const finding = getFinding(db, findingId);
  const study = openStudyOf(station, finding.analysisId);
  if (finding.drawnBy === null)
    throw new Fault('not-allowed', 'This finding comes from the map. Reject it; then it appears nowhere.');
  db.transaction(() => {
    deleteFinding(db, findingId);
    record(station, 'finding.remove', findingId, { study });
  });
}

/** The study of an analysis, while its report is open. */
function openStudyOf({ store: { db } }: Workstation, analysisId: string): string {
  const { studyInstanceUid } = getAnalysis(db, analysisId);
  if (getReport(db, studyInstanceUid)?.state === 'signed')
    throw new Fault('not-allowed', 'The report of this study is signed, so its findings cannot change.');
  return studyInstanceUid;
}

async function shapeOf(
  station: Workstation,
  analysisId: string,
  ref: FrameRef,
  outline: readonly number[],
): Promise<FindingShape> {
  const { db } = station.store;
  const map = await openMap(station.store, analysisId, ref);
  const region = measureOutline(map, outline, getFrame(db, ref));
  const peaks = await normalPeaksOf(station.store, getAnalysis(db, analysisId).calibrationId);
  return {
    ...region,
    pValue: peaks.scores.length > 0 ? conformalPValue(region.peakScore, peaks) : null,
    drawnBy: station.user,
  };
}
