import type { Migration } from './migration.ts';

/** The order of the send queue, and which nodes are owed what replaces the results that they have. */
export const replacements: Migration = {
  name: 'replacements',
  apply: (database) =>
    database.exec(`
      -- Objects go in the order in which they were queued: a report before the note on the one that it replaces.
      ALTER TABLE send_queue ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
      UPDATE send_queue SET place = ordered.place
      FROM (SELECT id, row_number() OVER (ORDER BY queued_at, id) AS place FROM send_queue) AS ordered
      WHERE ordered.id = send_queue.id;
      CREATE UNIQUE INDEX send_queue_in_order ON send_queue (place);

      -- Noted with the addendum itself, gone once the replacement is in the queue. A node may be gone from the others.
      -- Formats: a JSON array of what the node has had.
      CREATE TABLE owed_replacements (
        study_instance_uid TEXT NOT NULL REFERENCES studies,
        node TEXT NOT NULL,
        formats TEXT NOT NULL CHECK (json_valid(formats)),
        owed_since TEXT NOT NULL,
        next_try_at TEXT NOT NULL,
        last_error TEXT NOT NULL,
        PRIMARY KEY (study_instance_uid, node)
      ) STRICT, WITHOUT ROWID;
    `),
};
