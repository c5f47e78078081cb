/**
 * The ladder of providers over the real engine. The accelerator stands in for one: the CPU under the name `webgpu`, which
 * misbehaves as a test asks.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
function providersOn(trial: Handlers, options: { file?: string; adapters?: string; limit?: number } = {}) {
  const {
    file = join(mkdtempSync(join(folder, 'data-')), 'providers.json'),
    adapters = 'a card',
    limit = 60_000,
  } = options;
  return new Providers({
    trial: runner(trial),
    verdicts: new Verdicts(file),
    appVersion: '1.0.0',
    version: async () => '1.30.0',
    adapters: async () => adapters,
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

  it('finds the CPU equal to itself under another name, to the last bit', async () => {
    const reports = await providersOn(lookalike('faster')).test(packFolder);
    for (const name of ['webgpu', 'cpu'])
      expect(reports.find((report) => report.name === name)?.selfTest).toEqual({
        ok: true,
        maxAbsDiff: 0,
        vision: 0,
        text: 0,
        gradients: 0,
        loss: 0,
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

describe('a task on `auto`', () => {
  it('works on a provider that passed and is faster, and the result says so', { timeout: 60_000 }, async () => {
    const engine = supervise(runner(lookalike('faster')), providersOn(lookalike('faster')));
    const { provider, providerVersion, profile } = await engine.run('calibrate', calibration('auto'));
    expect({ provider, providerVersion }).toEqual({
      provider: 'webgpu',
      providerVersion: expect.stringMatching(/^onnxruntime \d/),
    });
    expect(decodeProfile(profile).manifest).toMatchObject({ provider, providerVersion, precision: 'float32' });
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
    await expect(engine.run('calibrate', calibration('webgpu'))).rejects.toMatchObject({
      message: expect.stringContaining('failed at work'),
    });
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
    const engine = supervise(runner(dyingAt([1, 3], 60)), providersOn(createEngineHandlers()));
    const output = await engine.run('calibrate', calibration('cpu'));
    expect(Buffer.from(output.profile).equals(Buffer.from(undisturbed.profile))).toBe(true);
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
