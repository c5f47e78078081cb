/** What a command of the command line is, and what it may ask of its surroundings. */
import type { ParseArgsConfig } from 'node:util';
import type { MeasureWindow } from '../bench/suite.ts';
import type { RuntimeVersions } from '../services/about.ts';
import type { JobContext } from '../services/jobs.ts';
import type { SystemKeys } from '../services/vault.ts';
import type { Tools, Workstation } from '../services/workstation.ts';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** The process that runs the command line. */
export interface CommandHost {
  /** One line on stdout. */
  print(line: string): void;
  /** One line on stderr. */
  log(line: string): void;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Where the store is unless --data-dir says otherwise. */
  readonly dataFolder: string;
  readonly versions: RuntimeVersions;
  toolsOn(dataFolder: string): Tools;
  /** Where the operating system keeps secrets. */
  systemKeys(): Promise<SystemKeys>;
  readonly measureWindow?: MeasureWindow;
}

export interface CommandContext {
  readonly host: CommandHost;
  readonly dataFolder: string;
  readonly tools: Tools;
  /** Opens the store at the first call; it is closed when the command ends. */
  station(): Workstation;
  readonly job: JobContext;
  readonly options: CommandOptions;
  readonly positionals: readonly string[];
}

export interface Command {
  /** After the name: `PATH...` */
  readonly usage: string;
  readonly does: string;
  readonly options: OptionsConfig;
  /** Least and most positional arguments. */
  readonly takes: readonly [number, number];
  /** Prints its result. Returns an exit code where that is not 0. */
  readonly run: (context: CommandContext) => Promise<number | undefined>;
}

/** Values of the options that were given. */
export class CommandOptions {
  readonly #values: Readonly<Record<string, unknown>>;
  /** Ends the command with a sentence and its usage. @throws Fault `usage` */
  readonly refuse: (sentence: string) => never;

  constructor(values: Readonly<Record<string, unknown>>, refuse: (sentence: string) => never) {
    this.#values = values;
    this.refuse = refuse;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** @throws Fault `usage` */
  required(name: string): string {
    return this.text(name) ?? this.refuse(`--${name} is missing.`);
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value : value === undefined ? [] : [String(value)];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A whole number. @throws Fault `usage` */
  whole(name: string, least: number, most: number): number | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= least && value <= most) return value;
    return this.refuse(`--${name} takes a whole number from ${least} to ${most}, not "${given}".`);
  }

  /** A number strictly between 0 and 1. @throws Fault `usage` */
  share(name: string): number | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const value = Number(given);
    if (given !== '' && value > 0 && value < 1) return value;
    return this.refuse(`--${name} takes a number between 0 and 1, not "${given}".`);
  }

  /** One of some words. @throws Fault `usage` */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    const given = this.text(name);
    const found = words.find((word) => word === given);
    if (given === undefined || found !== undefined) return found;
    return this.refuse(`--${name} is one of ${words.join(', ')}, not "${given}".`);
  }
}
