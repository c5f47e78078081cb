import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testWorkstation } from '../../tests/support/workstation.ts';
import { readBlob } from '../store/blobs.ts';
import { claimSends, listSends, markUnsent, nextSend, releaseSends, retrySend } from '../store/network.ts';
import { openStore } from '../store/store.ts';
import { configureNode, removeNode } from './nodes.ts';
import { enqueueSend } from './send-queue.ts';

const pacs = {
  kind: 'dimse',
  name: 'pacs',
  host: '127.0.0.1',
  port: 104,
  aeTitle: 'PACS',
  callingAeTitle: 'MEDICLIP',
  retrieve: 'get',
  tls: false,
  caFile: '',
  certFile: '',
  keyFile: '',
};

describe('the send queue', () => {
  it('keeps the bytes when the files go, and the entries when the application does', async () => {
    const station = testWorkstation();
    configureNode(station, pacs);
    const { folder, paths } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
    const entries = await enqueueSend(station, paths, 'pacs');
    expect(entries.map(({ state }) => state)).toEqual(['waiting', 'waiting']);
    rmSync(folder, { recursive: true });

    const again = openStore(station.store.folder.root);
    onTestFinished(() => again.db.close());
    const due = claimSends(again.db, new Date().toISOString(), 4_000_001, 10);
    expect(due.map(({ id }) => id).sort()).toEqual(entries.map(({ id }) => id).sort());
    for (const { fileSha256, bytes } of due) expect(await readBlob(again.folder, fileSha256)).toHaveLength(bytes);

    // Another process takes nothing of it, until the one that did is gone.
    expect(claimSends(again.db, new Date().toISOString(), 4_000_002, 10)).toEqual([]);
    expect(releaseSends(again.db, () => true)).toBe(0);
    expect(releaseSends(again.db, () => false)).toBe(2);
    expect(claimSends(again.db, new Date().toISOString(), 4_000_002, 1)).toHaveLength(1);
  });

  it('queues all files or none, and nothing for a node that is not configured', async () => {
    const station = testWorkstation();
    const { folder, paths } = writePhantomStudy(freshFolder(), { number: 2 });
    await expect(enqueueSend(station, paths, 'pacs')).rejects.toMatchObject({ code: 'not-found' });
    configureNode(station, pacs);
    expect(await enqueueSend(station, [folder], 'pacs')).toHaveLength(paths.length);
    const before = listSends(station.store.db);
    const letter = join(folder, 'letter.dcm');
    writeFileSync(letter, 'Dear colleague');
    await expect(enqueueSend(station, [...paths, letter], 'pacs')).rejects.toMatchObject({
      code: 'bad-file',
      path: letter,
    });
    expect(listSends(station.store.db)).toEqual(before);
  });

  it('tries later what failed, and never what was given up until a person says so', async () => {
    const station = testWorkstation();
    configureNode(station, pacs);
    const [entry] = await enqueueSend(station, writePhantomStudy(freshFolder(), { number: 3 }).paths, 'pacs');
    const { db } = station.store;
    const id = entry?.id ?? '';
    markUnsent(db, id, 'It does not answer.', '2999-01-01T00:00:00.000Z');
    expect(nextSend(db)).toEqual({ at: '2999-01-01T00:00:00.000Z', node: 'pacs' });
    expect(claimSends(db, new Date().toISOString(), 1, 10)).toEqual([]);
    markUnsent(db, id, 'Refused.', null);
    expect(nextSend(db)).toBeNull();
    expect(listSends(db)).toMatchObject([{ state: 'failed', attempts: 2, lastError: 'Refused.' }]);
    retrySend(db, id, new Date(0).toISOString());
    expect(() => removeNode(station, 'pacs')).toThrow(/wait to be sent/);
    expect(claimSends(db, new Date().toISOString(), 1, 10)).toHaveLength(1);
  });
});

describe('a node', () => {
  it.each([
    [{ ...pacs, aeTitle: 'SEVENTEEN_LETTERS' }, /aeTitle/],
    [{ ...pacs, port: 0 }, /port/],
    [{ ...pacs, name: '../x' }, /name/],
    [
      {
        kind: 'dicomweb',
        name: 'web',
        url: 'https://me:secret@pacs/',
        auth: '',
        caFile: '',
        certFile: '',
        keyFile: '',
      },
      /url/,
    ],
    [
      { kind: 'dicomweb', name: 'web', url: 'https://pacs/', auth: 'secret', caFile: '', certFile: '', keyFile: '' },
      /auth/,
    ],
  ])('described wrongly is refused by the name of the field', (node, says) => {
    expect(() => configureNode(testWorkstation(), node)).toThrow(says);
  });
});
