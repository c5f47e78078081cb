/**
 * Which execution provider is trusted with a model. Each passes a self-test against the CPU first, in a process of its own
 * that may die or hang without harm; what was found is kept (verdicts.ts). The CPU needs no proof.
 */
import type { ProviderReport } from '../../preload/contract/model.ts';
import type { EngineTasks, SelfTestOutput, TooSlow } from '../engine/tasks.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { loadPack } from '../modelpack/pack.ts';
import type { RestartableRunner } from '../process/tasks.ts';
import type { Verdict, Verdicts } from './verdicts.ts';

/** In the order in which `auto` prefers them; the CPU comes after all of them. */
const ACCELERATORS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  win32: ['dml', 'webgpu'],
  linux: ['cuda', 'webgpu'],
  darwin: ['coreml', 'webgpu'],
};

/** A self-test that takes longer is given up: such a provider is of no use, and it may hang. */
const TEST_LIMIT_MS = 120_000;
/** So many times as slow as the CPU, as software that plays a graphics card is, nothing can come of it. */
const GIVE_UP_AT = 3;
/** The process of the tests holds a model twice, so it is not kept for long. */
const IDLE_MS = 2000;

export interface ProvidersOptions {
  /** Tests run here; it is restarted where a provider took it down. */
  readonly trial: RestartableRunner<EngineTasks>;
  readonly verdicts: Verdicts;
  readonly appVersion: string;
  /** Of onnxruntime. */
  readonly version: () => Promise<string>;
  /** Graphics devices and drivers, as far as the system tells. */
  readonly adapters: () => Promise<string>;
  readonly platform?: NodeJS.Platform;
  readonly testLimitMs?: number;
}

