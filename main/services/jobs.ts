/** Long work: start, progress, cancel, result or Fault. Jobs live as long as the application; what they made is stored. */
import { randomUUID } from 'node:crypto';
import type { JobKind, JobProgress, JobStatus } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';

export interface JobContext {
  readonly id: string;
  readonly signal: AbortSignal;
  progress(progress: JobProgress): void;
}

export interface JobOutcome {
  /** One sentence; null where the screen that asked tells the outcome itself. */
  readonly summary: string | null;
  /** What was made: a study, a calibration, a file. */
  readonly subject: string | null;
}

interface Job {
  status: JobStatus;
  readonly abort: AbortController;
  ended: Promise<void>;
  pace: Pace | null;
  timer: NodeJS.Timeout | null;
}

/** Where counting in the present unit began. */
interface Pace {
  readonly unit: string;
  readonly since: number;
  readonly from: number;
}

export interface JobsOptions {
  readonly onChange: (status: JobStatus) => void;
  /** Told of every failure with its cause, for the log. */
  readonly onFault?: (kind: JobKind, fault: Fault) => void;
}

/** Jobs of one lane wait for each other: they would fight over the store's writer, or for memory. */
const LANES: Readonly<Record<JobKind, string>> = {
  model: 'model',
  backup: 'backup',
  // Not beside an import, whose files nothing names yet.
  retention: 'import',
  import: 'import',
  demo: 'import',
  check: 'check',
  calibrate: 'calibrate',
  transfer: 'transfer',
  analyse: 'analyse',
  export: 'export',
  retrieve: 'retrieve',
  send: 'send',
};
/**
 * Jobs of a lane at a time; 1 where nothing else is said. The engine takes turns between those that want it, a batch or a
 * training step each, so a short study need not wait for a long one, nor a study for a calibration.
 */
const WIDTHS: Readonly<Record<string, number>> = { analyse: 2 };

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** Reason of an abort signal: the work is to be continued later, so what it has reached is kept. */
const PAUSED = Symbol('paused');

