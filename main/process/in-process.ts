/** Runs task handlers in this very process, for scripts and tests that need no protection from a crash. */
import type { RunOptions, TaskHandlers, TaskMap, TaskRunner } from './tasks.ts';

export function runInProcess<T extends TaskMap<T>>(handlers: TaskHandlers<T>): TaskRunner<T> {
  return {
    async run<Name extends keyof T & string>(
      name: Name,
      input: T[Name]['input'],
      options: RunOptions<T[Name]['progress']> = {},
    ): Promise<T[Name]['output']> {
      return await handlers[name](input, {
        signal: options.signal ?? new AbortController().signal,
        progress: (value) => options.onProgress?.(value),
      });
    },
  };
}
