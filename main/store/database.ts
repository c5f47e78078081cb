/** The one place that opens the database, and the two types through which the rest of the product sees it. */
import { existsSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { Fault } from '../fault.ts';
import { readBeginning } from '../seal/sealed-file.ts';
import { migrate } from './migrations/index.ts';
import { keepPrivate, makePrivateFile } from './private-files.ts';
import { takeForOneself, toDisk, upgradeDatabase } from './upgrade.ts';

export type Value = string | number | bigint | Uint8Array | null;

/** What can only read. Row types are the caller's promise about its own SQL. */
export interface ReadableDatabase {
  all<Row>(sql: string, ...values: readonly Value[]): Row[];
  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined;
}

export interface WritableDatabase extends ReadableDatabase {
  /** Returns how many rows changed. */
  run(sql: string, ...values: readonly Value[]): number;
  /** All or nothing. Takes the write lock at once, so that two processes never interleave. May be nested. */
  transaction<T>(work: () => T): T;
  /** Does something outside of the database once the transaction holds; at once where there is none, never where it fails. */
  afterCommit(act: () => void): void;
}

export interface OpenDatabase extends WritableDatabase {
  readonly path: string;
  /** Where the database of the older version is kept that this one was made from; null where there was none. */
  readonly replaced: string | null;
  /** SQLite's own integrity and foreign key checks: what is wrong, or nothing. */
  check(): readonly string[];
  /** Overwrites what was deleted in the write-ahead log too, where nobody else is reading just now. */
  forget(): void;
  /** Copies the database while it is in use. @throws Fault `disk-full` */
  backup(path: string): Promise<void>;
  close(): void;
}

export interface OpenOptions {
  /** Told of statements that took longer than 200 ms; the values are left out. */
  readonly onSlowStatement?: (sql: string, ms: number) => void;
  /** Whether a database that had to be upgraded is kept beside the new one. It is, unless this says false. */
  readonly keepsOld?: boolean;
  /** What the database is encrypted with, 32 bytes; a plain one has none. */
  readonly key?: Uint8Array | null;
}

const SLOW_MS = 200;
/** The prebuilt addon ends the process on anything older. */
const PREBUILT_NODE_API = 10;

/**
 * Opens the database, making or upgrading it as needed.
 * @throws Fault `bad-database` where it is damaged or from a newer version, `disk-full`, `unsupported` where this runtime
 * cannot load the database code.
 */
export function openDatabase(path: string, options: OpenOptions = {}): OpenDatabase {
  const replaced = upgraded(path, options);
  const sqlite = openFile(path, options.key);
  try {
    migrate(sqlite, path);
    return { ...wrap(sqlite, path, options), replaced };
  } catch (thrown) {
    sqlite.close();
    throw asFault(thrown, path);
  }
}

function upgraded(path: string, { keepsOld = true, key }: OpenOptions): string | null {
  try {
    return upgradeDatabase(path, { open: (file) => openFile(file, key), problemsOf, keepsOld });
  } catch (thrown) {
    throw asFault(thrown, path);
  }
}

/** A database as it is, for looking into alone. @throws Fault `bad-database` */
export function openReadOnly(path: string, key?: Uint8Array | null): ReadableDatabase & { close(): void } {
  try {
    const sqlite = unlocked(new Sqlite(path, { ...bindingOption(), readonly: true, fileMustExist: true }), path, key);
    return wrap(sqlite, path, {});
  } catch (thrown) {
    throw asFault(thrown, path);
  }
}

/**
 * Whether a file is a whole database of ours, without changing it.
 * @throws Fault `bad-database` with what is wrong.
 */
export function checkDatabaseFile(path: string, key?: Uint8Array | null): void {
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = unlocked(new Sqlite(path, { ...bindingOption(), readonly: true, fileMustExist: true }), path, key);
    const problems = problemsOf(sqlite);
    if (problems.length > 0) throw damaged(path, new Error(problems.join('; ')));
    if (sqlite.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'studies'`).get() === undefined)
      throw new Fault('bad-database', 'This is not a database of this application.', { path });
  } catch (thrown) {
    throw asFault(thrown, path);
  } finally {
    sqlite?.close();
  }
}

/**
 * Gives an encrypted database its key: SQLCipher's format, version 4, with the raw key, so that its tools open it too.
 * @throws Fault `bad-database` where the key does not open it
 */
function unlocked(sqlite: Sqlite.Database, path: string, key?: Uint8Array | null): Sqlite.Database {
  if (!key) return sqlite;
  try {
    useCipher(sqlite);
    sqlite.pragma(`key = "${rawKey(key)}"`);
    sqlite.prepare('SELECT count(*) FROM sqlite_master').get();
    return sqlite;
  } catch (thrown) {
    sqlite.close();
    if ((thrown as { code?: unknown }).code !== 'SQLITE_NOTADB') throw thrown;
    throw new Fault(
      'bad-database',
      'The database does not open with the key of this data folder: it belongs to another folder, or is damaged. Put the keys.json that belongs to it beside it, or restore a backup.',
      { path, cause: thrown },
    );
  }
}

/** Makes a database one file: it can then be read from a medium that nobody can write to, with nothing beside it. */
function leaveWriteAheadLog(path: string, key?: Uint8Array | null): void {
  const sqlite = unlocked(new Sqlite(path, { ...bindingOption(), fileMustExist: true }), path, key);
  try {
    sqlite.pragma('journal_mode = DELETE');
  } finally {
    sqlite.close();
  }
}

/**
 * Before the file of a database is exchanged: makes sure that nobody has it open, and that it is one file.
 * @throws Fault `timed-out` where another process has it open, `bad-database` where it is damaged
 */
export function releaseDatabase(path: string, key?: Uint8Array | null): void {
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = unlocked(new Sqlite(path, { ...bindingOption(), timeout: 10_000 }), path, key);
    takeForOneself(sqlite, path);
  } catch (thrown) {
    throw asFault(thrown, path);
  } finally {
    sqlite?.close();
  }
}

function useCipher(sqlite: Sqlite.Database): void {
  sqlite.pragma("cipher = 'sqlcipher'");
  sqlite.pragma('legacy = 4');
}

const rawKey = (key: Uint8Array) => `x'${Buffer.from(key).toString('hex')}'`;

/** Whether a file is a database that nothing encrypts; false also where there is none. */
export function isPlainDatabase(path: string): boolean {
  return existsSync(path) && readBeginning({ path }, 16).toString('latin1') === 'SQLite format 3\0';
}

/**
 * Encrypts a database, or decrypts it with `to` null: in a copy that is checked before it takes the place of the database.
 * Nobody else may have it open.
 * @throws Fault `timed-out` where another process has it open, `bad-database`, `disk-full`; it is as before then
 */
export function rekeyDatabase(path: string, from: Uint8Array | null, to: Uint8Array | null): void {
  const copy = `${path}.rekeyed`;
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = openFile(path, from);
    takeForOneself(sqlite, path);
    rmSync(copy, { force: true });
    makePrivateFile(copy);
    sqlite.prepare('VACUUM INTO ?').run(copy);
    const rekeyed = openFile(copy, from);
    rekeyed.pragma('journal_mode = DELETE');
    if (to) useCipher(rekeyed);
    rekeyed.pragma(to ? `rekey = "${rawKey(to)}"` : "rekey = ''");
    rekeyed.close();
    checkDatabaseFile(copy, to);
    toDisk(copy);
    sqlite.close();
    renameSync(copy, path);
  } catch (thrown) {
    throw asFault(thrown, path);
  } finally {
    sqlite?.close();
    rmSync(copy, { force: true });
  }
}

function openFile(path: string, key?: Uint8Array | null): Sqlite.Database {
  let sqlite: Sqlite.Database | undefined;
  try {
    makePrivateFile(path);
    // SQLite gives these the database's own rights when it makes them.
    for (const beside of ['-wal', '-shm']) keepPrivate(path + beside);
    sqlite = unlocked(new Sqlite(path, { ...bindingOption(), timeout: 10_000 }), path, key);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    // What is deleted is gone from the file, and from copies of it, and not only from its tables.
    sqlite.pragma('secure_delete = ON');
    const quick = sqlite.pragma('quick_check(1)', { simple: true });
    if (quick !== 'ok') throw damaged(path, new Error(String(quick)));
    return sqlite;
  } catch (thrown) {
    sqlite?.close();
    throw asFault(thrown, path);
  }
}

/** @throws Fault `unsupported` before the addon could take the process down. */
function bindingOption(): { nativeBinding?: string } {
  const built = process.env.MEDICLIP_SQLITE_BINDING;
  if (built) return { nativeBinding: built };
  if (Number(process.versions.napi) >= PREBUILT_NODE_API) return {};
  throw new Fault(
    'unsupported',
    `The database code needs Node-API ${PREBUILT_NODE_API}; this runtime has ${process.versions.napi}. ` +
      'Start with npm start, which provides a matching build, or name one in MEDICLIP_SQLITE_BINDING.',
  );
}

function wrap(sqlite: Sqlite.Database, path: string, options: OpenOptions): Omit<OpenDatabase, 'replaced'> {
  const statements = new Map<string, Sqlite.Statement>();
  const prepared = (sql: string) => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = sqlite.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  // Made once: the driver prepares a transaction anew each time that it is given a function.
  const inTransaction = sqlite.transaction((work: () => unknown) => work());
  const waiting: (() => void)[] = [];
  const transaction = <T>(work: () => T): T => {
    const [isOutermost, before] = [!sqlite.inTransaction, waiting.length];
    let result: T;
    try {
      result = inTransaction.immediate(work) as T;
    } catch (thrown) {
      waiting.length = before;
      throw thrown;
    }
    if (isOutermost) for (const act of waiting.splice(0)) act();
    return result;
  };
  const timed = <T>(sql: string, work: () => T): T => {
    const start = performance.now();
    try {
      return work();
    } catch (thrown) {
      throw asFault(thrown, path);
    } finally {
      const ms = performance.now() - start;
      if (ms > SLOW_MS) options.onSlowStatement?.(sql, ms);
    }
  };
  return {
    path,
    all: <Row>(sql: string, ...values: readonly Value[]) => timed(sql, () => prepared(sql).all(...values) as Row[]),
    get: <Row>(sql: string, ...values: readonly Value[]) =>
      timed(sql, () => prepared(sql).get(...values) as Row | undefined),
    run: (sql, ...values) => timed(sql, () => prepared(sql).run(...values).changes),
    transaction: (work) => timed('transaction', () => transaction(work)),
    afterCommit: (act) => (sqlite.inTransaction ? void waiting.push(act) : act()),
    check: () => timed('check', () => problemsOf(sqlite)),
    forget: () => timed('forget', () => void sqlite.pragma('wal_checkpoint(TRUNCATE)')),
    backup: async (target) => {
      try {
        // SQLite's online backup cannot copy into an encrypted file; this copies under the same key, at one go.
        makePrivateFile(target);
        if (options.key) sqlite.prepare('VACUUM INTO ?').run(target);
        else await sqlite.backup(target);
        leaveWriteAheadLog(target, options.key);
      } catch (thrown) {
        throw asFault(thrown, target);
      }
    },
    close: () => sqlite.close(),
  };
}

function problemsOf(sqlite: Sqlite.Database): string[] {
  const rows = sqlite.pragma('integrity_check(20)') as { integrity_check: string }[];
  const orphans = sqlite.pragma('foreign_key_check') as { table: string; parent: string }[];
  return [
    ...rows.map((row) => row.integrity_check).filter((line) => line !== 'ok'),
    ...orphans.map((row) => `A row of ${row.table} points at a row of ${row.parent} that is not there.`),
  ];
}

const damaged = (path: string, cause: unknown) =>
  new Fault(
    'bad-database',
    'The database is damaged. Close the application, keep a copy of the data folder, and restore a backup with "db restore".',
    { path, cause },
  );

/** SQLite's errors as sentences. Faults, and errors that are not SQLite's, pass unchanged. */
function asFault(thrown: unknown, path: string): unknown {
  const code = (thrown as { code?: unknown } | null)?.code;
  if (thrown instanceof Fault || typeof code !== 'string' || !code.startsWith('SQLITE_')) return thrown;
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return damaged(path, thrown);
  if (code === 'SQLITE_CONSTRAINT_TRIGGER')
    return new Fault('not-allowed', `This is not allowed: ${(thrown as Error).message}.`, { cause: thrown });
  if (code === 'SQLITE_FULL' || (code.startsWith('SQLITE_IOERR') && isFull(path)))
    return Fault.from({ code: 'SQLITE_FULL', cause: thrown }, { path });
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new Fault('timed-out', 'Another process is writing to the database. Try again once it has finished.', {
      path,
      cause: thrown,
    });
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY'))
    return new Fault(
      'bad-database',
      'The database cannot be read or written here. Check the disk and its permissions.',
      {
        path,
        cause: thrown,
      },
    );
  return thrown;
}

/** SQLite's index of the write-ahead log takes 32 KB; on a full disk its failure reads like one of the disk. */
function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}
