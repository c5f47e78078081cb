/**
 * Typed tasks between the main process and a child process. A set of tasks is described by a map from task name to its
 * input, progress and output; both sides share that type. Messages are structured clones, so typed arrays travel whole.
 */
import type { FaultRecord } from '../../preload/contract/faults.ts';

export interface TaskShape {
  input: unknown;
  progress: unknown;
  output: unknown;
}
export type TaskMap<T> = { [Name in keyof T]: TaskShape };

export interface TaskContext<Progress> {
  /** Fires when the caller cancels. A task that loops checks it each round. */
  readonly signal: AbortSignal;
  progress(value: Progress): void;
}

export type TaskHandlers<T extends TaskMap<T>> = {
  readonly [Name in keyof T]: (
    input: T[Name]['input'],
    context: TaskContext<T[Name]['progress']>,
  ) => Promise<T[Name]['output']> | T[Name]['output'];
};

export interface RunOptions<Progress> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: Progress) => void;
  /** Told in a few words what the task waits for before it begins, where that takes long. */
  readonly onWait?: (note: string) => void;
}

/** Whoever can run a set of tasks: a child process, or the handlers themselves in this process (tests, scripts). */
export interface TaskRunner<T extends TaskMap<T>> {
  /** @throws Fault the task's own, or `engine-died` / `reader-died` when its process ended, or `cancelled`. */
  run<Name extends keyof T & string>(
    name: Name,
    input: T[Name]['input'],
    options?: RunOptions<T[Name]['progress']>,
  ): Promise<T[Name]['output']>;
}

/** A runner whose process can be ended: the next task starts a new one. */
export interface RestartableRunner<T extends TaskMap<T>> extends TaskRunner<T> {
  restart(): void;
}

export type ToChild =
  | { readonly kind: 'run'; readonly id: number; readonly name: string; readonly input: unknown }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromChild =
  /** The child's loop turns. Sent while tasks run, so that one that hangs is noticed. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'progress'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'done'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: FaultRecord };
