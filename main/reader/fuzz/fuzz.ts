/**
 * `npm run fuzz -- N [--seed S] [--from I] [--wasm-sharp]`: N mutated files through the reader, in a child process as in the
 * product; with `--wasm-sharp` photographs go through WebAssembly, as in the window on Linux. Reports hangs, crashes,
 * untyped errors, Faults that were made of a TypeError or RangeError of ours, and the peak memory; each finding's input is written
 * beside the temporary files, and `--from I` with N = 1 repeats it. A run that was ended goes on with `--from` and the number of inputs that its
 * last line on stderr names. Exit code 1 where there was any finding.
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
/** Of waiting without computing: even on a machine with sixty times as much to do as cores, a file is read in that time. */
const STILL_MS = 600_000;
const BATCH = 100;
/** What imaging/sharp.ts decides by. */
const AS_IN_ELECTRON = "data:text/javascript,Object.defineProperty(process.versions,'electron',{value:'0'})";

interface Finding {
  /** `hang`, `crash`, `memory`, `untyped` or `wrapped`. */
  readonly what: string;
  readonly index: number;
  readonly detail: string;
}

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    'wasm-sharp': { type: 'boolean', default: false },
  },
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
const found: Finding[] = [];
/** Faults made of what a package threw: dicom-parser ends so on nesting beyond its stack. Told, and no finding. */
let wrappedFromPackages = 0;
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
      `${next - first} of ${count} inputs, ${found.length} findings, ${Math.round((told - started) / 1000)} s, next ${next}`,
    );
  }
}
for (const { index, what } of found.slice(0, 50)) {
  const out = join(kept, `input-${index}`);
  const { name } = await worker.run('reproduce', { folder, seed, index, out });
  console.error(`${what}: input ${index} from ${name}, written to ${out}`);
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
    wrapped: counted('wrapped'),
    wrappedFromPackages,
    sharp: values['wasm-sharp'] ? 'WebAssembly' : 'native',
    peakMemoryMb: Math.round(peakBytes / 1024 ** 2),
    seconds: Math.round((performance.now() - started) / 1000),
    outcomes: Object.fromEntries([...outcomes].sort((a, b) => b[1] - a[1])),
  }),
);
process.exitCode = found.length === 0 ? 0 : 1;

/** Examines a batch and returns where to go on: behind it, or behind the input that ended the child. */
async function examineFrom(from: number, to: number): Promise<number> {
  const ended = await examined(from, to);
  if (ended === null) return to;
  // Alone and in a child of its own: what only the inputs before it, or the machine, have slowed down is no hang.
  const again = ended.what === 'hang' ? await examined(ended.index, ended.index + 1) : ended;
  if (again === null) console.error(`input ${ended.index} took long among others and is no hang alone`);
  else report(again);
  return ended.index + 1;
}

/** Examines a batch and notes its verdicts; or says which input ended the child, and how. */
async function examined(from: number, to: number): Promise<Finding | null> {
  const abort = new AbortController();
  let current = from;
  let since = performance.now();
  let computedBefore = computedMs();
  const watchdog = setInterval(() => {
    if (computedMs() - computedBefore > HANG_MS || performance.now() - since > STILL_MS) abort.abort();
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
    return null;
  } catch (thrown) {
    const what = abort.signal.aborted ? 'hang' : (thrown as Error).message;
    return { what, index: current, detail: String((thrown as Error).cause ?? '') };
  } finally {
    clearInterval(watchdog);
  }
}

function report(finding: Finding): void {
  found.push(finding);
  console.error(`${finding.what}: input ${finding.index}\n${finding.detail}`);
}

function note({ outcome, index, detail, wrapped }: Verdict): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  if (outcome === 'untyped' || outcome === 'internal') report({ what: 'untyped', index, detail });
  else if (wrapped.includes('node_modules/')) wrappedFromPackages += 1;
  else if (wrapped !== '') report({ what: 'wrapped', index, detail: wrapped });
}

function startChild(): ChildHandle {
  const child: ChildProcess = fork(join(import.meta.dirname, 'fuzz-process.ts'), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [...READER_LIMITS.execArgv, ...(values['wasm-sharp'] ? [`--import=${AS_IN_ELECTRON}`] : [])],
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
