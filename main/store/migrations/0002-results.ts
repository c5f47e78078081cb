import type { Migration } from './migration.ts';

/** Reference sets, calibrations, analyses with their findings, and reports, which a signature closes. */
export const results: Migration = {
  name: 'results',
  apply: (database) =>
    database.exec(`
      CREATE TABLE reference_sets (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        confirmed_by TEXT NOT NULL,
        created_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE reference_set_members (
        reference_set_id TEXT NOT NULL REFERENCES reference_sets,
        place INTEGER NOT NULL,
        sop_instance_uid TEXT NOT NULL,
        frame INTEGER NOT NULL,
        PRIMARY KEY (reference_set_id, place),
        UNIQUE (reference_set_id, sop_instance_uid, frame),
        FOREIGN KEY (sop_instance_uid, frame) REFERENCES frames
      ) STRICT, WITHOUT ROWID;

      -- The loss trace is a JSON array, one number per step.
      CREATE TABLE calibrations (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        reference_set_id TEXT NOT NULL REFERENCES reference_sets,
        model_name TEXT NOT NULL,
        model_sha256 TEXT NOT NULL,
        preset TEXT NOT NULL,
        shots INTEGER NOT NULL,
        held_out INTEGER NOT NULL,
        seed INTEGER NOT NULL,
        steps INTEGER NOT NULL,
        seconds REAL NOT NULL,
        loss_trace TEXT NOT NULL,
        threshold REAL NOT NULL,
        tolerated_share REAL NOT NULL,
        modality TEXT NOT NULL,
        body_part TEXT NOT NULL,
        provider TEXT NOT NULL,
        app_version TEXT NOT NULL,
        profile_sha256 TEXT NOT NULL,
        created_at TEXT NOT NULL,
        created_by TEXT NOT NULL,
        active INTEGER NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX one_active_calibration_per_scope ON calibrations (modality, body_part) WHERE active = 1;

      CREATE TABLE analyses (
        id TEXT PRIMARY KEY,
        study_instance_uid TEXT NOT NULL REFERENCES studies,
        calibration_id TEXT NOT NULL REFERENCES calibrations,
        provider TEXT NOT NULL,
        created_at TEXT NOT NULL,
        created_by TEXT NOT NULL,
        seconds REAL NOT NULL
      ) STRICT;
      CREATE INDEX analyses_of_study ON analyses (study_instance_uid);

      -- The map is a blob of map_height * map_width float32 values.
      CREATE TABLE frame_results (
        analysis_id TEXT NOT NULL REFERENCES analyses,
        sop_instance_uid TEXT NOT NULL,
        frame INTEGER NOT NULL,
        score REAL NOT NULL,
        p_value REAL,
        flagged INTEGER NOT NULL,
        map_sha256 TEXT NOT NULL,
        map_width INTEGER NOT NULL,
        map_height INTEGER NOT NULL,
        PRIMARY KEY (analysis_id, sop_instance_uid, frame),
        FOREIGN KEY (sop_instance_uid, frame) REFERENCES frames
      ) STRICT, WITHOUT ROWID;

      -- Box and outline are JSON arrays in pixels of the picture; areas and lengths in mm.
      CREATE TABLE findings (
        id TEXT PRIMARY KEY,
        analysis_id TEXT NOT NULL,
        sop_instance_uid TEXT NOT NULL,
        frame INTEGER NOT NULL,
        box TEXT NOT NULL,
        outline TEXT NOT NULL,
        peak_score REAL NOT NULL,
        p_value REAL,
        area_mm2 REAL,
        longest_diameter_mm REAL,
        decision TEXT NOT NULL CHECK (decision IN ('open', 'accepted', 'rejected')),
        comment TEXT NOT NULL,
        decided_by TEXT,
        decided_at TEXT,
        FOREIGN KEY (analysis_id, sop_instance_uid, frame) REFERENCES frame_results
      ) STRICT;
      CREATE INDEX findings_of_frame ON findings (analysis_id, sop_instance_uid, frame);

      CREATE TABLE reports (
        study_instance_uid TEXT PRIMARY KEY REFERENCES studies,
        indication TEXT NOT NULL,
        impression TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('draft', 'signed')),
        signed_by TEXT,
        signed_at TEXT,
        updated_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TRIGGER signed_report_stays BEFORE UPDATE ON reports WHEN OLD.state = 'signed'
      BEGIN SELECT RAISE (ABORT, 'a signed report cannot change'); END;
      CREATE TRIGGER signed_report_is_kept BEFORE DELETE ON reports WHEN OLD.state = 'signed'
      BEGIN SELECT RAISE (ABORT, 'a signed report cannot be deleted'); END;

      CREATE TRIGGER finding_of_signed_report_stays BEFORE UPDATE ON findings WHEN EXISTS (
        SELECT 1 FROM analyses JOIN reports USING (study_instance_uid)
        WHERE analyses.id = OLD.analysis_id AND reports.state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'findings of a signed report cannot change'); END;
      CREATE TRIGGER signed_study_is_not_analysed_again BEFORE INSERT ON analyses WHEN EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = NEW.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'a study with a signed report cannot be analysed again'); END;
    `),
};
