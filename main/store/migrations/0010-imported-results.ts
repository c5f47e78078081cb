import type { Migration } from './migration.ts';

/** Regions and maps of images that came from elsewhere, or back from there. */
export const importedResults: Migration = {
  name: 'imported results',
  apply: (database) =>
    database.exec(`
      -- Regions: a JSON array of the contract's ImportedRegion; maps: of ImportedMap.
      CREATE TABLE imported_results (
        sop_instance_uid TEXT PRIMARY KEY,
        study_instance_uid TEXT NOT NULL REFERENCES studies,
        kind TEXT NOT NULL CHECK (kind IN ('sr', 'seg', 'pmap')),
        label TEXT NOT NULL,
        regions TEXT NOT NULL CHECK (json_valid(regions)),
        maps TEXT NOT NULL CHECK (json_valid(maps)),
        file_sha256 TEXT NOT NULL,
        imported_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX imported_results_of_study ON imported_results (study_instance_uid);
    `),
};
