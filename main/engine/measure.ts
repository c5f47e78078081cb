/** What a graph costs on this machine: the one engine task that the product's own measurements (main/bench) need. */
import { readFileSync } from 'node:fs';
import { throwIfCancelled } from '../fault.ts';
import { openSession } from './sessions.ts';
import type { MeasureInput, MeasureOutput } from './tasks.ts';

/**
 * Opens a session of its own for the model and runs it, once unmeasured and then `repeats` times.
 * @throws Fault `provider-failed`, `cancelled`
 */
export async function measure(input: MeasureInput, signal: AbortSignal): Promise<MeasureOutput> {
  const before = privateMb();
  const openingStarted = performance.now();
  const session = await openSession(input.model, input.session);
  const openMs = performance.now() - openingStarted;
  const openPrivateMb = privateMb() - before;
  const runMs: number[] = [];
  const runCpuMs: number[] = [];
  try {
    if (input.repeats > 0) await session.run(input.feeds);
    for (let i = 0; i < input.repeats; i++) {
      throwIfCancelled(signal);
      const [started, cpu] = [performance.now(), process.cpuUsage()];
      await session.run(input.feeds);
      runMs.push(performance.now() - started);
      const { user, system } = process.cpuUsage(cpu);
      runCpuMs.push((user + system) / 1000);
    }
  } finally {
    await session.close();
  }
  return { openMs, openPrivateMb, runMs, runCpuMs };
}

/**
 * Memory that is this process's alone, MB: without files that are mapped and can be dropped again. Where the system does
 * not tell them apart, all that is resident.
 */
function privateMb(): number {
  try {
    const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (anonymous !== undefined) return Number(anonymous) / 1024;
  } catch {
    // Linux alone has it.
  }
  return process.memoryUsage().rss / 2 ** 20;
}
