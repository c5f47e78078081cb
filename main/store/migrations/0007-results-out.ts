import type { Migration } from './migration.ts';

/** Addenda to signed reports, the objects that were made of them, and where those went. All three only grow. */
export const resultsOut: Migration = {
  name: 'results out',
  apply: (database) =>
    database.exec(`
      -- Version 1 is the report itself. Withdrawn: a JSON array of findings that were accepted and no longer are.
      CREATE TABLE report_addenda (
        study_instance_uid TEXT NOT NULL REFERENCES reports,
        version INTEGER NOT NULL CHECK (version > 1),
        text TEXT NOT NULL,
        reason TEXT CHECK (reason IN ('quality', 'safety')),
        withdrawn TEXT NOT NULL,
        signed_by TEXT NOT NULL,
        signed_at TEXT NOT NULL,
        PRIMARY KEY (study_instance_uid, version)
      ) STRICT, WITHOUT ROWID;

      -- The bytes are a blob: one SOP Instance UID never stands for two contents.
      CREATE TABLE result_objects (
        sop_instance_uid TEXT PRIMARY KEY,
        study_instance_uid TEXT NOT NULL REFERENCES studies,
        version INTEGER NOT NULL,
        format TEXT NOT NULL,
        sop_class_uid TEXT NOT NULL,
        series_instance_uid TEXT NOT NULL,
        file_sha256 TEXT NOT NULL,
        made_at TEXT NOT NULL,
        made_by TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX result_objects_of_study ON result_objects (study_instance_uid, version, format);

      -- Destination: 'folder', or 'node:' and the name of a network node.
      CREATE TABLE result_deliveries (
        sop_instance_uid TEXT NOT NULL REFERENCES result_objects,
        destination TEXT NOT NULL,
        delivered_at TEXT NOT NULL,
        delivered_by TEXT NOT NULL
      ) STRICT;
      CREATE INDEX deliveries_of_object ON result_deliveries (sop_instance_uid);

      CREATE TRIGGER addendum_needs_signature BEFORE INSERT ON report_addenda WHEN NOT EXISTS (
        SELECT 1 FROM reports WHERE study_instance_uid = NEW.study_instance_uid AND state = 'signed')
      BEGIN SELECT RAISE (ABORT, 'only a signed report takes an addendum'); END;
      ${['report_addenda', 'result_objects', 'result_deliveries']
        .map(
          (table) => `
      CREATE TRIGGER ${table}_stay BEFORE UPDATE ON ${table}
      BEGIN SELECT RAISE (ABORT, 'what was signed or has left cannot change'); END;
      CREATE TRIGGER ${table}_are_kept BEFORE DELETE ON ${table}
      BEGIN SELECT RAISE (ABORT, 'what was signed or has left cannot be deleted'); END;`,
        )
        .join('')}
    `),
};
