/**
 * The parent's side: one child process that is started on first use, serves tasks, and is started anew after it died.
 * What was running when it died fails with a typed error; the application goes on.
 */
import type { FaultCode } from '../../preload/contract/faults.ts';
import { Fault } from '../fault.ts';
import { Silence } from './silence.ts';
import type { FromChild, RestartableRunner, RunOptions, TaskMap, ToChild } from './tasks.ts';

/** What this room needs of Electron's UtilityProcess, so that it can be tested with any child that speaks messages. */
export interface ChildHandle {
  postMessage(message: ToChild): void;
  onMessage(listener: (message: FromChild) => void): void;
  /** `detail` is an exit code or signal name, for the log. */
  onExit(listener: (detail: string) => void): void;
  kill(): void;
  /** Bytes that the child holds in memory now; null where the system does not tell. */
  residentBytes?(): number | null;
  /** Processor time that all threads of the child have used so far, in seconds; null where the system does not tell. */
  processorSeconds?(): number | null;
}

interface Pending {
  readonly resolve: (output: never) => void;
  readonly reject: (fault: Fault) => void;
  readonly onProgress: ((value: never) => void) | undefined;
}

export interface WorkerProcessOptions {
  readonly start: () => ChildHandle;
  readonly diedCode: FaultCode;
  readonly diedMessage: string;
  /** A cancelled task that has not ended after this many ms has its process killed. */
  readonly cancelGraceMs?: number;
  /** A child that grows beyond `bytes` is killed, and what was running fails with `message`. */
  readonly memoryLimit?: { readonly bytes: number; readonly message: string };
  /** A child that works and gives no sign of life for so long hangs: it is killed. See silence.ts. */
  readonly silenceLimitMs?: number;
}

/** How often a working child is looked at. */
const CHECK_MS = 100;

export class WorkerProcess<T extends TaskMap<T>> implements RestartableRunner<T> {
  readonly #options: WorkerProcessOptions;
  readonly #pending = new Map<number, Pending>();
  #child: ChildHandle | null = null;
  #watch: NodeJS.Timeout | null = null;
  #silence: Silence | null = null;
  #nextId = 1;
  #closed = false;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
  }

  async run<Name extends keyof T & string>(
    name: Name,
    input: T[Name]['input'],
    options: RunOptions<T[Name]['progress']> = {},
  ): Promise<T[Name]['output']> {
    if (options.signal?.aborted) throw new Fault('cancelled', 'Cancelled.');
    const child = this.#startedChild();
    const id = this.#nextId++;
    let grace: NodeJS.Timeout | undefined;
    const cancel = () => {
      child.postMessage({ kind: 'cancel', id });
      grace = setTimeout(() => {
        // Not waiting for it to exit: one that never came up does not tell.
        if (this.#pending.has(id)) this.#bury(child, 'cancelled');
      }, this.#options.cancelGraceMs ?? 30_000);
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<T[Name]['output']>((resolve, reject) => {
        this.#pending.set(id, { resolve, reject, onProgress: options.onProgress as Pending['onProgress'] });
        child.postMessage({ kind: 'run', id, name, input });
        this.#watchOver(child);
      });
    } catch (thrown) {
      throw options.signal?.aborted ? new Fault('cancelled', 'Cancelled.', { cause: thrown }) : thrown;
    } finally {
      clearTimeout(grace);
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  /** Starts the child process before it is needed. */
  prepare(): void {
    if (!this.#closed) this.#startedChild();
  }

  /** Ends the child process, and with it whatever runs; the next call of `run` starts a new one. */
  restart(): void {
    if (this.#child) this.#bury(this.#child, 'restarted');
  }

  /** Ends the child process. Later calls of `run` are refused. */
  close(): void {
    this.#closed = true;
    if (this.#child) this.#bury(this.#child, 'closed');
  }

  #startedChild(): ChildHandle {
    if (this.#closed) throw new Fault('cancelled', 'The application is closing.');
    if (this.#child) return this.#child;
    const child = this.#options.start();
    child.onMessage((message) => this.#receive(message));
    child.onExit((detail) => this.#bury(child, detail));
    this.#child = child;
    return child;
  }

  #receive(message: FromChild): void {
    this.#silence?.broken();
    if (message.kind === 'alive') return;
    const task = this.#pending.get(message.id);
    if (!task) return;
    if (message.kind === 'progress') {
      task.onProgress?.(message.value as never);
      return;
    }
    this.#pending.delete(message.id);
    if (message.kind === 'done') task.resolve(message.output as never);
    else task.reject(Fault.fromRecord(message.fault));
  }

  /** Looks at the child's memory and for signs of life as long as it works. */
  #watchOver(child: ChildHandle): void {
    const { memoryLimit, silenceLimitMs } = this.#options;
    if ((!memoryLimit && silenceLimitMs === undefined) || this.#watch) return;
    this.#silence = silenceLimitMs === undefined ? null : new Silence(child, silenceLimitMs);
    this.#watch = setInterval(() => {
      if (this.#pending.size === 0) this.#endWatch();
      else if (memoryLimit && (child.residentBytes?.() ?? 0) > memoryLimit.bytes)
        this.#bury(child, 'memory limit', memoryLimit.message);
      else if (this.#silence?.isDeath()) this.#bury(child, 'silence');
    }, CHECK_MS);
  }

  #endWatch(): void {
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
  }

  /** Fails what was running in a child that ended, or that is ended here and now. */
  #bury(child: ChildHandle, detail: string, message = this.#options.diedMessage): void {
    if (this.#child !== child) return; // buried already
    this.#child = null;
    this.#endWatch();
    child.kill();
    const orphans = [...this.#pending.values()];
    this.#pending.clear();
    for (const task of orphans) task.reject(new Fault(this.#options.diedCode, message, { cause: new Error(detail) }));
  }
}
