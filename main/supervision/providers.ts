/**
 * Which execution provider is trusted with a model. Each passes a self-test against the CPU first, in a process of its own
 * that may die or hang without harm; what was found is kept (verdicts.ts). The CPU needs no proof.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { ProviderReport } from '../../preload/contract/model.ts';
import { isOutOfMemory } from '../engine/out-of-memory.ts';
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
  /** What of a provider lies on this machine: another text whenever its libraries or drivers change. */
  readonly installed?: (provider: string) => string;
  readonly platform?: NodeJS.Platform;
  readonly testLimitMs?: number;
}

export class Providers {
  readonly #options: ProvidersOptions;
  #idle: NodeJS.Timeout | undefined;
  /** Tests run one after the other: they would disturb each other's speed. */
  #queue: Promise<unknown> = Promise.resolve();
  #asking: Promise<unknown> = Promise.resolve();
  /** This run of the application. */
  readonly #session = randomUUID();
  /** Looking costs some milliseconds, and every batch of a study asks. */
  readonly #installed = new Map<string, string>();

  constructor(options: ProvidersOptions) {
    this.#options = options;
  }

  /**
   * Accelerators that passed on the model and are faster than the CPU there, the preferred one first. `onTest` is told
   * where one has to be tested for that, which may take minutes.
   */
  async choose(packFolder: string, signal?: AbortSignal, onTest?: () => void): Promise<readonly string[]> {
    const chosen: string[] = [];
    for (const name of this.#accelerators())
      if ((await this.#verdictOn(packFolder, name, signal, onTest)).chosen) chosen.push(name);
    return chosen;
  }

  /**
   * A named provider may be slower than the CPU, but not wrong. Whoever names one wants it: where it did not pass before,
   * or was given up as too slow, it is tested anew.
   * @throws Fault `provider-failed` with the reason
   */
  async require(packFolder: string, name: string, signal?: AbortSignal): Promise<void> {
    let verdict = await this.#verdictOn(packFolder, name, signal);
    if (!verdict.selfTest?.ok || !verdict.selfTest.complete)
      verdict = await this.#test(packFolder, name, signal, Number.POSITIVE_INFINITY);
    const { selfTest, reason } = verdict;
    if (!selfTest?.ok)
      throw new Fault('provider-failed', `The provider ${name} cannot be used here. ${reason ?? ''}`.trim());
  }

  /**
   * A provider that passed and then failed at work is not tried again with this model: not in this run of the application
   * where memory was short, which passes, and otherwise until something of it changes or somebody asks.
   */
  async setAside(packFolder: string, name: string, fault: Fault): Promise<void> {
    const verdict = await this.#verdictOn(packFolder, name);
    const reason = `It passed its self-test and failed at work: ${fault.message}`;
    const held = isOutOfMemory(fault) ? { heldFor: this.#session } : {};
    this.#options.verdicts.put({ ...verdict, ...held, chosen: false, selfTest: null, available: false, reason });
  }

  /** The devices and drivers that a provider has to do with, as far as the system tells. The CPU has none. */
  async device(name: string): Promise<string> {
    return name === 'cpu' ? '' : await this.#options.adapters();
  }

  /** What is known without testing anything. */
  async known(packFolder: string): Promise<readonly ProviderReport[]> {
    const reports: ProviderReport[] = [];
    for (const name of [...this.#accelerators(), 'cpu']) {
      const verdict = await this.#kept(packFolder, name);
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

  async #verdictOn(packFolder: string, name: string, signal?: AbortSignal, onTest?: () => void): Promise<Verdict> {
    const ask = async () => (await this.#kept(packFolder, name)) ?? (await this.#test(packFolder, name, signal));
    const found = await this.#kept(packFolder, name);
    if (found) return found;
    onTest?.();
    // Two batches may ask at once: the second takes what the first finds.
    const asked = this.#asking.then(ask);
    this.#asking = asked.catch(() => {});
    return await asked;
  }

  async #kept(packFolder: string, name: string): Promise<Verdict | undefined> {
    const verdict = this.#options.verdicts.find(await this.#keyOf(packFolder, name));
    return verdict?.heldFor === undefined || verdict.heldFor === this.#session ? verdict : undefined;
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
      this.#installed.delete(name); // somebody may just have laid its libraries
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
    // The CPU is no candidate that could be given up; its test shows how fast it is.
    const limit =
      test.provider === 'cpu'
        ? undefined
        : setTimeout(() => {
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
      return fault.code === 'engine-died' ? await this.#whyItDied(test.provider) : fault.message;
    } finally {
      clearTimeout(limit);
      this.#idle = setTimeout(end, IDLE_MS).unref();
      signal?.removeEventListener('abort', end);
    }
  }

  async #whyItDied(provider: string): Promise<string> {
    const died = 'It took its process down, or hung.';
    if (provider !== 'cuda') return died;
    return `${died} CUDA libraries of another version than that of onnxruntime, ${await this.#options.version()}, do that.`;
  }

  #installedOf(name: string): string {
    const known = this.#installed.get(name) ?? this.#options.installed?.(name) ?? '';
    this.#installed.set(name, known);
    return known;
  }

  async #keyOf(packFolder: string, name: string): Promise<string> {
    const { identity } = await loadPack(packFolder, { verify: false });
    const { appVersion, adapters, version } = this.#options;
    const machine = createHash('sha256')
      .update(`${await adapters()} | ${this.#installedOf(name)}`)
      .digest('hex');
    return [identity, name, await version(), appVersion, machine].join(' | ');
  }
}

const rounded = (ms: number) => Math.round(ms * 10) / 10;

type Judgement = Pick<Verdict, 'available' | 'selfTest' | 'reason' | 'msPerImage' | 'msPerStep' | 'chosen'>;

function judge(name: string, found: SelfTestOutput | TooSlow | string): Judgement {
  if (typeof found === 'string')
    return { available: false, selfTest: null, reason: found, msPerImage: null, msPerStep: null, chosen: false };
  const { msPerImage, cpuMsPerImage } = found.tooSlow
    ? found
    : { msPerImage: found.speed.msPerImage, cpuMsPerImage: found.cpuSpeed.msPerImage };
  const against = `${rounded(msPerImage)} against ${rounded(cpuMsPerImage)} ms per image`;
  const common = {
    available: true,
    selfTest: outcomeOf(found),
    msPerImage: rounded(msPerImage),
    msPerStep: found.tooSlow ? null : rounded(found.speed.msPerStep),
  };
  if (name === 'cpu') return { ...common, chosen: false }; // see withCpu
  if (!found.ok)
    return { ...common, chosen: false, reason: 'It computes other numbers than the CPU: it is set aside.' };
  if (found.tooSlow)
    return { ...common, chosen: false, reason: `Slower than the CPU: ${against}. It was not tested further.` };
  const { speed, cpuSpeed } = found;
  if (speed.msPerImage + speed.msPerStep < cpuSpeed.msPerImage + cpuSpeed.msPerStep) return { ...common, chosen: true };
  return { ...common, chosen: false, reason: `Correct, but slower than the CPU: ${against}.` };
}

function outcomeOf(found: SelfTestOutput | TooSlow): NonNullable<Verdict['selfTest']> {
  const untested = { text: null, gradients: null, loss: null, scores: null };
  const { vision, ...others } = found.tooSlow ? { vision: found.vision, ...untested } : found.agreement;
  const differences = { maxAbsDiff: found.maxAbsDiff, vision, ...others };
  const kept = Object.entries(differences).map(([kind, value]) => [kind, Number.isFinite(value) ? value : null]);
  return {
    ok: found.ok,
    complete: !found.tooSlow,
    ...(Object.fromEntries(kept) as Readonly<Record<keyof typeof differences, number | null>>),
  };
}

function reportOf({ key: _, heldFor: __, reason, ...report }: Verdict): ProviderReport {
  return { ...report, ...(reason === undefined ? {} : { reason }) };
}

/** `auto` is the CPU where no accelerator was chosen. */
function withCpu(reports: readonly ProviderReport[]): readonly ProviderReport[] {
  const faster = reports.some(({ name, chosen }) => name !== 'cpu' && chosen);
  return reports.map((report) => (report.name === 'cpu' ? { ...report, chosen: !faster } : report));
}
