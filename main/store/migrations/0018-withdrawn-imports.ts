import type { Migration } from './migration.ts';

/** What imported rejection notes and newer reports take back, whether those objects are here yet or not. */
export const withdrawnImports: Migration = {
  name: 'withdrawn imports',
  apply: (database) =>
    database.exec(`
      CREATE TABLE imported_withdrawals (
        withdrawn_uid TEXT NOT NULL,
        by_uid TEXT NOT NULL,
        study_instance_uid TEXT NOT NULL,
        how TEXT NOT NULL CHECK (how IN ('rejected', 'replaced')),
        imported_at TEXT NOT NULL,
        PRIMARY KEY (withdrawn_uid, by_uid)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX withdrawals_of_study ON imported_withdrawals (study_instance_uid);
    `),
};
