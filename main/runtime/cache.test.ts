import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cachedFolder, cacheFolder, withLock } from './cache.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'workstation-cache-'));
  vi.stubEnv(process.platform === 'win32' ? 'LOCALAPPDATA' : 'XDG_CACHE_HOME', base);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

test.skipIf(process.platform === 'darwin')('a folder is made once, whoever asks at the same time', async () => {
  let made = 0;
  const make = async (folder: string) => {
    made += 1;
    await sleep(50);
    writeFileSync(join(folder, 'content'), 'whole');
  };
  const folders = await Promise.all([cachedFolder('thing', make), cachedFolder('thing', make)]);
  expect(made).toBe(1);
  expect(folders[0]).toBe(join(cacheFolder(), 'thing'));
  expect(readFileSync(join(folders[1]!, 'content'), 'utf8')).toBe('whole');
});

test.skipIf(process.platform === 'darwin')('a folder whose making failed leaves nothing and is made anew', async () => {
  const fail = async (folder: string) => {
    writeFileSync(join(folder, 'content'), 'half');
    throw new Error('connection lost');
  };
  await expect(cachedFolder('thing', fail)).rejects.toThrow('connection lost');
  expect(readdirSync(cacheFolder())).toEqual([]);
  const folder = await cachedFolder('thing', async (empty) => writeFileSync(join(empty, 'content'), 'whole'));
  expect(readFileSync(join(folder, 'content'), 'utf8')).toBe('whole');
});

test('the lock of a process that died is void', async () => {
  const lock = join(base, 'lock');
  writeFileSync(lock, '4194304'); // above the highest process id of Linux
  expect(await withLock(lock, async () => 'done')).toBe('done');
  expect(existsSync(lock)).toBe(false);
});

test('so is one that nobody touches any more, though a later process has got the number of its owner', async () => {
  const lock = join(base, 'lock');
  writeFileSync(lock, String(process.ppid));
  const minutesAgo = new Date(Date.now() - 120_000);
  utimesSync(lock, minutesAgo, minutesAgo);
  expect(await withLock(lock, async () => 'done')).toBe('done');
});
