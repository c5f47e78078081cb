/**
 * The engine as services see it. A task that leaves the provider to `auto` goes down the ladder of those that passed their
 * self-test, the CPU last; a named provider must have passed. When the engine dies or hangs under a task, it is started
 * anew and the task goes on: a calibration from its last checkpoint, anything else from its beginning.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
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

/** As the window knows it (renderer/calibration/text.ts, renderer/viewer/text.ts). */
const TESTING_PROVIDERS = 'Testing the processors of this machine';

/** Deaths of the engine under one task, without any step forward in between, after which it is given up. */
const DEATHS = 3;

export function supervise(
  engine: RestartableRunner<EngineTasks>,
  providers: Pick<Providers, 'choose' | 'require' | 'setAside' | 'device'>,
): TaskRunner<EngineTasks> {
  const runOn = async <N extends Name>(
    name: N,
    task: EngineTasks[N]['input'] & OnProvider,
    provider: ProviderChoice,
    options: Options<N>,
  ) => {
    const device = await providers.device(provider);
    return await persist(engine, name, { ...task, provider, ...(device === '' ? {} : { device }) }, options);
  };

  return {
    async run(name, input, options = {}) {
      if (name === 'parity' || name === 'measure' || name === 'about' || name === 'selfTest')
        return await engine.run(name, input, options);
      const task = input as EngineTasks[typeof name]['input'] & OnProvider;
      const { packFolder, provider } = task;
      if (provider !== 'auto') {
        if (provider !== 'cpu') await providers.require(packFolder, provider, options.signal);
        return await runOn(name, task, provider, options);
      }
      const tell = () => options.onWait?.(TESTING_PROVIDERS);
      for (const accelerator of await providers.choose(packFolder, options.signal, tell)) {
        try {
          return await runOn(name, task, accelerator as ProviderChoice, options);
        } catch (thrown) {
          throwIfCancelled(options.signal);
          const fault = Fault.from(thrown);
          if (!['provider-failed', 'engine-died', 'timed-out'].includes(fault.code)) throw fault;
          await providers.setAside(packFolder, accelerator, fault);
          engine.restart(); // a process in which a provider failed is not trusted
        }
      }
      return await runOn(name, task, 'cpu', options);
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
    // In a folder of its own: an engine that dies while it writes leaves half a file beside it.
    const folder = await mkdtemp(join(tmpdir(), 'mediclip-'));
    try {
      const checkpoint = join(folder, 'checkpoint');
      return await persist(engine, name, { ...(input as CalibrateInput), checkpoint }, options);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const { checkpoint } = input as Partial<CalibrateInput>;
  let reached = await writtenAt(checkpoint);
  for (let [deaths, deathsBefore] = [1, 0]; ; deaths++, deathsBefore++) {
    try {
      // Where memory is short the system ends the engine without a word: each time it takes half as much at once.
      return await engine.run(name, deathsBefore === 0 ? input : { ...input, deathsBefore }, options);
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
