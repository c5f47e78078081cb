/**
 * The ladder of providers over the real engine. The accelerator stands in for one: the CPU under the name `webgpu`, which
 * misbehaves as a test asks.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { createEngineHandlers } from '../engine/handlers.ts';
import { decodeProfile } from '../engine/profile.ts';
import { schedules } from '../engine/schedule.ts';
import { openSession } from '../engine/sessions.ts';
import type { EngineTasks } from '../engine/tasks.ts';
import { sessionOpener } from '../engine/wrong-provider.ts';
import { Fault } from '../fault.ts';
import { publishedSettings } from '../method/settings.ts';
import { runInProcess } from '../process/in-process.ts';
import type { RestartableRunner, TaskHandlers } from '../process/tasks.ts';
import { Providers } from './providers.ts';
import { supervise } from './supervised-engine.ts';
import { Verdicts } from './verdicts.ts';

let folder: string;
let packFolder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mediclip-supervision-'));
  packFolder = await createSmallPack(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Handlers = TaskHandlers<EngineTasks>;

function runner(handlers: Handlers): RestartableRunner<EngineTasks> & { restarts: number } {
  return {
    ...runInProcess(handlers),
    restarts: 0,
    restart() {
      this.restarts++;
    },
  };
}

/** As on a Linux machine whose `webgpu` is the given engine's. */
interface Machine {
  file?: string;
  adapters?: string;
  limit?: number;
  installed?: (provider: string) => string;
}

function providersOn(trial: Handlers, options: Machine = {}) {
  const {
    file = join(mkdtempSync(join(folder, 'data-')), 'providers.json'),
    adapters = 'a card',
    limit = 60_000,
    installed = () => '',
  } = options;
  return new Providers({
    trial: runner(trial),
    verdicts: new Verdicts(file),
    appVersion: '1.0.0',
    version: async () => '1.30.0',
    adapters: async () => adapters,
    installed,
    platform: 'linux',
    testLimitMs: limit,
  });
}

/** `webgpu` is the CPU here: right, and made to look as fast as a test wants. */
function lookalike(speed: 'faster' | 'slower', change: Partial<Handlers> = {}): Handlers {
  const handlers = createEngineHandlers(async (model, options = {}) =>
    options.provider === 'cuda'
      ? await openSession(model, options)
      : await openSession(model, { ...options, provider: 'cpu' }),
  );
  const factor = speed === 'faster' ? 0.1 : 10;
  return {
    ...handlers,
    async selfTest(input, context) {
      const found = await handlers.selfTest(input, context);
      if (found.tooSlow) return found;
      const { msPerImage, msPerStep } = found.cpuSpeed;
      return { ...found, speed: { msPerImage: msPerImage * factor, msPerStep: msPerStep * factor } };
    },
    ...change,
  };
}

const misbehaving = (how: string) => createEngineHandlers(sessionOpener(`webgpu:${how}`));

const calibration = (provider: 'auto' | 'cpu' | 'webgpu') => ({
  packFolder,
  support: stripedPictures(8, 1),
  heldOut: stripedPictures(2, 2),
  preset: 'default' as const,
  method: publishedSettings(schedules.default.textAttention),
  seed: 7,
  provider,
  toleratedShare: 0.2,
  preprocessing: 'test',
});

