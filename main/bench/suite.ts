/** What a suite of measurements is. Each lives in a file of its own beside this one and is listed in suites.ts. */
import type { JobContext } from '../services/jobs.ts';
import type { Tools } from '../services/workstation.ts';

/** One figure. */
export interface BenchRow {
  /** What was measured, in words that stay the same from run to run: tables are made by them. */
  readonly measure: string;
  readonly value: number;
  /** `ms`, `s`, `MB`, `MB/s`, `GFLOP/s`, `ratio`, `count` */
  readonly unit: string;
  /** Sizes and settings, or why a figure is what it is. */
  readonly note?: string;
}

export interface BenchContext {
  readonly tools: Tools;
  /** Progress and cancel: a suite checks the signal between figures. */
  readonly job: JobContext;
  /** An empty folder that is removed afterwards. */
  readonly scratch: string;
  /** Few repetitions and small sizes: proves that the suite works, and its figures mean little. */
  readonly quick: boolean;
  /** Packs or profiles named on the command line with --model; the suite's own where it is empty. */
  readonly models: readonly string[];
}

export interface Suite {
  /** One line for the overview. */
  readonly does: string;
  /** @throws Fault `cancelled`, and those of what it measures */
  readonly run: (context: BenchContext) => Promise<readonly BenchRow[]>;
}

/** Three significant digits: more would pretend. */
export function figure(measure: string, value: number, unit: string, note?: string): BenchRow {
  return { measure, value: Number(value.toPrecision(3)), unit, ...(note === undefined ? {} : { note }) };
}