export class Providers {
  readonly #options: ProvidersOptions;
  #idle: NodeJS.Timeout | undefined;
  /** Tests run one after the other: they would disturb each other's speed. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ProvidersOptions) {
    this.#options = options;
  }

  /** Accelerators that passed on the model and are faster than the CPU there, the preferred one first. */
  async choose(packFolder: string, signal?: AbortSignal): Promise<readonly string[]> {
    const chosen: string[] = [];
    for (const name of this.#accelerators())
      if ((await this.#verdictOn(packFolder, name, signal)).chosen) chosen.push(name);
    return chosen;
  }

  /** A named provider may be slower than the CPU, but not wrong. @throws Fault `provider-failed` with the reason */
  async require(packFolder: string, name: string, signal?: AbortSignal): Promise<void> {
    let verdict = await this.#verdictOn(packFolder, name, signal);
    // It was found too slow for `auto`, and nothing more was looked at.
    if (verdict.available && !verdict.selfTest)
      verdict = await this.#test(packFolder, name, signal, Number.POSITIVE_INFINITY);
    const { selfTest, reason } = verdict;
    if (!selfTest?.ok)
      throw new Fault('provider-failed', `The provider ${name} cannot be used here. ${reason ?? ''}`.trim());
  }

  /** A provider that passed and then failed at work is not tried again with this model. */
  async setAside(packFolder: string, name: string, reason: string): Promise<void> {
    const verdict = await this.#verdictOn(packFolder, name);
    this.#options.verdicts.put({ ...verdict, chosen: false, selfTest: null, available: false, reason });
  }

  /** What is known without testing anything. */
  async known(packFolder: string): Promise<readonly ProviderReport[]> {
    const reports: ProviderReport[] = [];
    for (const name of [...this.#accelerators(), 'cpu']) {
      const verdict = this.#options.verdicts.find(await this.#keyOf(packFolder, name));
      if (verdict) reports.push(reportOf(verdict));
    }
    return withCpu(reports);
  }

  /** Tests every provider of the platform anew, the CPU included, which shows its speed. @throws Fault `cancelled` */
  async test(
    packFolder: string,
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
  ): Promise<readonly ProviderReport[]> {
    const names = [...this.#accelerators(), 'cpu'];
    const reports: ProviderReport[] = [];
    for (const name of names) {
      onProgress?.(reports.length, names.length);
      reports.push(reportOf(await this.#test(packFolder, name, signal)));
    }
    return withCpu(reports);
  }

  #accelerators(): readonly string[] {
    return ACCELERATORS[this.#options.platform ?? process.platform] ?? [];
  }

  async #verdictOn(packFolder: string, name: string, signal?: AbortSignal): Promise<Verdict> {
    const kept = () => this.#keyOf(packFolder, name).then((key) => this.#options.verdicts.find(key));
    return (await kept()) ?? (await this.#test(packFolder, name, signal));
  }

  #test(
    packFolder: string,
    name: string,
    signal?: AbortSignal,
    // The CPU is compared with itself, and on a busy machine the second time may take long.
    giveUpAt = name === 'cpu' ? Number.POSITIVE_INFINITY : GIVE_UP_AT,
  ): Promise<Verdict> {
    const test = this.#queue.then(async () => {
      throwIfCancelled(signal);
      const { adapters, verdicts } = this.#options;
      const verdict: Verdict = {
        ...judge(name, await this.#tryOut({ packFolder, provider: name, giveUpAt }, signal)),
        key: await this.#keyOf(packFolder, name),
        name,
        version: `onnxruntime ${await this.#options.version()}`,
        adapters: await adapters(),
        testedAt: new Date().toISOString(),
      };
      verdicts.put(verdict);
      return verdict;
    });
    this.#queue = test.catch(() => {});
    return test;
  }

  /** What the test found, or the reason why it could not be made. @throws Fault `cancelled` */
  async #tryOut(
    test: { readonly packFolder: string; readonly provider: string; readonly giveUpAt: number },
    signal?: AbortSignal,
  ): Promise<SelfTestOutput | TooSlow | string> {
    const { trial, testLimitMs = TEST_LIMIT_MS } = this.#options;
    clearTimeout(this.#idle);
    let late = false;
    const end = () => trial.restart();
    const limit = setTimeout(() => {
      late = true;
      end();
    }, testLimitMs);
    signal?.addEventListener('abort', end, { once: true });
    try {
      return await trial.run('selfTest', { ...test, steps: 2 });
    } catch (thrown) {
      throwIfCancelled(signal);
      const fault = Fault.from(thrown);
      if (fault.code !== 'provider-failed' && fault.code !== 'engine-died') throw fault; // of the model, not of it
      end(); // whatever state it is in
      if (late) return `Its self-test took longer than ${testLimitMs / 1000} seconds.`;
      return fault.code === 'engine-died' ? 'It took its process down, or hung.' : fault.message;
    } finally {
      clearTimeout(limit);
      this.#idle = setTimeout(end, IDLE_MS).unref();
      signal?.removeEventListener('abort', end);
    }
  }

  async #keyOf(packFolder: string, name: string): Promise<string> {
    const { identity } = await loadPack(packFolder, { verify: false });
    const { appVersion, adapters, version } = this.#options;
    return [identity, name, await version(), appVersion, await adapters()].join(' | ');
  }
}

const rounded = (ms: number) => Math.round(ms * 10) / 10;

type Judgement = Pick<Verdict, 'available' | 'selfTest' | 'reason' | 'msPerImage' | 'msPerStep' | 'chosen'>;

function judge(name: string, found: SelfTestOutput | TooSlow | string): Judgement {
  if (typeof found === 'string')
    return { available: false, selfTest: null, reason: found, msPerImage: null, msPerStep: null, chosen: false };
  if (found.tooSlow) {
    const { msPerImage, cpuMsPerImage } = found;
    const reason = `Slower than the CPU: ${rounded(msPerImage)} against ${rounded(cpuMsPerImage)} ms per image. It was not tested further.`;
    return { available: true, selfTest: null, reason, msPerImage: rounded(msPerImage), msPerStep: null, chosen: false };
  }
  const { ok, maxAbsDiff, agreement, speed, cpuSpeed } = found;
  const slower = speed.msPerImage + speed.msPerStep >= cpuSpeed.msPerImage + cpuSpeed.msPerStep;
  const common = {
    available: true,
    selfTest: { ok, maxAbsDiff, ...agreement },
    msPerImage: rounded(speed.msPerImage),
    msPerStep: rounded(speed.msPerStep),
  };
  if (name === 'cpu') return { ...common, chosen: false }; // see withCpu
  if (!ok) return { ...common, chosen: false, reason: 'It computes other numbers than the CPU: it is set aside.' };
  if (!slower) return { ...common, chosen: true };
  const reason = `Correct, but slower than the CPU: ${rounded(speed.msPerImage)} against ${rounded(cpuSpeed.msPerImage)} ms per image.`;
  return { ...common, chosen: false, reason };
}

function reportOf({ key: _, reason, ...report }: Verdict): ProviderReport {
  return { ...report, ...(reason === undefined ? {} : { reason }) };
}

/** `auto` is the CPU where no accelerator was chosen. */
function withCpu(reports: readonly ProviderReport[]): readonly ProviderReport[] {
  const faster = reports.some(({ name, chosen }) => name !== 'cpu' && chosen);
  return reports.map((report) => (report.name === 'cpu' ? { ...report, chosen: !faster } : report));
}
