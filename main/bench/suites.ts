/** The suites of `bench`, and how one is run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calibrate } from './calibrate.ts';
import { detect } from './detect.ts';
import { importSuite } from './import.ts';
import { kill } from './kill.ts';
import { describeMachine, type Machine } from './machine.ts';
import { models } from './models.ts';
import { providers } from './providers.ts';
import { render } from './render.ts';
import { soak } from './soak.ts';
import type { BenchContext, BenchRow, Suite } from './suite.ts';

export const suites: Readonly<Record<string, Suite>> = {
  detect,
  calibrate,
  models,
  providers,
  kill,
  soak,
  import: importSuite,
  render,
};

export interface BenchResult {
  readonly suite: string;
  readonly machine: Machine;
  readonly rows: readonly BenchRow[];
}

/** @throws Fault `cancelled`, and those of what the suite measures */
export async function runSuite(name: string, context: Omit<BenchContext, 'scratch'>): Promise<BenchResult> {
  const scratch = await mkdtemp(join(tmpdir(), 'mediclip-bench-'));
  try {
    const machine = await describeMachine(context.tools);
    return { suite: name, machine, rows: await suites[name]!.run({ ...context, scratch }) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