/** Whether work was ended to be continued later. */
export function isPaused({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason === PAUSED;
}

const UPDATE_MS = 100;
const KEPT = 50;
const NOTHING_YET: JobProgress = { done: 0, total: 0, unit: '', note: '' };

export class Jobs {
  readonly #options: JobsOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #lanes = new Map<string, Lane>();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  /**
   * Starts the work, or queues it behind the jobs of its lane. Returns the job's id.
   * @param neverBegun called where the job is cancelled, not paused, while it waits
   */
  start(
    kind: JobKind,
    title: string,
    subject: string | null,
    work: (context: JobContext) => Promise<JobOutcome>,
    neverBegun: () => void = () => {},
  ): string {
    const id = randomUUID();
    const job: Job = {
      status: {
        id,
        kind,
        title,
        state: 'queued',
        progress: NOTHING_YET,
        startedAt: new Date().toISOString(),
        secondsElapsed: 0,
        secondsLeft: null,
        fault: null,
        summary: null,
        subject,
      },
      abort: new AbortController(),
      ended: Promise.resolve(),
      pace: null,
      timer: null,
    };
    this.#jobs.set(id, job);
    this.#forgetOldest();
    // Told before anything is scheduled: calls into Electron may run what waits, and `running` would come first.
    this.#options.onChange(job.status);
    job.ended = this.#inLane(LANES[kind], job.abort.signal, () => this.#run(job, work, neverBegun));
    return id;
  }

  /** The newest first. */
  list(): readonly JobStatus[] {
    return [...this.#jobs.values()].map((job) => job.status).reverse();
  }

  /** @throws Fault `not-found` */
  cancel(id: string): void {
    this.#get(id).abort.abort();
  }

  /** Ends a calibration so that it can be continued later. @throws Fault `not-found`, `not-allowed` for other jobs */
  pause(id: string): void {
    const { status, abort } = this.#get(id);
    if (status.kind !== 'calibrate')
      throw new Fault('not-allowed', 'Only a calibration can be paused. Cancel this job and start it again.');
    abort.abort(PAUSED);
  }

  /** Resolves to the final status, whatever it is. @throws Fault `not-found` */
  async finished(id: string): Promise<JobStatus> {
    const job = this.#get(id);
    await job.ended;
    return job.status;
  }

  /** Ends everything and waits for it. Calibrations can be continued later. */
  async close(): Promise<void> {
    for (const job of this.#jobs.values()) job.abort.abort(PAUSED);
    await Promise.all([...this.#jobs.values()].map((job) => job.ended));
  }

  #get(id: string): Job {
    const job = this.#jobs.get(id);
    if (!job) throw new Fault('not-found', 'There is no such job. It may have ended in an earlier session.');
    return job;
  }

  /** First come, first served; what is cancelled while it waits ends at once. */
  async #inLane(name: string, signal: AbortSignal, run: () => Promise<void>): Promise<void> {
    const lane = this.#lanes.get(name) ?? { running: 0, waiting: [] };
    this.#lanes.set(name, lane);
    if (lane.running >= (WIDTHS[name] ?? 1)) {
      if (!(await turnIn(lane, signal))) return await run();
    } else {
      lane.running++;
      await Promise.resolve(); // the caller has the job's id before it runs
    }
    await run();
    const next = lane.waiting.shift(); // takes the place over
    if (next) next();
    else lane.running--;
  }

  async #run(job: Job, work: (context: JobContext) => Promise<JobOutcome>, neverBegun: () => void): Promise<void> {
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    const { signal } = job.abort;
    try {
      if (signal.aborted && !isPaused(signal)) neverBegun();
      throwIfCancelled(signal);
      this.#change(job, { state: 'running', startedAt: new Date().toISOString() });
      const outcome = await work({
        id: job.status.id,
        signal,
        progress: (progress) => this.#progress(job, progress, elapsed()),
      });
      this.#change(job, { state: 'done', ...outcome, secondsElapsed: elapsed(), secondsLeft: null });
    } catch (thrown) {
      const fault = Fault.from(thrown);
      const ended = isPaused(signal) && job.status.kind === 'calibrate' ? 'paused' : 'cancelled';
      const state = fault.code === 'cancelled' ? ended : 'failed';
      this.#change(job, { state, fault: fault.toRecord(), secondsElapsed: elapsed(), secondsLeft: null });
      if (state === 'failed') this.#options.onFault?.(job.status.kind, fault);
    }
  }

  #progress(job: Job, progress: JobProgress, elapsed: number): void {
    if (job.pace?.unit !== progress.unit || progress.done < job.pace.from)
      job.pace = { unit: progress.unit, since: elapsed, from: progress.done };
    job.status = {
      ...job.status,
      progress,
      secondsElapsed: elapsed,
      secondsLeft: secondsLeft(job.pace, progress, elapsed),
    };
    // At most ten updates a second; the last one always goes out.
    job.timer ??= setTimeout(() => {
      job.timer = null;
      this.#options.onChange(job.status);
    }, UPDATE_MS);
  }

  #change(job: Job, change: Partial<JobStatus>): void {
    if (job.timer) clearTimeout(job.timer);
    job.timer = null;
    job.status = { ...job.status, ...change };
    this.#options.onChange(job.status);
  }

  #forgetOldest(): void {
    const over = this.#jobs.size - KEPT;
    const ended = [...this.#jobs.values()].filter(({ status }) => !['queued', 'running'].includes(status.state));
    for (const job of ended.slice(0, Math.max(0, over))) this.#jobs.delete(job.status.id);
  }
}

/** Waits for a place in the lane. @returns false where the job was ended before */
function turnIn({ waiting }: Lane, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const begin = () => resolve(true);
    waiting.push(begin);
    signal.addEventListener('abort', () => {
      const place = waiting.indexOf(begin);
      if (place >= 0) waiting.splice(place, 1);
      resolve(false); // without effect once its turn has come
    });
  });
}

/** What is left at the pace since counting in this unit began; null before anything was counted. */
function secondsLeft(pace: Pace, { done, total }: JobProgress, elapsed: number): number | null {
  const counted = done - pace.from;
  if (total === 0 || counted <= 0) return null;
  return ((elapsed - pace.since) / counted) * (total - done);
}
