/** Running other programs from these scripts. Whatever they print goes to stderr: stdout belongs to the product. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The checkout: the folder that holds package.json. */
export const projectRoot = join(import.meta.dirname, '..', '..');

/** What a person should read while these scripts provide something. */
export function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** A failure that a person can act on: the entry script prints its sentence, without a stack, and exits with 1. */
export class SetupError extends Error {}

export interface CommandResult {
  /** Exit code; 127 when the program is not there, 128 when a signal or the time limit ended it. */
  readonly code: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

/** Runs a program to its end and keeps what it printed. Never throws. */
export function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, {
      cwd: options.cwd ?? projectRoot,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: program.endsWith('.cmd'),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 128, output }));
  });
}

/** Runs a program that speaks to the terminal itself, and returns its exit code. */
export function runInTerminal(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: projectRoot, stdio: 'inherit', shell: program.endsWith('.cmd') });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 128));
  });
}

/** The same as `run`, for steps that must succeed. @throws SetupError with `failure` and the end of what the program printed. */
export async function runOrFail(
  failure: string,
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<string> {
  const { code, output } = await run(program, args, options);
  if (code !== 0) throw new SetupError(`${failure}\n${output.trimEnd().split('\n').slice(-15).join('\n')}`);
  return output;
}

/** npm as `[program, leading arguments]`: the one that started this script, else the one on PATH. */
export function npmCommand(): readonly [string, readonly string[]] {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return [process.execPath, [script]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

/** Path of a program that an npm package of this project brings. */
export function toolPath(name: string): string {
  return join(projectRoot, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

/** Runs an entry script: a SetupError becomes its sentence on stderr and exit code 1. */
export async function runScript(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
