import type { Database } from 'better-sqlite3-multiple-ciphers';

/** One change of the schema. Its number is its place in the list; what is published is never edited again. */
export interface Migration {
  readonly name: string;
  /** Runs inside a transaction of its own. */
  readonly apply: (database: Database) => void;
}
