/** The command line as a person runs it in a terminal: through npm, in a process group that Ctrl-C reaches whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { npmCommand, projectRoot } from '../../main/runtime/command.ts';
import type { CommandLineResult } from './launch.ts';

export interface RunningCommand {
  readonly finished: Promise<CommandLineResult>;
  /** Resolves once stderr says it. @throws Error where the command ends before */
  says(words: RegExp): Promise<void>;
  /** Ctrl-C */
  interrupt(): void;
  /** SIGKILL to all its processes: nobody has time to clean up. */
  kill(): void;
  /** Process ids of its children, grandchildren and so on. Linux only. */
  descendants(): readonly number[];
}

/** `npm run -s cli -- <args>` */
export function startInTerminal(args: readonly string[], options: { readonly cwd?: string } = {}): RunningCommand {
  const [npm, leading] = npmCommand();
  const { INIT_CWD: _, npm_lifecycle_event: __, ...env } = process.env;
  const child = spawn(npm, [...leading, '--prefix', projectRoot, 'run', '-s', 'cli', '--', ...args], {
    cwd: options.cwd ?? projectRoot,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const finished = new Promise<CommandLineResult>((resolve, reject) => {
    child.on('error', reject);
    // npm ends by the signal that ended its script; a shell tells that as 128 and the signal's number.
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), stdout, stderr }),
    );
  });
  const says = async (words: RegExp) => {
    const heard = new Promise<void>((resolve) => {
      const listen = () => {
        if (words.test(stderr)) resolve();
      };
      child.stderr.on('data', listen);
      listen();
    });
    const ended = finished.then(({ code }) => {
      if (!words.test(stderr)) throw new Error(`The command ended with ${code} before it said ${words}:\n${stderr}`);
    });
    await Promise.race([heard, ended]);
  };
  return {
    finished,
    says,
    interrupt: () => process.kill(-pidOf(child), 'SIGINT'),
    kill: () => process.kill(-pidOf(child), 'SIGKILL'),
    descendants: () => descendantsOf(pidOf(child)),
  };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('The command did not start.');
  return pid;
}

function descendantsOf(ancestor: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      // The fourth field, after the name in brackets, which may hold anything.
      const after = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1) ?? '';
      parents.set(Number(name), Number(after.split(' ')[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === ancestor || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}