describe('the self-test', () => {
  it('sets aside a provider whose numbers are wrong by two percent, and says so', async () => {
    const providers = providersOn(misbehaving('wrong'));
    const webgpu = (await providers.test(packFolder)).find(({ name }) => name === 'webgpu');
    expect(webgpu).toMatchObject({ available: true, chosen: false, selfTest: { ok: false } });
    expect(webgpu?.reason).toContain('other numbers than the CPU');
    expect(webgpu?.selfTest?.vision).toBeGreaterThan(0.01);
    expect(webgpu?.selfTest?.text).toBeGreaterThan(0.01);
    expect(await providers.choose(packFolder)).toEqual([]);
    await expect(providers.require(packFolder, 'webgpu')).rejects.toMatchObject({
      code: 'provider-failed',
      message: expect.stringContaining('other numbers'),
    });
  });

  it.each([
    ['wrong-head', 'scores', ['vision', 'text', 'gradients', 'loss']],
    ['wrong-map', 'scores', ['vision', 'text', 'gradients', 'loss']],
    ['wrong-bank', 'scores', ['vision', 'text', 'gradients', 'loss']],
    ['wrong-adapters', 'gradients', ['vision', 'text', 'scores']],
    ['wrong-batch', 'vision', ['text']],
  ] as const)('sets aside a provider that is %s alone', async (how, kind, right) => {
    const webgpu = (await providersOn(misbehaving(how)).test(packFolder)).find(({ name }) => name === 'webgpu');
    expect(webgpu).toMatchObject({ chosen: false, selfTest: { ok: false, complete: true } });
    expect(webgpu?.selfTest?.[kind]).toBeGreaterThan(0.01);
    for (const other of right) expect(webgpu?.selfTest?.[other], other).toBe(0);
  });

  it('sets aside a provider whose values are not numbers, and remembers that beside what it knows of others', async () => {
    const file = join(folder, 'no-numbers.json');
    const providers = providersOn(misbehaving('nan'), { file });
    expect(await providers.choose(packFolder)).toEqual([]);
    const known = await providers.known(packFolder);
    expect(known.map(({ name }) => name)).toEqual(['cuda', 'webgpu']);
    expect(known[1]).toMatchObject({ chosen: false, selfTest: { ok: false, vision: null, maxAbsDiff: null } });
    expect(known[1]?.reason).toContain('other numbers');
  });

  it('is made again where a verdict cannot be understood, and all others are kept', async () => {
    const file = join(folder, 'half-understood.json');
    const providers = providersOn(createEngineHandlers(), { file });
    await providers.choose(packFolder);
    const [cuda, webgpu] = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify([cuda, { ...webgpu, chosen: 'perhaps' }]));
    expect((await providers.known(packFolder)).map(({ name }) => name)).toEqual(['cuda']);
  });

  it('keeps what it saw of a provider that it gave up as too slow, and tests it to the end when it is asked for by name', async () => {
    const handlers = lookalike('slower');
    const impatient: Handlers = {
      ...handlers,
      async selfTest(input, context) {
        const found = await handlers.selfTest(input, context);
        if (input.giveUpAt === Number.POSITIVE_INFINITY) return found;
        return { tooSlow: true, ok: true, msPerImage: 900, cpuMsPerImage: 7, vision: 2e-6, maxAbsDiff: 1e-5 };
      },
    };
    const providers = providersOn(impatient);
    const webgpu = (await providers.test(packFolder)).find(({ name }) => name === 'webgpu');
    expect(webgpu).toMatchObject({
      available: true,
      chosen: false,
      selfTest: { ok: true, complete: false, maxAbsDiff: 1e-5, vision: 2e-6, scores: null },
      reason: 'Slower than the CPU: 900 against 7 ms per image. It was not tested further.',
    });
    await providers.require(packFolder, 'webgpu');
    expect((await providers.known(packFolder))[1]?.selfTest).toMatchObject({ complete: true, scores: 0 });
  });

  it('finds the CPU equal to itself under another name, to the last bit', async () => {
    const reports = await providersOn(lookalike('faster')).test(packFolder);
    for (const name of ['webgpu', 'cpu'])
      expect(reports.find((report) => report.name === name)?.selfTest).toEqual({
        ok: true,
        complete: true,
        maxAbsDiff: 0,
        vision: 0,
        text: 0,
        gradients: 0,
        loss: 0,
        scores: 0,
      });
  });

  it('gives the reason where a provider is absent, runs out of memory, dies or takes too long', async () => {
    const reasons = async (trial: Handlers, limit?: number) => {
      const reports = await providersOn(trial, limit === undefined ? {} : { limit }).test(packFolder);
      expect(reports.map(({ name }) => name)).toEqual(['cuda', 'webgpu', 'cpu']);
      expect(reports.map(({ chosen }) => chosen)).toEqual([false, false, true]);
      return Object.fromEntries(reports.map(({ name, reason }) => [name, reason]));
    };
    expect((await reasons(misbehaving('out-of-memory'))).webgpu).toContain('allocate memory');
    const dies = { ...createEngineHandlers() };
    const dying: Handlers['selfTest'] = (input, context) => {
      if (input.provider === 'webgpu') throw new Fault('engine-died', 'It stopped.');
      return dies.selfTest(input, context);
    };
    expect((await reasons({ ...dies, selfTest: dying })).webgpu).toContain('took its process down');
    expect((await reasons(createEngineHandlers())).cuda).toMatch(/NVIDIA|CUDA|cuda/);
  });

  it('is not made again until model, version or graphics driver change', async () => {
    const file = join(folder, 'kept.json');
    let tests = 0;
    const handlers = lookalike('faster');
    const counting: Handlers = {
      ...handlers,
      selfTest(input, context) {
        tests++;
        return handlers.selfTest(input, context);
      },
    };
    expect(await providersOn(counting, { file }).choose(packFolder)).toEqual(['webgpu']);
    expect(tests).toBe(2);
    expect(await providersOn(counting, { file }).choose(packFolder)).toEqual(['webgpu']);
    expect(tests).toBe(2);
    expect(await providersOn(counting, { file, adapters: 'a new driver' }).choose(packFolder)).toEqual(['webgpu']);
    expect(tests).toBe(4);
    expect((await providersOn(counting, { file }).known(packFolder)).map(({ name }) => name)).toEqual([
      'cuda',
      'webgpu',
    ]);
  });
});

