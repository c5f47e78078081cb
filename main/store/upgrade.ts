/** Brings the database of an older version up to date without touching it before the result is known to be whole. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import type { Database } from 'better-sqlite3-multiple-ciphers';
import { Fault } from '../fault.ts';
import { migrate, migrations } from './migrations/index.ts';
import { makePrivateFile } from './private-files.ts';

export interface UpgradeOptions {
  /** Opens a file of SQLite, checked and ready. */
  readonly open: (path: string) => Database;
  /** What SQLite's integrity and foreign key checks find wrong. */
  readonly problemsOf: (database: Database) => readonly string[];
  /** False where the caller has the original elsewhere. */
  readonly keepsOld: boolean;
}

/**
 * Migrates a copy, checks it, and puts it in the place of the database. The old one stays beside it as
 * `NAME.schema-N-TIME`, which `db restore` takes and an older version of the application opens.
 * Returns that path; null where there was nothing to upgrade or nothing was to be kept.
 * @throws Fault `timed-out` where another process has the database open, `bad-database` where the copy does not pass
 */
export function upgradeDatabase(path: string, { open, problemsOf, keepsOld }: UpgradeOptions): string | null {
  if (!existsSync(path)) return null;
  const sqlite = open(path);
  const copy = `${path}.upgrade`;
  try {
    const from = sqlite.pragma('user_version', { simple: true }) as number;
    // 0 is an empty file; a newer one is refused by `migrate`, with a sentence.
    if (from === 0 || from >= migrations.length) return null;
    takeForOneself(sqlite, path);
    const kept = `${path}.schema-${from}-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
    rmSync(copy, { force: true });
    for (const target of keepsOld ? [kept, copy] : [copy]) {
      makePrivateFile(target);
      sqlite.prepare('VACUUM INTO ?').run(target);
    }
    const upgraded = open(copy);
    try {
      migrate(upgraded, path);
      const problems = problemsOf(upgraded);
      if (problems.length > 0)
        throw new Fault(
          'bad-database',
          'The database could not be brought up to date, and is as it was. Stay with the older version and keep the log.',
          { path, cause: new Error(problems.join('; ')) },
        );
    } finally {
      upgraded.close();
    }
    for (const file of keepsOld ? [kept, copy] : [copy]) toDisk(file);
    sqlite.close();
    renameSync(copy, path);
    return keepsOld ? kept : null;
  } finally {
    sqlite.close();
    rmSync(copy, { force: true });
  }
}

/**
 * Leaving the write-ahead log needs the database to oneself, and the exclusive mode keeps it so until it is closed.
 * @throws Fault `timed-out` where another process has it open
 */
export function takeForOneself(sqlite: Database, path: string): void {
  try {
    sqlite.pragma('journal_mode = DELETE');
    sqlite.pragma('locking_mode = EXCLUSIVE');
    sqlite.exec('BEGIN EXCLUSIVE; COMMIT');
  } catch (thrown) {
    const busy = String((thrown as { code?: unknown }).code).startsWith('SQLITE_BUSY');
    if (!busy) throw thrown;
    throw new Fault(
      'timed-out',
      'This database is to be replaced, but another process has it open. Close every window and command of the application, then start again.',
      { path, cause: thrown },
    );
  }
}

/** Brings a file's bytes to the disk. */
export function toDisk(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
