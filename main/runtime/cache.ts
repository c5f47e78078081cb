/** The folder outside the checkout that holds what was fetched or compiled once, and the lock that guards its making. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Follows the platform's custom; on Linux `$XDG_CACHE_HOME/mediclip-workstation`. */
export function cacheFolder(): string {
  const base =
    process.platform === 'darwin'
      ? join(homedir(), 'Library', 'Caches')
      : process.platform === 'win32'
        ? (process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
        : process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'mediclip-workstation');
}

/**
 * The folder `name` of the cache, made by `make` where it is not there yet. It appears whole or not at all: `make` fills
 * a neighbour that is then renamed. Of several processes one makes it and the others wait.
 */
export async function cachedFolder(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return;
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    try {
      await make(unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Runs `work` while no other process on this machine runs under the same lock file. Locks of dead processes are void. */
export async function withLock<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lockFile), { recursive: true });
  while (!tryLock(lockFile)) await sleep(200);
  try {
    return await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

function tryLock(lockFile: string): boolean {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (isAbandoned(lockFile)) rmSync(lockFile, { force: true });
    return false;
  }
}

function isAbandoned(lockFile: string): boolean {
  try {
    const owner = Number(readFileSync(lockFile, 'utf8'));
    // Between its creation and the writing of the pid the file is empty for a moment.
    if (!owner) return Date.now() - statSync(lockFile).mtimeMs > 10_000;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