describe('a provider that failed', () => {
  /** CUDA is the CPU here, once its libraries are laid. */
  const absentUntil = (laid: () => boolean) =>
    createEngineHandlers(async (model, options = {}) => {
      if (options.provider === 'cuda' && !laid())
        throw new Fault('provider-failed', 'Its libraries are not installed.');
      return await openSession(model, { ...options, provider: 'cpu' });
    });

  it('is tested anew when its libraries are laid, and when it is asked for by name', async () => {
    const file = join(folder, 'laid.json');
    let laid = false;
    const installed = (provider: string) => (provider === 'cuda' && laid ? 'a library' : 'none');
    const handlers = absentUntil(() => laid);
    const before = providersOn(handlers, { file, installed });
    await before.choose(packFolder);
    expect((await before.known(packFolder))[0]).toMatchObject({ name: 'cuda', available: false });
    await expect(before.require(packFolder, 'cuda')).rejects.toThrow('not installed');
    laid = true;
    await before.require(packFolder, 'cuda');
    const after = providersOn(handlers, { file: join(folder, 'laid-too.json'), installed });
    laid = false;
    await after.choose(packFolder);
    laid = true;
    const restarted = providersOn(handlers, { file: join(folder, 'laid-too.json'), installed });
    await restarted.choose(packFolder);
    expect((await restarted.known(packFolder))[0]).toMatchObject({ name: 'cuda', available: true });
  });
});

describe('a task on `auto`', () => {
  it('works on a provider that passed and is faster, and the result says so', { timeout: 60_000 }, async () => {
    const engine = supervise(runner(lookalike('faster')), providersOn(lookalike('faster')));
    const { provider, providerVersion, profile } = await engine.run('calibrate', calibration('auto'));
    expect({ provider, providerVersion }).toEqual({
      provider: 'webgpu',
      providerVersion: expect.stringMatching(/^onnxruntime \d[\d.]+, a card$/),
    });
    expect(decodeProfile(profile).manifest).toMatchObject({ provider, providerVersion, precision: 'float32' });
  });

  it('tells that processors are tested first, and only then', { timeout: 60_000 }, async () => {
    const engine = supervise(runner(lookalike('faster')), providersOn(lookalike('faster')));
    const told: string[] = [];
    const features = { packFolder, provider: 'auto' as const, images: stripedPictures(1, 4) };
    await engine.run('pictureFeatures', features, { onWait: (note) => told.push(note) });
    expect(new Set(told)).toEqual(new Set(['Testing the processors of this machine']));
    told.length = 0;
    await engine.run('pictureFeatures', features, { onWait: (note) => told.push(note) });
    expect(told).toEqual([]);
  });

  it('works on the CPU where the other is right but slower', { timeout: 60_000 }, async () => {
    const providers = providersOn(lookalike('slower'));
    const engine = supervise(runner(lookalike('slower')), providers);
    expect((await engine.run('calibrate', calibration('auto'))).provider).toBe('cpu');
    expect((await providers.known(packFolder)).find(({ name }) => name === 'webgpu')?.reason).toContain(
      'slower than the CPU',
    );
    expect((await engine.run('calibrate', calibration('webgpu'))).provider).toBe('webgpu'); // asked for by name
  });

  it('goes on with the next provider where one fails at work, which then is set aside', {
    timeout: 60_000,
  }, async () => {
    const providers = providersOn(lookalike('faster'));
    const broken = runner(misbehaving('out-of-memory'));
    const undisturbed = await supervise(runner(createEngineHandlers()), providers).run('calibrate', calibration('cpu'));
    const engine = supervise(broken, providers);
    const output = await engine.run('calibrate', calibration('auto'));
    expect(output.provider).toBe('cpu');
    expect(Buffer.from(output.profile).equals(Buffer.from(undisturbed.profile))).toBe(true);
    expect(broken.restarts).toBe(1);
    expect(await providers.choose(packFolder)).toEqual([]);
    expect((await providers.known(packFolder))[1]?.reason).toContain('failed at work');
  });

  it('tries a provider again after the next start where it lacked memory, and not where it died', async () => {
    const file = join(folder, 'set-aside.json');
    const providers = providersOn(lookalike('faster'), { file });
    await providers.choose(packFolder);
    const afterRestart = () => providersOn(lookalike('faster'), { file }).choose(packFolder);
    await providers.setAside(packFolder, 'webgpu', new Fault('provider-failed', 'Failed to allocate memory.'));
    expect(await providers.choose(packFolder)).toEqual([]);
    expect(await afterRestart()).toEqual(['webgpu']);
    await providers.setAside(packFolder, 'webgpu', new Fault('engine-died', 'The engine stopped.'));
    expect(await providers.choose(packFolder)).toEqual([]);
    expect(await afterRestart()).toEqual([]);
  });
});

