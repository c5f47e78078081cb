import type { Migration } from './migration.ts';

/** What readers set up for themselves: how studies hang by kind of exam, and what reports begin with. */
export const readingRoom: Migration = {
  name: 'reading room',
  apply: (database) =>
    database.exec(`
      -- '' in modality or body part means any.
      CREATE TABLE hanging_protocols (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        modality TEXT NOT NULL,
        body_part TEXT NOT NULL,
        rows INTEGER NOT NULL CHECK (rows BETWEEN 1 AND 3),
        columns INTEGER NOT NULL CHECK (columns BETWEEN 1 AND 3),
        multiplanar INTEGER NOT NULL CHECK (multiplanar IN (0, 1)),
        prior_beside INTEGER NOT NULL CHECK (prior_beside IN (0, 1)),
        synchronised INTEGER NOT NULL CHECK (synchronised IN (0, 1)),
        -- In the file's units; NULL in both for the window that the file asks for.
        window_center REAL,
        window_width REAL CHECK (window_width > 0),
        CHECK ((window_center IS NULL) = (window_width IS NULL)),
        UNIQUE (modality, body_part)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE report_templates (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        modality TEXT NOT NULL,
        body_part TEXT NOT NULL,
        technique TEXT NOT NULL,
        findings TEXT NOT NULL,
        impression TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `),
};
