import type { Migration } from './migration.ts';

/** The audit trail: rows can be added and read, nothing else. What the codes cover is in ../audit.ts. */
export const audit: Migration = {
  name: 'audit',
  apply: (database) =>
    database.exec(`
      CREATE TABLE audit (
        entry INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        outcome TEXT NOT NULL,
        detail TEXT NOT NULL,
        previous_mac TEXT NOT NULL,
        mac TEXT NOT NULL
      ) STRICT;
      CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
      BEGIN SELECT RAISE (ABORT, 'the audit trail cannot be edited'); END;
      CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit
      BEGIN SELECT RAISE (ABORT, 'the audit trail cannot be cut'); END;
    `),
};
