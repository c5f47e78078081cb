/** Folders for what is on its way into the store. A crash leaves them behind; the next start clears them. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault } from '../fault.ts';
import { isAlive } from '../process/alive.ts';
import type { Workstation } from './workstation.ts';

/** `inbox` is what nodes push, `import` what comes out of archives. */
const KINDS = ['retrieve', 'inbox', 'import', 'demo'] as const;
type StagingKind = (typeof KINDS)[number];

/** A new folder below the temporary ones, named after this process. @throws Fault `disk-full` */
export function stagingFolder({ store }: Workstation, kind: StagingKind): string {
  const path = join(store.folder.temporary, `${kind}-${process.pid}-${randomUUID()}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw Fault.from(thrown);
  }
  return path;
}

const STAGED = new RegExp(`^(${KINDS.join('|')})-(\\d+)-`);

/** Whether a name below the temporary folder is what a process that still runs receives or unpacks into. */
export function isStagedByLiving(name: string): boolean {
  const owner = STAGED.exec(name)?.[2];
  return owner !== undefined && isAlive(Number(owner));
}

/**
 * How the name of a folder ends that holds all of what was to come: a push whose sender was told that it is stored
 * (network/receiver.ts), a study that was fetched to its end. Its import may begin, and must not be left halfway.
 */
export const WHOLE = '.whole';

/** Says of a folder that it holds all that was to come. Returns its new path. @throws Fault `disk-full` and others */
export function markWhole(folder: string): string {
  const whole = `${folder}${WHOLE}`;
  try {
    renameSync(folder, whole);
  } catch (thrown) {
    throw Fault.from(thrown);
  }
  return whole;
}

/**
 * Clears what processes that are gone have left: what was cut off is thrown away, what was wholly received is returned,
 * moved into a folder of this process, to be imported.
 */
export async function sweepStaging(station: Workstation): Promise<readonly string[]> {
  const { temporary } = station.store.folder;
  const whole: string[] = [];
  for (const name of readdirSync(temporary)) {
    const [, kind, owner = ''] = STAGED.exec(name) ?? [];
    if (kind === undefined || Number(owner) === process.pid || isAlive(Number(owner))) continue;
    const left = join(temporary, name);
    for (const received of wholeFoldersOf(left, kind)) {
      const saved = join(stagingFolder(station, 'inbox'), basename(received));
      renameSync(received, saved);
      whole.push(saved);
    }
    await rm(left, { recursive: true, force: true });
  }
  return whole;
}

/** An inbox has a folder for each association; a study that was fetched has one of its own. */
function wholeFoldersOf(left: string, kind: string): readonly string[] {
  if (kind === 'retrieve') return left.endsWith(WHOLE) ? [left] : [];
  if (kind !== 'inbox') return [];
  return readdirSync(left)
    .filter((entry) => entry.endsWith(WHOLE))
    .map((entry) => join(left, entry));
}
