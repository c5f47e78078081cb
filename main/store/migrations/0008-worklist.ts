import type { Migration } from './migration.ts';

/** What the search finds a study by, as two columns of words: its patient, and everything else. */
const WORDS = `
  SELECT place, name || ' ' || patient_id,
    studies.description || ' ' || accession_number || ' ' || study_date || ' ' || substr(study_date, 1, 4) || ' ' ||
    substr(study_date, 5, 2) || ' ' || substr(study_date, 7, 2) || ' ' ||
    coalesce((SELECT group_concat(modality || ' ' || body_part || ' ' || series.description, ' ') FROM series
      WHERE series.study_instance_uid = studies.study_instance_uid), '')
  FROM worklist JOIN studies USING (study_instance_uid) JOIN patients USING (patient_key)`;

const writeAgain = (condition: string) => `
  DELETE FROM worklist_words WHERE rowid IN (
    SELECT place FROM worklist JOIN studies USING (study_instance_uid) WHERE ${condition});
  INSERT INTO worklist_words (rowid, patient, study) ${WORDS} WHERE ${condition};`;

const SERIES_OF = (study: string) => `
  UPDATE worklist SET
    modalities = (SELECT json_group_array(DISTINCT modality) FROM series
      WHERE study_instance_uid = ${study} AND modality <> ''),
    body_parts = (SELECT json_group_array(DISTINCT body_part) FROM series
      WHERE study_instance_uid = ${study} AND body_part <> ''),
    series_count = (SELECT count(*) FROM series WHERE study_instance_uid = ${study})
  WHERE study_instance_uid = ${study};
  ${writeAgain(`studies.study_instance_uid = ${study}`)}`;

const countFrame = (step: '+ 1' | '- 1', instance: string) => `
  UPDATE worklist SET frame_count = frame_count ${step} WHERE study_instance_uid = (
    SELECT study_instance_uid FROM instances JOIN series USING (series_instance_uid) WHERE sop_instance_uid = ${instance});`;

/**
 * One row for each study with what the worklist shows and sorts by, kept by triggers, so that 50,000 studies are searched
 * and sorted without adding up their frames; and who has opened which study.
 */
export const worklist: Migration = {
  name: 'worklist',
  apply: (database) =>
    database.exec(`
      -- Modalities and body parts are JSON arrays of strings. Scores are those of the newest analysis.
      CREATE TABLE worklist (
        place INTEGER PRIMARY KEY,
        study_instance_uid TEXT NOT NULL UNIQUE REFERENCES studies ON DELETE CASCADE,
        modalities TEXT NOT NULL DEFAULT '[]',
        body_parts TEXT NOT NULL DEFAULT '[]',
        series_count INTEGER NOT NULL DEFAULT 0,
        frame_count INTEGER NOT NULL DEFAULT 0,
        analysis_id TEXT,
        highest_score REAL,
        lowest_p_value REAL,
        flagged_frames INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE VIRTUAL TABLE worklist_words USING fts5 (
        patient, study, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');

      CREATE TABLE openings (
        study_instance_uid TEXT NOT NULL REFERENCES studies ON DELETE CASCADE,
        reader TEXT NOT NULL,
        opened_at TEXT NOT NULL,
        PRIMARY KEY (study_instance_uid, reader)
      ) STRICT, WITHOUT ROWID;

      INSERT INTO worklist (study_instance_uid, modalities, body_parts, series_count, frame_count)
      SELECT study_instance_uid,
        (SELECT json_group_array(DISTINCT modality) FROM series s
          WHERE s.study_instance_uid = studies.study_instance_uid AND modality <> ''),
        (SELECT json_group_array(DISTINCT body_part) FROM series s
          WHERE s.study_instance_uid = studies.study_instance_uid AND body_part <> ''),
        (SELECT count(*) FROM series s WHERE s.study_instance_uid = studies.study_instance_uid),
        (SELECT count(*) FROM series s JOIN instances USING (series_instance_uid) JOIN frames USING (sop_instance_uid)
          WHERE s.study_instance_uid = studies.study_instance_uid)
      FROM studies ORDER BY imported_at;
      UPDATE worklist SET analysis_id = (
        SELECT id FROM analyses WHERE analyses.study_instance_uid = worklist.study_instance_uid
        ORDER BY created_at DESC, rowid DESC LIMIT 1);
      UPDATE worklist SET
        highest_score = (SELECT max(score) FROM frame_results WHERE frame_results.analysis_id = worklist.analysis_id),
        lowest_p_value = (SELECT min(p_value) FROM frame_results WHERE frame_results.analysis_id = worklist.analysis_id),
        flagged_frames = coalesce(
          (SELECT sum(flagged) FROM frame_results WHERE frame_results.analysis_id = worklist.analysis_id), 0)
      WHERE analysis_id IS NOT NULL;
      INSERT INTO worklist_words (rowid, patient, study) ${WORDS};

      CREATE TRIGGER study_enters_worklist AFTER INSERT ON studies BEGIN
        INSERT INTO worklist (study_instance_uid) VALUES (NEW.study_instance_uid);
        INSERT INTO worklist_words (rowid, patient, study) ${WORDS} WHERE study_instance_uid = NEW.study_instance_uid;
      END;
      CREATE TRIGGER study_changes_in_worklist AFTER UPDATE ON studies BEGIN
        ${writeAgain('studies.study_instance_uid = NEW.study_instance_uid')}
      END;
      CREATE TRIGGER patient_changes_in_worklist AFTER UPDATE ON patients BEGIN
        ${writeAgain('patient_key = NEW.patient_key')}
      END;
      CREATE TRIGGER study_leaves_worklist BEFORE DELETE ON studies BEGIN
        DELETE FROM worklist_words WHERE rowid = (
          SELECT place FROM worklist WHERE study_instance_uid = OLD.study_instance_uid);
      END;
      CREATE TRIGGER series_enters_worklist AFTER INSERT ON series BEGIN ${SERIES_OF('NEW.study_instance_uid')} END;
      CREATE TRIGGER series_changes_in_worklist AFTER UPDATE ON series BEGIN ${SERIES_OF('NEW.study_instance_uid')} END;
      CREATE TRIGGER series_leaves_worklist AFTER DELETE ON series BEGIN ${SERIES_OF('OLD.study_instance_uid')} END;
      CREATE TRIGGER frame_enters_worklist AFTER INSERT ON frames BEGIN
        ${countFrame('+ 1', 'NEW.sop_instance_uid')}
      END;
      CREATE TRIGGER frame_leaves_worklist BEFORE DELETE ON frames BEGIN
        ${countFrame('- 1', 'OLD.sop_instance_uid')}
      END;
      CREATE TRIGGER analysis_enters_worklist AFTER INSERT ON analyses BEGIN
        UPDATE worklist SET analysis_id = NEW.id, highest_score = NULL, lowest_p_value = NULL, flagged_frames = 0
        WHERE study_instance_uid = NEW.study_instance_uid;
      END;
      CREATE TRIGGER result_enters_worklist AFTER INSERT ON frame_results BEGIN
        UPDATE worklist SET
          highest_score = max(coalesce(highest_score, NEW.score), NEW.score),
          lowest_p_value = coalesce(min(coalesce(lowest_p_value, NEW.p_value), NEW.p_value), lowest_p_value),
          flagged_frames = flagged_frames + NEW.flagged
        WHERE study_instance_uid = (SELECT study_instance_uid FROM analyses WHERE id = NEW.analysis_id)
          AND analysis_id = NEW.analysis_id;
      END;
    `),
};
