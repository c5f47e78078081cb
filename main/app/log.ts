/**
 * The log: one line of JSON per event in the data folder, for whoever helps a site. It names codes and places in our
 * code, never patients, pixels or paths. At 5 MB it starts over and keeps the one before.
 */
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../fault.ts';

export interface Log {
  event(name: string, detail?: Readonly<Record<string, string | number | boolean | null>>): void;
  fault(where: string, thrown: unknown): void;
}

const LARGEST = 5 * 1024 * 1024;

/** Logs into `workstation.log` of the folder. Logging never fails: a full disk must not stop what is being logged. */
export function openLog(folder: string): Log {
  const path = join(folder, 'workstation.log');
  const write = (line: object) => {
    try {
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST) renameSync(path, `${path}.1`);
      appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch {
      // Nowhere to tell it.
    }
  };
  return {
    event: (name, detail = {}) => write({ at: new Date().toISOString(), event: name, ...detail }),
    fault: (where, thrown) => write({ at: new Date().toISOString(), event: 'fault', where, ...describe(thrown) }),
  };
}

/** Code, kind and place of an error and its causes. Messages may quote files, so they are left out. */
function describe(thrown: unknown, depth = 0): object {
  if (!(thrown instanceof Error)) return { kind: typeof thrown };
  const code = thrown instanceof Fault ? thrown.code : (thrown as { code?: unknown }).code;
  const cause = thrown.cause === undefined || depth > 3 ? {} : { cause: describe(thrown.cause, depth + 1) };
  return { kind: thrown.name, ...(typeof code === 'string' ? { code } : {}), at_code: placesOf(thrown), ...cause };
}

/** Function and file name, line and column of the innermost calls. */
function placesOf({ stack = '' }: Error): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim().replace(/\(?(?:file:\/\/)?[^\s()]*[\\/]([^\\/\s()]+)\)?$/, '$1'));
}
