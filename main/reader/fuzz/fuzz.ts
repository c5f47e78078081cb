/**
 * `npm run fuzz -- N [--seed S] [--from I]`: N mutated files through the reader, in a child process as in the product.
 * Reports hangs, crashes, untyped errors and the peak memory; each finding's input is written beside the temporary
 * files, and `--from I` with N = 1 repeats it. Exit code 1 where there was any.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { FromChild } from '../../process/tasks.ts';
import { type ChildHandle, WorkerProcess } from '../../process/worker-process.ts';
import { READER_LIMITS } from '../reader-limits.ts';
import type { FuzzTasks, Verdict } from './fuzz-tasks.ts';

/** Of the child's own computing, where the system tells it: a busy machine is no hang. No honest file takes a hundredth. */
const HANG_MS = 10_000;
const BATCH = 100;

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, from: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const count = Number(positionals[0] ?? 1000);
const seed = Number(values.seed);
const first = Number(values.from);
const real = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const folder = existsSync(real) ? real : null;
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mediclip-fuzz-'));
const kept = mkdtempSync(join(tmpdir(), 'mediclip-fuzz-found-'));

const worker = new WorkerProcess<FuzzTasks>({
  start: startChild,
  diedCode: 'reader-died',
  diedMessage: 'crash',
  cancelGraceMs: 0,
  memoryLimit: { bytes: READER_LIMITS.memoryBytes, message: 'memory' },
});
const outcomes = new Map<string, number>();
const found: { readonly what: string; readonly index: number; readonly detail: string }[] = [];
let peakBytes = 0;
/** Of the child that runs now. */
let childId: number | undefined;
const started = performance.now();
let told = started;

let next = first;
while (next < first + count) {
  next = await examineFrom(next, Math.min(next + BATCH, first + count));
  if (performance.now() - told > 30_000 || next === first + count) {
    told = performance.now();
    console.error(
      `${next - first} of ${count} inputs, ${found.length} findings, ${Math.round((told - started) / 1000)} s`,
    );
  }
}
for (const { index, what, detail } of found.slice(0, 50)) {
  const out = join(kept, `input-${index}`);
  const { name } = await worker.run('reproduce', { folder, seed, index, out });
  console.error(`${what}: input ${index} from ${name}, written to ${out}\n${detail}`);
}
worker.close();
rmSync(scratch, { recursive: true, force: true });
const counted = (what: string) => found.filter((finding) => finding.what === what).length;
console.log(
  JSON.stringify({
    inputs: count,
    seed,
    from: first,
    realFiles: folder !== null,
    hangs: counted('hang'),
    crashes: counted('crash'),
    memory: counted('memory'),
    untyped: counted('untyped'),
    peakMemoryMb: Math.round(peakBytes / 1024 ** 2),
    seconds: Math.round((performance.now() - started) / 1000),
    outcomes: Object.fromEntries([...outcomes].sort((a, b) => b[1] - a[1])),
  }),
);
process.exitCode = found.length === 0 ? 0 : 1;

/** Examines a batch and returns where to go on: behind it, or behind the input that ended the child. */
async function examineFrom(from: number, to: number): Promise<number> {
  const abort = new AbortController();
  let current = from;
  let since = performance.now();
  let computedBefore = computedMs();
  const watchdog = setInterval(() => {
    const waited = performance.now() - since;
    const computed = computedMs() - computedBefore;
    if (computed > HANG_MS || waited > HANG_MS * 12) abort.abort();
  }, 500);
  try {
    const onProgress = (index: number) => {
      current = index;
      since = performance.now();
      computedBefore = computedMs();
    };
    const input = { folder, scratch, seed, from, to };
    const { verdicts, peakBytes: peak } = await worker.run('examine', input, { signal: abort.signal, onProgress });
    peakBytes = Math.max(peakBytes, peak);
    verdicts.forEach(note);
    return to;
  } catch (thrown) {
    const what = abort.signal.aborted ? 'hang' : (thrown as Error).message;
    found.push({ what, index: current, detail: String((thrown as Error).cause ?? '') });
    return current + 1;
  } finally {
    clearInterval(watchdog);
  }
}

function note({ outcome, index, detail }: Verdict): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (outcome === 'untyped' || outcome === 'internal') found.push({ what: 'untyped', index, detail });
}

function startChild(): ChildHandle {
  const child: ChildProcess = fork(join(import.meta.dirname, 'fuzz-process.ts'), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [...READER_LIMITS.execArgv],
  });
  childId = child.pid;
  return {
    postMessage: (message) => child.connected && child.send(message),
    onMessage: (listener) => child.on('message', (message) => listener(message as FromChild)),
    onExit: (listener) => child.on('exit', (code, signal) => listener(`exit ${code ?? signal}`)),
    kill: () => child.kill('SIGKILL'),
    residentBytes: () => residentBytesOf(child.pid),
  };
}

/** What the child has computed in all its threads; elsewhere than on Linux 0, and only waiting counts. */
function computedMs(): number {
  try {
    const fields = readFileSync(`/proc/${childId}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10; // user and system time in hundredths of a second
  } catch {
    return 0;
  }
}

/** Linux only; elsewhere the peak that the child reports itself has to do. */
function residentBytesOf(pid: number | undefined): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
  } catch {
    return null;
  }
}
