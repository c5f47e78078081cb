/** The command line: finds the command, checks its arguments, runs it, and turns what goes wrong into an exit code. */
import { resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { JobProgress } from '../../preload/contract/model.ts';
import { exitStatusOf, Fault } from '../fault.ts';
import type { JobContext } from '../services/jobs.ts';
import { requireNetwork } from '../services/policy.ts';
import { isEncrypted, readPassphrase, unlockByPassphrase, unlockBySystem } from '../services/vault.ts';
import { openWorkstation, recordFailure, type Workstation } from '../services/workstation.ts';
import { benchCommands } from './bench-commands.ts';
import { calibrationCommands } from './calibration-commands.ts';
import { type Command, type CommandHost, CommandOptions } from './command.ts';
import { methodCommands } from './method-commands.ts';
import { pacsCommands } from './pacs-commands.ts';
import { referenceSetCommands } from './reference-set-commands.ts';
import { storeCommands } from './store-commands.ts';
import { upkeepCommands } from './upkeep-commands.ts';
import { vaultCommands } from './vault-commands.ts';

const commands: Readonly<Record<string, Command>> = {
  ...upkeepCommands,
  ...storeCommands,
  ...methodCommands,
  ...calibrationCommands,
  ...referenceSetCommands,
  ...benchCommands,
  ...pacsCommands,
  ...vaultCommands,
};

/** Runs one command and returns the exit code. Never throws. */
export async function runCommandLine(args: readonly string[], host: CommandHost): Promise<number> {
  let opened: Workstation | null = null;
  let name = '';
  try {
    if (args.length === 0 || args[0] === 'help' || args[0] === '--help') {
      host.log(overview());
      return args.length === 0 ? 2 : 0;
    }
    const { command, options, positionals, ...found } = parse(args);
    name = found.name;
    const dataFolder = resolve(options.text('data-dir') ?? host.dataFolder);
    const tools = { ...host.toolsOn(dataFolder), dataKey: await unlock(dataFolder, options, host) };
    if (name.startsWith('pacs ')) requireNetwork(tools.policy);
    const status = await command.run({
      host,
      dataFolder,
      tools,
      options,
      positionals,
      job: jobOf(host),
      station: () => {
        opened ??= openWorkstation(tools, dataFolder);
        return opened;
      },
    });
    return status ?? 0;
  } catch (thrown) {
    const fault = host.signal.aborted ? new Fault('cancelled', 'Cancelled.', { cause: thrown }) : Fault.from(thrown);
    host.log(fault.path === undefined ? fault.message : `${fault.path}: ${fault.message}`);
    if (fault.code === 'internal' && fault.cause instanceof Error) host.log(String(fault.cause.stack));
    if (opened) recordFailure(opened, `cli.${name.replace(' ', '-')}`, '', fault);
    return exitStatusOf(fault.code);
  } finally {
    (opened as Workstation | null)?.store.db.close();
  }
}

/** The key of an encrypted data folder: from the passphrase that was given, else from the system; null without either. */
async function unlock(root: string, options: CommandOptions, host: CommandHost): Promise<Uint8Array | null> {
  if (!isEncrypted(root)) return null;
  const path = options.text('passphrase-file');
  return path === undefined
    ? await unlockBySystem(root, await host.systemKeys())
    : await unlockByPassphrase(root, readPassphrase(path));
}

interface Parsed {
  readonly name: string;
  readonly command: Command;
  readonly options: CommandOptions;
  readonly positionals: readonly string[];
}

const COMMON = { 'data-dir': { type: 'string' }, 'passphrase-file': { type: 'string' } } as const;

/** @throws Fault `usage` */
function parse(args: readonly string[]): Parsed {
  const { name, rest } = findCommand(args);
  const command = commands[name] as Command;
  const refuse = (sentence: string): never => {
    throw new Fault('usage', `${sentence}\nUsage: ${name} ${command.usage}`.trimEnd());
  };
  const { values, positionals } = parseOrRefuse(
    { args: [...rest], options: { ...command.options, ...COMMON }, allowPositionals: true },
    refuse,
  );
  const [least, most] = command.takes;
  if (positionals.length < least) refuse('Something is missing.');
  if (positionals.length > most) refuse(`"${positionals[most]}" is one argument too many.`);
  return { name, command, options: new CommandOptions(values, refuse), positionals };
}

function findCommand(args: readonly string[]): { readonly name: string; readonly rest: readonly string[] } {
  // `--data-dir DIR` may also stand before the command.
  const before = args[0] === '--data-dir' ? args.slice(0, 2) : [];
  const [first = '', second = '', ...others] = args.slice(before.length);
  if (`${first} ${second}` in commands) return { name: `${first} ${second}`, rest: [...before, ...others] };
  if (first in commands) return { name: first, rest: [...before, ...args.slice(before.length + 1)] };
  throw new Fault('usage', `There is no command "${first}".\n${overview()}`);
}

function parseOrRefuse(config: ParseArgsConfig, refuse: (sentence: string) => never) {
  try {
    return parseArgs(config);
  } catch (thrown) {
    return refuse(`${(thrown as Error).message.split('. ')[0]}.`);
  }
}

function overview(): string {
  const lines = Object.entries(commands).map(
    ([name, { usage, does }]) => `  ${`${name} ${usage}`.trim()}\n      ${does}`,
  );
  return `Commands (all take --data-dir DIR, and --passphrase-file FILE where that is encrypted):\n${lines.join('\n')}`;
}

const PROGRESS_MS = 2000;

/** Progress as lines on stderr: one where another kind of work begins, and at most one every two seconds of each. */
function jobOf(host: CommandHost): JobContext {
  let last = performance.now();
  let counted: string | undefined;
  return {
    id: `cli-${process.pid}-${Date.now()}`,
    signal: host.signal,
    progress: (progress: JobProgress) => {
      const begins = counted !== undefined && counted !== progress.unit;
      counted = progress.unit;
      if (!begins && performance.now() - last < PROGRESS_MS) return;
      last = performance.now();
      host.log(progressLine(progress));
    },
  };
}

function progressLine({ done, total, unit, note, lossTrace }: JobProgress): string {
  const count = total > 0 ? `${done} of ${total} ${unit}` : '';
  const loss = lossTrace && lossTrace.length > 0 ? `loss ${lossTrace.at(-1)?.toFixed(4)}` : '';
  return [note, count, loss].filter((part) => part !== '').join(', ');
}
