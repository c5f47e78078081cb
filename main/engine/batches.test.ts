/** Batches: as many pictures as fit, found by trying, and none more after a cancel. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preset } from '../../preload/contract/model.ts';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { Fault } from '../fault.ts';
import { publishedSettings } from '../method/settings.ts';
import { runInProcess } from '../process/in-process.ts';
import { createEngineHandlers } from './handlers.ts';
import { schedules } from './schedule.ts';
import { openSession, type Session } from './sessions.ts';
import type { CalibrateInput } from './tasks.ts';

let folder: string;
let packFolder: string;
let profilePath: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-batches-'));
  packFolder = await createSmallPack(folder);
  profilePath = join(folder, 'profile');
  const { profile } = await runInProcess(createEngineHandlers()).run('calibrate', calibration('default'));
  await writeFile(profilePath, profile);
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const calibration = (preset: Preset): CalibrateInput => ({
  packFolder,
  support: stripedPictures(8, 1),
  heldOut: [],
  preset,
  method: publishedSettings(schedules[preset].textAttention),
  seed: 7,
  provider: 'cpu',
  toleratedShare: 0.2,
  preprocessing: 'test',
});
const study = (count: number) =>
  ({ packFolder, profilePath, images: stripedPictures(count, 5), provider: 'cpu' }) as const;

/** An engine that tells of every run of a network before it; `pictures` are those of the vision tower, else 0. */
function watchedEngine(beforeRun: (pictures: number) => unknown) {
  const open = async (...given: Parameters<typeof openSession>): Promise<Session> => {
    const session = await openSession(...given);
    return {
      ...session,
      async run(feeds, fetch) {
        beforeRun(feeds.pixels?.dims[0] ?? 0);
        return await session.run(feeds, fetch);
      },
    };
  };
  return runInProcess(createEngineHandlers(open));
}

describe('a batch that does not fit into memory', () => {
  it('is halved for every death of the engine under the task, with the same scores', async () => {
    const batches: number[] = [];
    const engine = watchedEngine((pictures) => pictures > 0 && batches.push(pictures));
    const whole = await engine.run('detect', study(8));
    const afterDeaths = async (deathsBefore: number) => {
      batches.length = 0;
      const restarted = watchedEngine((pictures) => pictures > 0 && batches.push(pictures));
      const { detections } = await restarted.run('detect', { ...study(8), deathsBefore });
      for (const [i, { score }] of detections.entries()) expect(score).toBeCloseTo(whole.detections[i]!.score, 5);
      return [...batches];
    };
    expect(batches).toEqual([8]);
    expect(await afterDeaths(1)).toEqual([4, 4]);
    expect(await afterDeaths(2)).toEqual([2, 2, 2, 2]);
    expect(await afterDeaths(9)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
  });

  it('is halved until it does, stays so, and gives the same scores', { timeout: 60_000 }, async () => {
    const [room, tried] = [2, [] as number[]];
    const engine = watchedEngine((pictures) => {
      if (pictures > 0) tried.push(pictures);
      if (pictures > room)
        throw new Fault('provider-failed', 'onnxruntime failed on cpu: Failed to allocate memory for requested buffer');
    });
    const expected = await runInProcess(createEngineHandlers()).run('detect', study(8));
    const found = await engine.run('detect', study(8));
    expect(tried).toEqual([8, 4, 2, 2, 2, 2]);
    for (const [i, { score }] of found.detections.entries())
      expect(score).toBeCloseTo(expected.detections[i]!.score, 5);

    tried.length = 0;
    await engine.run('calibrate', calibration('fast'));
    expect(Math.max(...tried)).toBe(room);
  });

  it('that holds a single picture is the end, with what onnxruntime said', async () => {
    const engine = watchedEngine((pictures) => {
      if (pictures > 0) throw new Fault('provider-failed', 'onnxruntime failed on cpu: std::bad_alloc');
    });
    await expect(engine.run('detect', study(3))).rejects.toMatchObject({
      code: 'provider-failed',
      message: expect.stringContaining('bad_alloc'),
    });
  });
});

describe('cancelling', () => {
  /** Cancels as the given run of a network begins, counted from 0. @returns runs before it, and runs after it */
  async function cancelledAt(
    run: number,
    start: (engine: ReturnType<typeof watchedEngine>, signal: AbortSignal) => Promise<unknown>,
  ): Promise<{ readonly before: number; readonly after: number }> {
    const abort = new AbortController();
    let begun = 0;
    const engine = watchedEngine(() => begun++ === run && abort.abort());
    const running = start(engine, abort.signal);
    if (run < Number.POSITIVE_INFINITY) await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    else await running;
    return { before: Math.min(begun, run), after: Math.max(0, begun - run - 1) };
  }

  it('a study ends it with the batch that runs', async () => {
    const detect = (engine: ReturnType<typeof watchedEngine>, signal: AbortSignal) =>
      engine.run('detect', study(64), { signal });
    for (const run of [0, 3]) expect(await cancelledAt(run, detect)).toEqual({ before: run, after: 0 });
  });

  it.each<Preset>(['parity', 'default'])(
    'a calibration with the preset %s ends it within one step, whatever it is at',
    { timeout: 60_000 },
    async (preset) => {
      const calibrate = (engine: ReturnType<typeof watchedEngine>, signal: AbortSignal) =>
        engine.run('calibrate', calibration(preset), { signal });
      const { before: all } = await cancelledAt(Number.POSITIVE_INFINITY, calibrate);
      for (const share of [0.02, 0.2, 0.5, 0.8, 0.95]) {
        const run = Math.floor(share * all);
        const { before, after } = await cancelledAt(run, calibrate);
        expect(before).toBe(run);
        expect(after).toBeLessThanOrEqual(1);
      }
    },
  );
});
