/** The folder outside the checkout that holds what was fetched or compiled once, and the lock that guards its making. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './command.ts';

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

/** How often the owner of a lock touches it. */
const TOUCH_MS = 2000;
/** A lock that nobody touched for so long is void. Unpacking keeps an owner from touching it for seconds. */
const UNTOUCHED_MS = 60_000;
/** Who waits longer than this is told. */
const SILENT_MS = 5000;

/**
 * Runs `work` while no other process on this machine runs under the same lock file. Locks of dead processes are void: at
 * once where their number is free, else, since the system gives numbers out again, when nobody has touched them for long.
 */
export async function withLock<T>(lockFile: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(lockFile), { recursive: true });
  const told = setTimeout(() => say(`Another process holds ${basename(lockFile)}; waiting for it.`), SILENT_MS);
  while (!tryLock(lockFile)) await sleep(200);
  clearTimeout(told);
  const touching = setInterval(() => touch(lockFile), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    rmSync(lockFile, { force: true });
  }
}

function touch(lockFile: string): void {
  try {
    utimesSync(lockFile, new Date(), new Date());
  } catch {
    // Somebody removed it; nobody waits for it then.
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
    const untouched = Date.now() - statSync(lockFile).mtimeMs;
    // Between its creation and the writing of the number the file is empty for a moment.
    if (!owner) return untouched > 10_000;
    if (untouched > UNTOUCHED_MS) return true;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
