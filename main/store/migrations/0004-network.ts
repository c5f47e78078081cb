import type { Migration } from './migration.ts';

/** Configured nodes and the queue of what is to be sent to them. Credentials are not here: see the contract's `auth`. */
export const network: Migration = {
  name: 'network',
  apply: (database) =>
    database.exec(`
      -- Settings are the contract's PacsNode as JSON, name and kind included.
      CREATE TABLE nodes (
        name TEXT PRIMARY KEY,
        settings TEXT NOT NULL CHECK (json_valid(settings))
      ) STRICT, WITHOUT ROWID;

      -- The object's bytes are a blob. claimed_by is the process that is sending it.
      CREATE TABLE send_queue (
        id TEXT PRIMARY KEY,
        node TEXT NOT NULL REFERENCES nodes,
        file_sha256 TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        label TEXT NOT NULL,
        sop_instance_uid TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
        attempts INTEGER NOT NULL,
        queued_at TEXT NOT NULL,
        next_try_at TEXT NOT NULL,
        sent_at TEXT,
        last_error TEXT NOT NULL,
        claimed_by INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX send_queue_by_state ON send_queue (state, next_try_at);
    `),
};
