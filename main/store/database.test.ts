import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freshFolder, freshStore, someInstance } from '../../tests/support/store.ts';
import { openDatabase } from './database.ts';
import { openStore } from './store.ts';
import { insertInstance, listStudies } from './studies.ts';

const databasePath = () => join(freshFolder(), 'workstation.sqlite');

describe('opening the database', () => {
  it('sets what durability rests on: WAL, full synchronisation, foreign keys', () => {
    const { db } = freshStore();
    expect(db.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(db.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
    expect(db.get('PRAGMA foreign_keys')).toEqual({ foreign_keys: 1 });
  });

  it.runIf(process.platform !== 'win32')(
    'keeps it from everybody but its owner, in a folder that others may enter',
    () => {
      const root = freshFolder();
      chmodSync(root, 0o755);
      writeFileSync(join(root, 'of-somebody'), '', { mode: 0o644 });
      writeFileSync(join(root, 'workstation.sqlite'), '', { mode: 0o644 });
      mkdirSync(join(root, 'blobs'), { mode: 0o755 });
      const { db, folder } = openStore(root);
      onTestFinished(() => db.close());
      insertInstance(db, someInstance(), 'now');
      const rights = (path: string) => (statSync(path).mode & 0o777).toString(8);
      for (const path of [folder.database, `${folder.database}-wal`, `${folder.database}-shm`])
        expect(rights(path), path).toBe('600');
      for (const path of [folder.blobs, folder.packs, folder.checkpoints, folder.log, folder.temporary])
        expect(rights(path), path).toBe('700');
      // It holds more than ours.
      expect(rights(root)).toBe('755');
      const own = freshFolder();
      chmodSync(own, 0o755);
      openStore(own).db.close();
      expect(rights(own)).toBe('700');
    },
  );

  it('refuses a database of a newer version by name and leaves it as it is', () => {
    const path = databasePath();
    const newer = new Sqlite(path);
    newer.pragma('user_version = 9999');
    newer.close();
    expect(() => openDatabase(path)).toThrowError(
      expect.objectContaining({ code: 'bad-database', path, message: expect.stringContaining('newer version') }),
    );
    const after = new Sqlite(path);
    expect(after.pragma('user_version', { simple: true })).toBe(9999);
    expect(after.prepare('SELECT count(*) AS n FROM sqlite_master').get()).toEqual({ n: 0 });
    after.close();
  });

  it('names a file that is no database', () => {
    const path = databasePath();
    writeFileSync(
      path,
      'this is not SQLite, only text that is long enough to have a header of sixteen bytes\n'.repeat(20),
    );
    expect(() => openDatabase(path)).toThrowError(expect.objectContaining({ code: 'bad-database' }));
  });

  it('names a database whose pages were overwritten', () => {
    const path = databasePath();
    const db = openDatabase(path);
    for (let i = 0; i < 200; i++) insertInstance(db, someInstance({ sopInstanceUid: `1.2.${i}` }), 'now');
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096 * 2, bytes.length - 4096);
    writeFileSync(path, bytes);
    expect(() => openDatabase(path)).toThrowError(
      expect.objectContaining({ code: 'bad-database', message: expect.stringContaining('restore') }),
    );
  });

  it('names a database that was cut off', () => {
    const path = databasePath();
    openDatabase(path).close();
    truncateSync(path, Math.floor(statSync(path).size / 2));
    expect(() => openDatabase(path)).toThrowError(expect.objectContaining({ code: 'bad-database' }));
  });

  describe('on a runtime whose Node-API is too old for the prebuilt addon', () => {
    afterEach(() => vi.unstubAllEnvs());

    it('refuses with a sentence instead of ending the process', () => {
      vi.stubEnv('MEDICLIP_SQLITE_BINDING', '');
      const versions = vi.spyOn(process, 'versions', 'get').mockReturnValue({ ...process.versions, napi: '9' });
      try {
        expect(() => openDatabase(databasePath())).toThrowError(expect.objectContaining({ code: 'unsupported' }));
      } finally {
        versions.mockRestore();
      }
    });
  });
});

describe('transactions', () => {
  it('do what is to follow them once the outermost holds, and never where one fails', () => {
    const { db } = freshStore();
    const done: string[] = [];
    const later = (what: string) => db.afterCommit(() => done.push(what));
    later('at once');
    db.transaction(() => {
      db.transaction(() => later('inner'));
      expect(() =>
        db.transaction(() => {
          later('failed');
          throw new Error('no');
        }),
      ).toThrow('no');
      later('outer');
      expect(done).toEqual(['at once']);
    });
    expect(done).toEqual(['at once', 'inner', 'outer']);
  });

  it('take back everything when something in them fails', () => {
    const { db } = freshStore();
    expect(() =>
      db.transaction(() => {
        insertInstance(db, someInstance(), 'now');
        throw new Error('half way');
      }),
    ).toThrow('half way');
    expect(listStudies(db)).toEqual([]);
  });

  it('do not survive a copy of the file that a crash would leave, unless they were committed', () => {
    const { db, folder } = freshStore();
    insertInstance(db, someInstance(), 'now');
    const crashed = freshFolder();
    let copied = false;
    expect(() =>
      db.transaction(() => {
        insertInstance(db, someInstance({ sopInstanceUid: '1.2.3.1.2', studyInstanceUid: '1.2.4' }), 'now');
        for (const suffix of ['', '-wal'])
          copyFileSync(folder.database + suffix, join(crashed, `workstation.sqlite${suffix}`));
        copied = true;
        throw new Error('power cut');
      }),
    ).toThrow('power cut');
    expect(copied).toBe(true);
    const after = openDatabase(join(crashed, 'workstation.sqlite'));
    expect(listStudies(after).map((study) => study.studyInstanceUid)).toEqual(['1.2.3']);
    expect(after.check()).toEqual([]);
    after.close();
  });
});
