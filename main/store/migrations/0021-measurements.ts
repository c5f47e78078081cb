import type { Migration } from './migration.ts';

/**
 * Measurements in planes that are computed from a series: they lie on no picture, but at places in the patient. And which
 * spacing is the detector's: of radiographs that are there already this is assumed, for it claims less of the patient.
 */
export const measurements: Migration = {
  name: 'measurements',
  apply: (database) =>
    database.exec(`
      ALTER TABLE frames ADD COLUMN spacing_at_detector INTEGER NOT NULL DEFAULT 0;
      UPDATE frames SET spacing_at_detector = 1 WHERE row_spacing IS NOT NULL AND sop_instance_uid IN (
        SELECT sop_instance_uid FROM instances JOIN series USING (series_instance_uid)
        WHERE modality IN ('CR', 'DX', 'IO', 'MG', 'PX', 'RF', 'RG', 'XA'));

      CREATE TABLE plane_measurements (
        id TEXT PRIMARY KEY,
        study_instance_uid TEXT NOT NULL REFERENCES studies ON DELETE CASCADE,
        series_instance_uid TEXT NOT NULL REFERENCES series ON DELETE CASCADE,
        tool TEXT NOT NULL CHECK (tool IN ('length', 'angle', 'ellipse', 'rectangle', 'probe')),
        -- JSON arrays in the patient's coordinates: unit vectors, and places in mm as x0, y0, z0, x1, ...
        normal TEXT NOT NULL CHECK (json_valid(normal)),
        up TEXT NOT NULL CHECK (json_valid(up)),
        points TEXT NOT NULL CHECK (json_valid(points)),
        made_by TEXT NOT NULL,
        changed_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX plane_measurements_of_study ON plane_measurements (study_instance_uid);
      CREATE TRIGGER signed_plane_measurement_stays BEFORE UPDATE ON plane_measurements WHEN EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = OLD.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'measurements of a signed report cannot change'); END;
      CREATE TRIGGER signed_plane_measurement_is_kept BEFORE DELETE ON plane_measurements WHEN EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = OLD.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'measurements of a signed report cannot be deleted'); END;
    `),
};
