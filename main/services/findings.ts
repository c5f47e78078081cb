/** The reader's decisions. */
import type { Decision, Finding } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { getAnalysis, getFinding, updateDecision } from '../store/analyses.ts';
import { getReport } from '../store/reports.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** Accepts or rejects a finding, or opens it again. @throws Fault `not-found`, `not-allowed` once the report is signed */
export function decide(
  station: Workstation,
  request: { readonly findingId: string; readonly decision: Decision; readonly comment: string },
): Finding {
  const { db } = station.store;
  const finding = getFinding(db, request.findingId);
  const study = getAnalysis(db, finding.analysisId).studyInstanceUid;
  if (getReport(db, study)?.state === 'signed')
    throw new Fault('not-allowed', 'The report of this study is signed, so its findings cannot change.');
  const decided = request.decision !== 'open';
  updateDecision(db, finding.id, {
    decision: request.decision,
    comment: request.comment,
    decidedBy: decided ? station.user : null,
    decidedAt: decided ? timestamp(station) : null,
  });
  record(station, 'finding.decide', finding.id, { study, decision: request.decision });
  return getFinding(db, finding.id);
}
