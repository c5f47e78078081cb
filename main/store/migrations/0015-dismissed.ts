import type { Migration } from './migration.ts';

/** Whether a reader rejected a finding, or an addendum took it back. */
const REJECTED = `(findings.decision = 'rejected' OR findings.id IN (
  SELECT value FROM report_addenda, json_each(withdrawn)
  WHERE report_addenda.study_instance_uid = worklist.study_instance_uid))`;

/** Results of the newest analysis, without the images on which findings were marked and all of them rejected. */
const STANDING = `
  FROM frame_results WHERE frame_results.analysis_id = worklist.analysis_id AND NOT (
    EXISTS (SELECT 1 FROM findings WHERE (findings.analysis_id, findings.sop_instance_uid, findings.frame) =
      (frame_results.analysis_id, frame_results.sop_instance_uid, frame_results.frame))
    AND NOT EXISTS (SELECT 1 FROM findings WHERE (findings.analysis_id, findings.sop_instance_uid, findings.frame) =
      (frame_results.analysis_id, frame_results.sop_instance_uid, frame_results.frame) AND NOT ${REJECTED}))`;

const countAgain = (condition: string) => `
  UPDATE worklist SET
    highest_score = (SELECT max(score) ${STANDING}),
    lowest_p_value = (SELECT min(p_value) ${STANDING}),
    flagged_frames = coalesce((SELECT sum(flagged) ${STANDING}), 0)
  WHERE analysis_id IS NOT NULL AND ${condition};`;

/** What a reader rejects no longer counts in the worklist; what is opened or accepted again does. */
export const dismissed: Migration = {
  name: 'dismissed',
  apply: (database) =>
    database.exec(`
      ${countAgain('EXISTS (SELECT 1 FROM findings WHERE findings.analysis_id = worklist.analysis_id)')}
      CREATE TRIGGER decision_reaches_worklist AFTER UPDATE OF decision ON findings
      WHEN (OLD.decision = 'rejected') <> (NEW.decision = 'rejected') BEGIN
        ${countAgain('analysis_id = NEW.analysis_id')}
      END;
      CREATE TRIGGER rejected_finding_enters_worklist AFTER INSERT ON findings WHEN NEW.decision = 'rejected' BEGIN
        ${countAgain('analysis_id = NEW.analysis_id')}
      END;
      CREATE TRIGGER other_finding_enters_worklist AFTER INSERT ON findings WHEN NEW.decision <> 'rejected' AND EXISTS (
        SELECT 1 FROM findings WHERE analysis_id = NEW.analysis_id AND decision = 'rejected') BEGIN
        ${countAgain('analysis_id = NEW.analysis_id')}
      END;
      CREATE TRIGGER finding_leaves_worklist AFTER DELETE ON findings BEGIN
        ${countAgain('analysis_id = OLD.analysis_id')}
      END;
      CREATE TRIGGER addendum_reaches_worklist AFTER INSERT ON report_addenda BEGIN
        ${countAgain('study_instance_uid = NEW.study_instance_uid')}
      END;
    `),
};
