import type { Migration } from './migration.ts';

/** Imports that began, so that one that a crash interrupted can go on. `photos` is the contract's PhotoDetails as JSON. */
export const imports: Migration = {
  name: 'imports',
  apply: (database) =>
    database.exec(`
      CREATE TABLE imports (
        job_id TEXT PRIMARY KEY,
        paths TEXT NOT NULL CHECK (json_valid(paths)),
        photos TEXT CHECK (photos IS NULL OR json_valid(photos)),
        process_id INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX imports_not_ended ON imports (started_at) WHERE ended_at IS NULL;
    `),
};
