/** Files and folders that nobody but their owner may look into. On Windows the user's profile sees to that. */
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';

/** Rights of the group and of everybody else. */
const OTHERS = 0o077;

/** Takes the rights of others away, where the file system has such and the file is ours to change. */
export function keepPrivate(path: string): void {
  if (process.platform === 'win32') return;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined || (mode & OTHERS) === 0) return;
  try {
    chmodSync(path, mode & 0o700);
  } catch {
    // Another owner, or a medium without rights: whoever chose that folder has settled it.
  }
}

/** @throws where it cannot be made */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  keepPrivate(path);
}

/** An empty file where there is none, so that whoever fills it makes it for nobody else, and says what is in the way. */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    keepPrivate(path);
  }
}

export const isEmptyFolder = (path: string): boolean => readdirSync(path).length === 0;
