/** The reader and the engine as child processes of Electron. */
import { join } from 'node:path';
import { app, utilityProcess } from 'electron';
import type { EngineTasks } from '../engine/tasks.ts';
import type { FromChild } from '../process/tasks.ts';
import { type ChildHandle, WorkerProcess } from '../process/worker-process.ts';
import { READER_LIMITS } from '../reader/reader-limits.ts';
import type { ReaderTasks } from '../reader/tasks.ts';
import type { Log } from './log.ts';

export interface Children {
  readonly engine: WorkerProcess<EngineTasks>;
  readonly reader: WorkerProcess<ReaderTasks>;
  close(): void;
}

/** Nothing is started before it is needed. */
export function prepareChildren(log: Log): Children {
  const engine = new WorkerProcess<EngineTasks>({
    start: () => startChild('engine', log),
    diedCode: 'engine-died',
    diedMessage: 'The engine stopped unexpectedly. Nothing stored was lost; start this again.',
  });
  const reader = new WorkerProcess<ReaderTasks>({
    start: () => startChild('reader', log, READER_LIMITS.execArgv),
    diedCode: 'reader-died',
    diedMessage: 'This file stopped the reader, so it is left out. It is damaged or hostile.',
    cancelGraceMs: 500,
    memoryLimit: {
      bytes: READER_LIMITS.memoryBytes,
      message:
        'Reading this file takes more memory than any image should, so it is left out. It is damaged or hostile.',
    },
  });
  return {
    engine,
    reader,
    close() {
      engine.close();
      reader.close();
    },
  };
}

function startChild(name: 'engine' | 'reader', log: Log, execArgv: readonly string[] = []): ChildHandle {
  const script = join(app.getAppPath(), 'dist', 'main', `${name}-process.cjs`);
  const child = utilityProcess.fork(script, [], {
    serviceName: `mediclip-${name}`,
    stdio: 'ignore',
    execArgv: [...execArgv],
  });
  log.event('child.start', { name });
  return {
    postMessage: (message) => child.postMessage(message),
    onMessage: (listener) => child.on('message', (message) => listener(message as FromChild)),
    onExit: (listener) =>
      child.on('exit', (code) => {
        log.event('child.exit', { name, code });
        listener(`exit code ${code}`);
      }),
    kill: () => child.kill(),
    residentBytes: () => {
      const metric = app.getAppMetrics().find(({ pid }) => pid === child.pid);
      return metric ? metric.memory.workingSetSize * 1024 : null;
    },
  };
}
