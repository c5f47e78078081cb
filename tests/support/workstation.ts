/** A workstation for unit tests: a real store, the reader's own code in this process, and an engine that a test gives. */
import type { EngineTasks } from '../../main/engine/tasks.ts';
import { Fault } from '../../main/fault.ts';
import { networkHandlers } from '../../main/network/handlers.ts';
import { runInProcess } from '../../main/process/in-process.ts';
import type { TaskHandlers } from '../../main/process/tasks.ts';
import { readerHandlers } from '../../main/reader/handlers.ts';
import type { JobContext } from '../../main/services/jobs.ts';
import type { SystemKeys } from '../../main/services/vault.ts';
import type { Workstation } from '../../main/services/workstation.ts';
import { freshStore } from './store.ts';

const refuse = () => {
  throw new Fault('internal', 'This test has no such engine task.');
};

export function testWorkstation(
  engine: Partial<TaskHandlers<EngineTasks>> = {},
  change: Partial<Workstation> = {},
): Workstation {
  const store = change.store ?? freshStore();
  return {
    store,
    packsFolder: store.folder.packs,
    reader: runInProcess(readerHandlers),
    network: runInProcess(networkHandlers),
    engine: runInProcess<EngineTasks>({
      calibrate: refuse,
      detect: refuse,
      nearestNormals: refuse,
      pictureFeatures: refuse,
      parity: refuse,
      selfTest: refuse,
      measure: refuse,
      about: refuse,
      ...engine,
    }),
    providers: { known: async () => [], test: async () => [] },
    restartEngine: () => {},
    ownPacksFolder: '/nowhere',
    appVersion: '0.0.0-test',
    dataKey: null,
    policy: {},
    user: 'tester',
    now: () => new Date(),
    print: refuse,
    ...change,
  };
}

/** A machine whose only key store is a plain file. */
export const noSystemKeys: SystemKeys = { name: null, protect: refuse, reveal: refuse };

/** A job that nobody watches. */
export function testJob(change: Partial<JobContext> = {}): JobContext {
  return { id: 'job', signal: new AbortController().signal, progress: () => {}, ...change };
}
