import type { Migration } from './migration.ts';

/** Patients, studies, series, instances and frames; the files that an import left out; settings. */
export const images: Migration = {
  name: 'images',
  apply: (database) =>
    database.exec(`
      CREATE TABLE patients (
        patient_key INTEGER PRIMARY KEY,
        patient_id TEXT NOT NULL,
        name TEXT NOT NULL,
        birth_date TEXT NOT NULL,
        sex TEXT NOT NULL,
        UNIQUE (patient_id, name, birth_date, sex)
      ) STRICT;

      CREATE TABLE studies (
        study_instance_uid TEXT PRIMARY KEY,
        patient_key INTEGER NOT NULL REFERENCES patients,
        study_date TEXT NOT NULL,
        study_time TEXT NOT NULL,
        description TEXT NOT NULL,
        accession_number TEXT NOT NULL,
        imported_at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX studies_of_patient ON studies (patient_key);

      CREATE TABLE series (
        series_instance_uid TEXT PRIMARY KEY,
        study_instance_uid TEXT NOT NULL REFERENCES studies,
        series_number INTEGER,
        modality TEXT NOT NULL,
        body_part TEXT NOT NULL,
        description TEXT NOT NULL,
        manufacturer TEXT NOT NULL
      ) STRICT;
      CREATE INDEX series_of_study ON series (study_instance_uid);

      CREATE TABLE instances (
        sop_instance_uid TEXT PRIMARY KEY,
        series_instance_uid TEXT NOT NULL REFERENCES series,
        sop_class_uid TEXT NOT NULL,
        transfer_syntax TEXT NOT NULL,
        instance_number INTEGER,
        lossy INTEGER NOT NULL,
        localizer INTEGER NOT NULL,
        file_sha256 TEXT NOT NULL,
        file_bytes INTEGER NOT NULL,
        imported_at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX instances_of_series ON instances (series_instance_uid);
      CREATE INDEX instances_of_file ON instances (file_sha256);

      -- Spacing and position in mm; orientation and position are JSON arrays of 6 and 3 numbers.
      CREATE TABLE frames (
        sop_instance_uid TEXT NOT NULL REFERENCES instances,
        frame INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        columns INTEGER NOT NULL,
        row_spacing REAL,
        column_spacing REAL,
        orientation TEXT,
        position TEXT,
        PRIMARY KEY (sop_instance_uid, frame)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE skipped_files (
        job_id TEXT NOT NULL,
        place INTEGER NOT NULL,
        path TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (job_id, place)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `),
};
