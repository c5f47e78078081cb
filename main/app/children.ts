/** The reader, the engine and the network as child processes of Electron. */
import { join } from 'node:path';
import { app, utilityProcess } from 'electron';
import type { EngineTasks } from '../engine/tasks.ts';
import type { NetworkTasks } from '../network/tasks.ts';
import type { FromChild } from '../process/tasks.ts';
import { type ChildHandle, WorkerProcess } from '../process/worker-process.ts';
import { READER_LIMITS } from '../reader/reader-limits.ts';
import type { ReaderTasks } from '../reader/tasks.ts';
import type { Log } from './log.ts';

export interface Children {
  readonly engine: WorkerProcess<EngineTasks>;
  /** Another engine, where providers are tried that may take their process down. */
  readonly trial: WorkerProcess<EngineTasks>;
  readonly reader: WorkerProcess<ReaderTasks>;
  readonly network: WorkerProcess<NetworkTasks>;
  close(): void;
}

/**
 * The longest that one call into onnxruntime may take, with room: a batch through the largest CLIP takes 6 s on two slow
 * cores. An engine that is silent for longer hangs.
 */
const ENGINE_SILENCE_MS = 120_000;

/** Nothing is started before it is needed. */
export function prepareChildren(log: Log): Children {
  const engineNamed = (name: 'engine' | 'trial') =>
    new WorkerProcess<EngineTasks>({
      start: () => startChild('engine', log, { name }),
      diedCode: 'engine-died',
      diedMessage: 'The engine stopped unexpectedly. Nothing stored was lost; start this again.',
      silenceLimitMs: ENGINE_SILENCE_MS,
    });
  const [engine, trial] = [engineNamed('engine'), engineNamed('trial')];
  const reader = new WorkerProcess<ReaderTasks>({
    start: () => startChild('reader', log, { execArgv: READER_LIMITS.execArgv }),
    diedCode: 'reader-died',
    diedMessage: 'This file stopped the reader, so it is left out. It is damaged or hostile.',
    cancelGraceMs: 500,
    memoryLimit: {
      bytes: READER_LIMITS.memoryBytes,
      message:
        'Reading this file takes more memory than any image should, so it is left out. It is damaged or hostile.',
    },
  });
  const network = new WorkerProcess<NetworkTasks>({
    start: () => startChild('network', log),
    diedCode: 'peer-unreachable',
    diedMessage: 'What came over the network stopped the transfer. Nothing of it was imported.',
    cancelGraceMs: 5000,
  });
  return {
    engine,
    trial,
    reader,
    network,
    close() {
      engine.close();
      trial.close();
      network.close();
      reader.close();
    },
  };
}

function startChild(
  kind: 'engine' | 'network' | 'reader',
  log: Log,
  { name = kind, execArgv = [] }: { readonly name?: string; readonly execArgv?: readonly string[] } = {},
): ChildHandle {
  const script = join(app.getAppPath(), 'dist', 'main', `${kind}-process.cjs`);
  // Hooks of the tests have no effect on an installed application.
  const { MEDICLIP_TEST_WRONG_PROVIDER: hook, ...env } = process.env;
  if (hook !== undefined && !app.isPackaged) Object.assign(env, { MEDICLIP_TEST_WRONG_PROVIDER: hook });
  const child = utilityProcess.fork(script, [], {
    serviceName: `mediclip-${name}`,
    stdio: 'ignore',
    execArgv: [...execArgv],
    env: env as Record<string, string>,
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
