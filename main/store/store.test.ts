import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder, freshStore, someInstance } from '../../tests/support/store.ts';
import { appendAudit, verifyAudit } from './audit.ts';
import { blobPath, putBytes } from './blobs.ts';
import { getSetting, setSetting } from './settings.ts';
import { backupDatabase, checkStore, openStore, restoreDatabase } from './store.ts';
import { insertInstance, listStudies } from './studies.ts';

describe('checking the store', () => {
  it('finds files that are missing and counts files that no row names', async () => {
    const store = freshStore();
    const { sha256 } = await putBytes(store.folder, Buffer.from('an image'));
    insertInstance(store.db, someInstance({ fileSha256: sha256 }), 'now');
    await putBytes(store.folder, Buffer.from('left by a crash'));
    expect(await checkStore(store)).toEqual({ ok: true, problems: [], missingFiles: [], orphanFiles: 1 });
    rmSync(blobPath(store.folder, sha256));
    expect(await checkStore(store)).toMatchObject({ ok: false, missingFiles: [sha256] });
  });
});

describe('backup and restore', () => {
  it('bring back what was there, keep what is replaced, and leave a trail that verifies', async () => {
    const store = openStore(freshFolder());
    const entry = { at: '', actor: '', action: 'import', subject: '', outcome: 'success', detail: '{}' } as const;
    insertInstance(store.db, someInstance(), 'now');
    appendAudit(store.db, store.folder, entry);
    const backup = join(freshFolder(), 'backup.sqlite');
    await backupDatabase(store, backup);
    insertInstance(store.db, someInstance({ sopInstanceUid: '9', studyInstanceUid: '9' }), 'now');
    appendAudit(store.db, store.folder, entry);
    store.db.close();

    const kept = await restoreDatabase(store.folder.root, backup, { now: new Date() });
    const restored = openStore(store.folder.root);
    expect(listStudies(restored.db).map((study) => study.studyInstanceUid)).toEqual(['1.2.3']);
    expect(verifyAudit(restored.db, restored.folder)).toEqual({ ok: true, entries: 1 });
    expect(readdirSync(store.folder.root)).toContain(kept?.split(/[\\/]/).at(-1));
    restored.db.close();
  });

  it('refuse a file that is no database of ours, and change nothing', async () => {
    const store = openStore(freshFolder());
    setSetting(store.db, 'reader', 'someone');
    store.db.close();
    const other = join(freshFolder(), 'other.sqlite');
    writeFileSync(other, 'nonsense '.repeat(1000));
    await expect(restoreDatabase(store.folder.root, other, { now: new Date() })).rejects.toMatchObject({
      code: 'bad-database',
    });
    const after = openStore(store.folder.root);
    expect(getSetting(after.db, 'reader')).toBe('someone');
    after.db.close();
  });

  it('leave no half of a backup where it cannot be written', async () => {
    const target = join(freshFolder(), 'no-such-folder', 'backup.sqlite');
    await expect(backupDatabase(freshStore(), target)).rejects.toThrow();
  });
});
