import type { Migration } from './migration.ts';

/** The accepted findings of a report as sentences, as they stood when it was signed. */
export const reportSentences: Migration = {
  name: 'report sentences',
  apply: (database) =>
    database.exec(`
      -- Of the sentences, chosen with the signature.
      ALTER TABLE reports ADD COLUMN language TEXT NOT NULL DEFAULT 'en';

      -- Measured: what a linked measurement says, as JSON; NULL where the outline alone measures.
      CREATE TABLE report_sentences (
        study_instance_uid TEXT NOT NULL REFERENCES reports,
        number INTEGER NOT NULL CHECK (number > 0),
        finding_id TEXT NOT NULL REFERENCES findings,
        sentence TEXT NOT NULL,
        measured TEXT CHECK (json_valid(measured)),
        PRIMARY KEY (study_instance_uid, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER sentences_of_signed_report_grow_no_more BEFORE INSERT ON report_sentences WHEN EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = NEW.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'what was signed cannot change'); END;
      CREATE TRIGGER report_sentences_stay BEFORE UPDATE ON report_sentences
      BEGIN SELECT RAISE (ABORT, 'what was signed cannot change'); END;
      CREATE TRIGGER report_sentences_are_kept BEFORE DELETE ON report_sentences
      BEGIN SELECT RAISE (ABORT, 'what was signed cannot be deleted'); END;
    `),
};
