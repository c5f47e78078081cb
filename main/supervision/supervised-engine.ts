/**
 * The engine as services see it. A task that leaves the provider to `auto` goes down the ladder of those that passed their
 * self-test, the CPU last; a named provider must have passed. When the engine dies or hangs under a task, it is started
 * anew and the task goes on: a calibration from its last checkpoint, anything else from its beginning.
 */
import { randomUUID } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProviderChoice } from '../../preload/contract/model.ts';
import type { CalibrateInput, EngineTasks } from '../engine/tasks.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import type { RestartableRunner, RunOptions, TaskRunner } from '../process/tasks.ts';
import type { Providers } from './providers.ts';

type Name = keyof EngineTasks & string;
type Options<N extends Name> = RunOptions<EngineTasks[N]['progress']>;
interface OnProvider {
  readonly packFolder: string;
  readonly provider: ProviderChoice;
}

/** Deaths of the engine under one task, without any step forward in between, after which it is given up. */
const DEATHS = 3;

export function supervise(
  engine: RestartableRunner<EngineTasks>,
  providers: Pick<Providers, 'choose' | 'require' | 'setAside'>,
): TaskRunner<EngineTasks> {
  const run = <N extends Name>(name: N, input: EngineTasks[N]['input'], options: Options<N> = {}) =>
    persist(engine, name, input, options);

  return {
    async run(name, input, options = {}) {
      if (name === 'parity' || name === 'measure' || name === 'about' || name === 'selfTest')
        return await engine.run(name, input, options);
      const task = input as EngineTasks[typeof name]['input'] & OnProvider;
      const { packFolder, provider } = task;
      if (provider !== 'auto') {
        if (provider !== 'cpu') await providers.require(packFolder, provider, options.signal);
        return await run(name, task, options);
      }
      for (const accelerator of await providers.choose(packFolder, options.signal)) {
        try {
          return await run(name, { ...task, provider: accelerator }, options);
        } catch (thrown) {
          throwIfCancelled(options.signal);
          const fault = Fault.from(thrown);
          if (!['provider-failed', 'engine-died', 'timed-out'].includes(fault.code)) throw fault;
          await providers.setAside(
            packFolder,
            accelerator,
            `It passed its self-test and failed at work: ${fault.message}`,
          );
          engine.restart(); // a process in which a provider failed is not trusted
        }
      }
      return await run(name, { ...task, provider: 'cpu' }, options);
    },
  };
}

/** Runs a task again where the engine died under it, as long as that leads anywhere. */
async function persist<N extends Name>(
  engine: TaskRunner<EngineTasks>,
  name: N,
  input: EngineTasks[N]['input'],
  options: Options<N>,
): Promise<EngineTasks[N]['output']> {
  if (name === 'calibrate' && !(input as CalibrateInput).checkpoint) {
    const checkpoint = join(tmpdir(), `mediclip-${randomUUID()}.checkpoint`);
    try {
      return await persist(engine, name, { ...(input as CalibrateInput), checkpoint }, options);
    } finally {
      await rm(checkpoint, { force: true });
    }
  }
  const { checkpoint } = input as Partial<CalibrateInput>;
  let reached = await writtenAt(checkpoint);
  for (let deaths = 1; ; deaths++) {
    try {
      return await engine.run(name, input, options);
    } catch (thrown) {
      throwIfCancelled(options.signal);
      if (Fault.from(thrown).code !== 'engine-died') throw thrown;
      const now = await writtenAt(checkpoint);
      if (now !== reached) deaths = 1;
      reached = now;
      if (deaths >= DEATHS) throw thrown;
    }
  }
}

/** When the checkpoint was written: a later one is a step forward. */
async function writtenAt(checkpoint: string | undefined): Promise<number> {
  if (checkpoint === undefined) return 0;
  return (await stat(checkpoint).catch(() => null))?.mtimeMs ?? 0;
}