describe('a task whose engine dies', () => {
  const dead = () => new Fault('engine-died', 'The engine stopped.');
  /** Dies at the given calls of `calibrate`, after a checkpoint was written or before. */
  function dyingAt(deaths: readonly number[], afterSteps: number): Handlers {
    const handlers = createEngineHandlers();
    let calls = 0;
    return {
      ...handlers,
      async calibrate(input, { progress }) {
        const dies = deaths.includes(++calls);
        const abort = new AbortController();
        const output = handlers.calibrate(input, {
          signal: abort.signal,
          progress(value) {
            progress(value);
            if (dies && value.phase === 'training' && value.done >= (value.total * afterSteps) / 100) abort.abort();
          },
        });
        return await (dies ? Promise.resolve(output).catch(() => Promise.reject(dead())) : output);
      },
    };
  }

  it('goes on from its checkpoint to the same profile', { timeout: 60_000 }, async () => {
    const undisturbed = await runInProcess(createEngineHandlers()).run('calibrate', calibration('cpu'));
    const handlers = dyingAt([1, 3], 60);
    const folders = new Set<string>();
    const leavingHalfAFile: Handlers = {
      ...handlers,
      calibrate(input, context) {
        const checkpoint = input.checkpoint ?? '';
        writeFileSync(`${checkpoint}.${folders.size}.unfinished`, 'half');
        folders.add(dirname(checkpoint));
        return handlers.calibrate(input, context);
      },
    };
    const engine = supervise(runner(leavingHalfAFile), providersOn(createEngineHandlers()));
    const output = await engine.run('calibrate', calibration('cpu'));
    expect(folders.size).toBe(1);
    for (const left of folders) expect(existsSync(left)).toBe(false);
    expect(Buffer.from(output.profile).equals(Buffer.from(undisturbed.profile))).toBe(true);
  });

  it('takes fewer pictures at once each time, because it may have lacked memory', async () => {
    const handlers = createEngineHandlers();
    const tried: (number | undefined)[] = [];
    const twice: Handlers = {
      ...handlers,
      pictureFeatures(input, context) {
        tried.push(input.deathsBefore);
        if (tried.length < 3) throw dead();
        return handlers.pictureFeatures(input, context);
      },
    };
    const engine = supervise(runner(twice), providersOn(createEngineHandlers()));
    await engine.run('pictureFeatures', { packFolder, provider: 'cpu', images: stripedPictures(2, 3) });
    expect(tried).toEqual([undefined, 1, 2]);
  });

  it('is given up where it dies again and again without a step forward', { timeout: 60_000 }, async () => {
    let calls = 0;
    const never: Handlers = {
      ...createEngineHandlers(),
      calibrate() {
        calls++;
        throw dead();
      },
    };
    const engine = supervise(runner(never), providersOn(createEngineHandlers()));
    await expect(engine.run('calibrate', calibration('cpu'))).rejects.toMatchObject({ code: 'engine-died' });
    expect(calls).toBe(3);
  });
});
