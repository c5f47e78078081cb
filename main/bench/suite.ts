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
  /** Opens the application's window on a data folder, drives it, and closes it; absent where there is none to open. */
  readonly measureWindow?: MeasureWindow | undefined;
}

/** Studies of a data folder by their patient ids, which the worklist is searched for. */
export interface RenderingPlan {
  readonly dataFolder: string;
  readonly large: string;
  readonly small: readonly string[];
  /** A small one that has an analysis. */
  readonly analysed: string;
}

export interface RenderingFigures {
  /** From the double click on a row to the drawn picture, opening after opening. */
  readonly openingMs: readonly number[];
  readonly scroll: {
    readonly steps: number;
    readonly perSecond: number;
    readonly frames: number;
    readonly blankFrames: number;
    /** Of the picture on the screen behind the one that was asked for. */
    readonly mostBehind: number;
    readonly framesPerSecond: number;
  };
  /** Of every time that the map was put on or off: frames until it was drawn, and ms. */
  readonly overlay: { readonly frames: readonly number[]; readonly ms: readonly number[] };
  readonly memory: readonly MemoryFigures[];
}

export interface MemoryFigures {
  /** Studies that were opened and closed before. */
  readonly closed: number;
  readonly windowMb: number;
  readonly graphicsMb: number;
  readonly heapMb: number;
}

/** @throws Fault `cancelled`, `internal` where the window came to no figures */
export type MeasureWindow = (plan: RenderingPlan, signal: AbortSignal) => Promise<RenderingFigures>;

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
