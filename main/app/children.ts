/** The reader, the engine and the network as child processes of Electron. */
import { join } from 'node:path';
import { app, type ProcessMetric, type UtilityProcess, utilityProcess } from 'electron';
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

/** An engine that neither says anything nor uses the processor for so long hangs. Opening a large model waits for a disk. */
const ENGINE_SILENCE_MS = 120_000;

/** Nothing is started here. */
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
  // NVIDIA's libraries would round the factors of float32 products to 10 bits (docs/decisions/0012).
  Object.assign(env, { NVIDIA_TF32_OVERRIDE: '0' });
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
    // Before it came up it cannot be ended (electron issue 44009).
    kill: () => void (child.kill() || child.once('spawn', () => child.kill())),
    residentBytes: () => {
      const { memory } = metricOf(child) ?? {};
      return memory ? memory.workingSetSize * 1024 : null;
    },
    processorSeconds: () => metricOf(child)?.cpu.cumulativeCPUUsage ?? null,
  };
}

function metricOf({ pid }: UtilityProcess): ProcessMetric | undefined {
  return app.getAppMetrics().find((metric) => metric.pid === pid);
}
