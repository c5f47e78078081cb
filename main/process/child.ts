/** The child's side: serves tasks that arrive over the parent port of an Electron utilityProcess. */
import { Fault } from '../fault.ts';
import type { FromChild, TaskContext, TaskHandlers, TaskMap, ToChild } from './tasks.ts';

interface ParentPort {
  on(event: 'message', listener: (event: { data: ToChild }) => void): void;
  postMessage(message: FromChild): void;
}

const HEARTBEAT_MS = 1000;

/** Answers tasks until the process ends. Tasks may overlap; each has its own abort signal. */
export function serveTasks<T extends TaskMap<T>>(port: ParentPort, handlers: TaskHandlers<T>): void {
  const running = new Map<number, AbortController>();
  setInterval(() => running.size > 0 && port.postMessage({ kind: 'alive' }), HEARTBEAT_MS).unref();

  const answer = async (id: number, name: string, input: unknown): Promise<void> => {
    const abort = new AbortController();
    running.set(id, abort);
    const context: TaskContext<unknown> = {
      signal: abort.signal,
      progress: (value) => port.postMessage({ kind: 'progress', id, value }),
    };
    try {
      const handler = handlers[name as keyof T] as
        | ((input: unknown, context: TaskContext<unknown>) => unknown)
        | undefined;
      if (!handler) throw new Fault('internal', `There is no task named ${name}.`);
      port.postMessage({ kind: 'done', id, output: await handler(input, context) });
    } catch (thrown) {
      port.postMessage({ kind: 'failed', id, fault: Fault.from(thrown).toRecord() });
    } finally {
      running.delete(id);
    }
  };

  port.on('message', ({ data }) => {
    if (data.kind === 'run') void answer(data.id, data.name, data.input);
    else running.get(data.id)?.abort();
  });
}
