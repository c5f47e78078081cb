import { rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { freshStore } from '../../tests/support/store.ts';
import { appendAudit, listAudit, verifyAudit } from './audit.ts';
import type { Store } from './store.ts';

function storeWithEntries(count: number): Store {
  const store = freshStore();
  for (let i = 0; i < count; i++)
    appendAudit(store.db, store.folder, {
      at: `2026-01-01T00:00:0${i}.000Z`,
      actor: 'someone',
      action: 'import',
      subject: `1.2.${i}`,
      outcome: 'success',
      detail: '{}',
    });
  return store;
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

  it('does not verify without its key or its sealed head', () => {
    const withoutKey = storeWithEntries(2);
    rmSync(withoutKey.folder.auditKey);
    expect(verifyAudit(withoutKey.db, withoutKey.folder)).toMatchObject({ ok: false, brokenAt: 1 });
    const withoutHead = storeWithEntries(2);
    rmSync(withoutHead.folder.auditHead);
    expect(verifyAudit(withoutHead.db, withoutHead.folder)).toMatchObject({ ok: false, brokenAt: 3 });
  });
});
