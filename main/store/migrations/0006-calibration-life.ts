import type { Migration } from './migration.ts';

/**
 * What a site does with calibrations over the years: versions of reference sets, a scope that names view and scanner,
 * evidence, the order in which calibrations were active, cases that a person confirmed as abnormal.
 */
export const calibrationLife: Migration = {
  name: 'calibration life',
  apply: (database) =>
    database.exec(`
      -- View Position (0018,5101) of projections; slices tell their plane by their orientation.
      ALTER TABLE series ADD COLUMN view TEXT NOT NULL DEFAULT '';

      -- All versions of a set share the id of the first one as their lineage.
      ALTER TABLE reference_sets ADD COLUMN lineage TEXT NOT NULL DEFAULT '';
      ALTER TABLE reference_sets ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
      UPDATE reference_sets SET lineage = id;
      CREATE UNIQUE INDEX versions_of_reference_set ON reference_sets (lineage, version);

      -- '' in view or scanner means all. Set aside: normals of patients that train, drawn for neither part.
      ALTER TABLE calibrations ADD COLUMN view TEXT NOT NULL DEFAULT '';
      ALTER TABLE calibrations ADD COLUMN scanner TEXT NOT NULL DEFAULT '';
      ALTER TABLE calibrations ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE calibrations ADD COLUMN retired_at TEXT;
      -- Fingerprint of the installation that a calibration was imported from; '' for this one.
      ALTER TABLE calibrations ADD COLUMN origin TEXT NOT NULL DEFAULT '';
      DROP INDEX one_active_calibration_per_scope;
      CREATE UNIQUE INDEX one_active_calibration_per_scope
        ON calibrations (modality, body_part, view, scanner) WHERE active = 1;

      -- Scores as JSON; what they mean is worked out when they are shown.
      CREATE TABLE calibration_evidence (
        calibration_id TEXT PRIMARY KEY REFERENCES calibrations,
        scores TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE activations (
        entry INTEGER PRIMARY KEY,
        calibration_id TEXT NOT NULL REFERENCES calibrations,
        at TEXT NOT NULL,
        actor TEXT NOT NULL
      ) STRICT;
      INSERT INTO activations (calibration_id, at, actor)
        SELECT id, created_at, created_by FROM calibrations WHERE active = 1;

      CREATE TABLE confirmed_cases (
        sop_instance_uid TEXT NOT NULL,
        frame INTEGER NOT NULL,
        note TEXT NOT NULL,
        confirmed_by TEXT NOT NULL,
        confirmed_at TEXT NOT NULL,
        PRIMARY KEY (sop_instance_uid, frame),
        FOREIGN KEY (sop_instance_uid, frame) REFERENCES frames
      ) STRICT, WITHOUT ROWID;
    `),
};
