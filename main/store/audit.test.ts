import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import Sqlite from 'better-sqlite3-multiple-ciphers';
import { describe, expect, it } from 'vitest';
import { freshStore, someInstance } from '../../tests/support/store.ts';
import { type AuditEntry, appendAudit, listAudit, verifyAudit } from './audit.ts';
import { saveReport } from './reports.ts';
import type { Store } from './store.ts';
import { insertInstance } from './studies.ts';

const EMPTY_REPORT = {
  language: 'en',
  indication: '',
  technique: '',
  findings: '',
  impression: '',
  signedAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  addenda: [],
} as const;

function storeWithEntries(count: number): Store {
  const store = freshStore();
  for (let i = 0; i < count; i++) append(store, i);
  return store;
}

function append({ db, folder }: Store, i: number, change: Partial<AuditEntry> = {}): void {
  appendAudit(db, folder, {
    at: `2026-01-01T00:00:0${i}.000Z`,
    actor: 'someone',
    action: 'import',
    subject: `1.2.${i}`,
    outcome: 'success',
    detail: '{}',
    ...change,
  });
}

/** What someone does who has the file and knows SQLite. */
function tamper({ folder }: Store, sql: string): void {
  const database = new Sqlite(folder.database);
  database.exec(`DROP TRIGGER audit_is_not_edited; DROP TRIGGER audit_is_not_cut; ${sql}`);
  database.close();
}

describe('the audit trail', () => {
  it('verifies as written', () => {
    const store = storeWithEntries(5);
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: true, entries: 5 });
    expect(listAudit(store.db).map(({ entry, subject }) => [entry, subject])).toEqual(
      [0, 1, 2, 3, 4].map((i) => [i + 1, `1.2.${i}`]),
    );
    const empty = freshStore();
    expect(verifyAudit(empty.db, empty.folder)).toEqual({ ok: true, entries: 0 });
  });

  it.each([
    ['editing', `UPDATE audit SET actor = 'another' WHERE entry = 3`, 3],
    ['editing the detail', `UPDATE audit SET detail = '{"a":1}' WHERE entry = 1`, 1],
    ['deleting', `DELETE FROM audit WHERE entry = 2`, 2],
    [
      'deleting and renumbering',
      `DELETE FROM audit WHERE entry = 2; UPDATE audit SET entry = entry - 1 WHERE entry > 2`,
      2,
    ],
    [
      'reordering',
      `UPDATE audit SET entry = 100 WHERE entry = 3; UPDATE audit SET entry = 3 WHERE entry = 4;
       UPDATE audit SET entry = 4 WHERE entry = 100`,
      3,
    ],
    [
      'adding',
      `INSERT INTO audit SELECT 6, at, actor, action, 'forged', outcome, detail, mac, mac FROM audit WHERE entry = 5`,
      6,
    ],
    ['cutting at the end', `DELETE FROM audit WHERE entry >= 4`, 4],
    ['cutting all', `DELETE FROM audit`, 1],
  ])('reveals %s', (_, sql, brokenAt) => {
    const store = storeWithEntries(5);
    tamper(store, sql);
    expect(verifyAudit(store.db, store.folder)).toMatchObject({ ok: false, brokenAt });
  });

  it.each([
    ['the end', `DELETE FROM audit WHERE entry >= 4`],
    ['all', `DELETE FROM audit`],
  ])('still reveals that %s was cut when work goes on after it', (_, sql) => {
    for (const headToo of [false, true]) {
      const store = storeWithEntries(5);
      tamper(store, sql);
      if (headToo) rmSync(store.folder.auditHead);
      for (const i of [5, 6, 7]) append(store, i);
      expect(verifyAudit(store.db, store.folder)).toMatchObject({ ok: false });
    }
  });

  it('goes on after a crash between an entry and its head', () => {
    const store = storeWithEntries(2);
    const head = readFileSync(store.folder.auditHead);
    append(store, 3);
    writeFileSync(store.folder.auditHead, head);
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: true, entries: 3 });
    append(store, 4);
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: true, entries: 4 });
    tamper(store, 'DELETE FROM audit WHERE entry = 4');
    expect(verifyAudit(store.db, store.folder)).toMatchObject({ ok: false, brokenAt: 4 });
  });

  it('reveals that it was wiped with its key and head, also when work goes on after it', () => {
    const store = storeWithEntries(3);
    tamper(store, 'DELETE FROM audit');
    rmSync(store.folder.auditHead);
    rmSync(store.folder.auditKey);
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: false, entries: 0, brokenAt: 1 });
    append(store, 4);
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: false, entries: 1, brokenAt: 2 });
  });

  it('reveals that it was wiped with every mark of it, by what was signed', () => {
    const store = storeWithEntries(3);
    insertInstance(store.db, someInstance(), '2026-01-01');
    const report = { ...EMPTY_REPORT, studyInstanceUid: '1.2.3', state: 'signed', signedBy: 'someone' } as const;
    saveReport(store.db, report);
    append(store, 3, { action: 'report.sign', subject: '1.2.3' });
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: true, entries: 4 });
    tamper(store, `DELETE FROM audit; DELETE FROM settings`);
    rmSync(store.folder.auditHead);
    rmSync(store.folder.auditKey);
    append(store, 4);
    expect(verifyAudit(store.db, store.folder)).toEqual({ ok: false, entries: 1, brokenAt: 2 });
  });

  it('does not verify without its key or its sealed head', () => {
    const withoutKey = storeWithEntries(2);
    rmSync(withoutKey.folder.auditKey);
    expect(verifyAudit(withoutKey.db, withoutKey.folder)).toMatchObject({ ok: false, brokenAt: 1 });
    const withoutHead = storeWithEntries(2);
    rmSync(withoutHead.folder.auditHead);
    expect(verifyAudit(withoutHead.db, withoutHead.folder)).toMatchObject({ ok: false, brokenAt: 3 });
  });
});
