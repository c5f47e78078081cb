import type { Migration } from './migration.ts';

/** Workstations whose calibrations a person here has agreed to take over. */
export const trustedStations: Migration = {
  name: 'trusted stations',
  apply: (database) =>
    database.exec(`
      CREATE TABLE trusted_stations (
        -- Of the Ed25519 public key: base64 of its SubjectPublicKeyInfo (RFC 8410).
        public_key TEXT PRIMARY KEY,
        confirmed_by TEXT NOT NULL,
        confirmed_at TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
    `),
};
