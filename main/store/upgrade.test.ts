import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { expect, it, onTestFinished } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { openDatabase } from './database.ts';
import { dataFolderAt } from './folder.ts';
import { migrate, migrations } from './migrations/index.ts';
import { openStore, restoreDatabase } from './store.ts';
import { listStudies } from './studies.ts';

/** A database as version 2 left it, with a study in it. */
function olderDatabase(): string {
  const path = dataFolderAt(freshFolder()).database;
  const sqlite = new Sqlite(path);
  sqlite.pragma('journal_mode = WAL');
  migrate(sqlite, path, 2);
  sqlite.exec(`INSERT INTO patients VALUES (1, 'P1', 'DEMO^FICTIONAL', '19700101', 'O');
    INSERT INTO studies VALUES ('1.2', 1, '20260101', '', 'phantom', '', '2026-01-01T00:00:00.000Z');`);
  sqlite.close();
  return path;
}

const schemaOf = (path: string) => {
  const sqlite = new Sqlite(path, { readonly: true });
  const version = sqlite.pragma('user_version', { simple: true });
  sqlite.close();
  return version;
};

it('upgrades a copy and switches; the old database stays beside it, whole, and can be restored', async () => {
  const path = olderDatabase();
  const db = openDatabase(path);
  expect(db.get('PRAGMA user_version')).toEqual({ user_version: migrations.length });
  expect(listStudies(db).map((study) => study.studyInstanceUid)).toEqual(['1.2']);
  expect(db.replaced).toContain('.schema-2-');
  db.run('DELETE FROM studies');
  db.close();
  expect(schemaOf(db.replaced ?? '')).toBe(2);

  await restoreDatabase(dirname(path), db.replaced ?? '', { now: new Date() });
  const { db: restored } = openStore(dirname(path));
  onTestFinished(() => restored.close());
  expect(listStudies(restored).map((study) => study.studyInstanceUid)).toEqual(['1.2']);
  expect(restored.replaced).toBeNull();
});

it('leaves the database as it was where the upgrade fails', () => {
  const path = olderDatabase();
  const sqlite = new Sqlite(path);
  sqlite.exec('CREATE TABLE audit (in_the_way TEXT)');
  sqlite.close();
  expect(() => openDatabase(path)).toThrow(/audit/);
  expect(schemaOf(path)).toBe(2);
  expect(existsSync(`${path}.upgrade`)).toBe(false);
});

it('waits for nobody: a database that another process has open is not upgraded under its feet', () => {
  const path = olderDatabase();
  const other = new Sqlite(path);
  other.prepare('SELECT * FROM studies').all();
  expect(() => openDatabase(path)).toThrowError(
    expect.objectContaining({ code: 'timed-out', message: expect.stringContaining('another process has it open') }),
  );
  other.close();
  expect(schemaOf(path)).toBe(2);
  expect(readdirSync(dirname(path)).filter((name) => name.includes('schema'))).toEqual([]);
  openDatabase(path).close();
  expect(schemaOf(path)).toBe(migrations.length);
});

it('keeps nothing where there was nothing: a new database', () => {
  const path = join(freshFolder(), 'new.sqlite');
  const db = openDatabase(path);
  onTestFinished(() => db.close());
  expect(db.replaced).toBeNull();
});
