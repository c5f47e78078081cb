import type { Migration } from './migration.ts';

/** What a reader adds: measurements on pictures, findings drawn by hand, a report with four parts, layouts by exam. */
export const reading: Migration = {
  name: 'reading',
  apply: (database) =>
    database.exec(`
      -- Points are a JSON array in pixels of the picture: x0, y0, x1, y1, ...
      CREATE TABLE annotations (
        id TEXT PRIMARY KEY,
        study_instance_uid TEXT NOT NULL REFERENCES studies ON DELETE CASCADE,
        sop_instance_uid TEXT NOT NULL,
        frame INTEGER NOT NULL,
        tool TEXT NOT NULL CHECK (tool IN ('length', 'angle', 'ellipse', 'rectangle', 'probe')),
        points TEXT NOT NULL CHECK (json_valid(points)),
        made_by TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        FOREIGN KEY (sop_instance_uid, frame) REFERENCES frames
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX annotations_of_study ON annotations (study_instance_uid);
      CREATE TRIGGER signed_annotation_stays BEFORE UPDATE ON annotations WHEN EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = OLD.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'measurements of a signed report cannot change'); END;
      CREATE TRIGGER signed_annotation_is_kept BEFORE DELETE ON annotations WHEN EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = OLD.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'measurements of a signed report cannot be deleted'); END;

      -- Who drew a finding by hand; NULL where it is a region of the map.
      ALTER TABLE findings ADD COLUMN drawn_by TEXT;
      ALTER TABLE findings ADD COLUMN measurement_id TEXT REFERENCES annotations ON DELETE SET NULL;
      CREATE TRIGGER finding_of_signed_report_is_kept BEFORE DELETE ON findings WHEN EXISTS (
        SELECT 1 FROM analyses JOIN reports USING (study_instance_uid)
        WHERE analyses.id = OLD.analysis_id AND reports.state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'findings of a signed report cannot be deleted'); END;

      ALTER TABLE reports ADD COLUMN technique TEXT NOT NULL DEFAULT '';
      ALTER TABLE reports ADD COLUMN findings TEXT NOT NULL DEFAULT '';
    `),
};
