import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preset } from '../../preload/contract/model.ts';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { publishedSettings } from '../method/settings.ts';
import { runInProcess } from '../process/in-process.ts';
import { calibrate as calibrateHere } from './calibrate.ts';
import { CHECKPOINT_STEPS, checkpointedSteps } from './checkpoint.ts';
import { createEngineHandlers } from './handlers.ts';
import { openNetworks } from './networks.ts';
import { schedules, stepCount } from './schedule.ts';
import { TapCache } from './taps.ts';
import type { CalibrateInput, CalibrateOutput } from './tasks.ts';

let folder: string;
let packFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-checkpoint-'));
  packFolder = await createSmallPack(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** 12 pictures are an epoch of two batches, one of 8 and one of 4. */
function input(preset: Preset, change: Partial<CalibrateInput> = {}): CalibrateInput {
  const [support, heldOut] = [stripedPictures(12, 1), stripedPictures(2, 2)];
  const method = publishedSettings(schedules[preset].textAttention);
  const common = { method, seed: 7, provider: 'cpu', toleratedShare: 0.2, preprocessing: 'test' } as const;
  return { packFolder, support, heldOut, preset, ...common, ...change };
}

/** A process of its own each time: nothing is left of an earlier one but its checkpoint. */
const calibrate = (given: CalibrateInput) => runInProcess(createEngineHandlers()).run('calibrate', given);

/**
 * Ends once this many steps of the given phase were made. Not as a task of the engine, which gathers progress: a quick
 * machine would be through before the news.
 */
async function interrupt(
  { packFolder, provider, ...given }: CalibrateInput,
  phase: string,
  steps: number,
): Promise<void> {
  const abort = new AbortController();
  const run = calibrateHere(given, await openNetworks(packFolder, provider), {
    signal: abort.signal,
    cache: new TapCache(1e6),
    progress: (progress) => progress.phase === phase && progress.done >= steps && abort.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
}

const sameBytes = (one: CalibrateOutput, other: CalibrateOutput) =>
  Buffer.from(one.profile).equals(Buffer.from(other.profile));

describe.each<[Preset, string, number]>([
  ['parity', 'training', 137],
  ['fast', 'training', 25],
  ['default', 'evidence', 75],
])('a calibration with the preset %s that was interrupted in the phase %s after %i steps', (preset, phase, steps) => {
  it('goes on from its checkpoint to the same profile, bit for bit', { timeout: 120_000 }, async () => {
    const checkpoint = join(folder, `${preset}-${phase}.checkpoint`);
    const undisturbed = await calibrate(input(preset));
    await interrupt(input(preset, { checkpoint }), phase, steps);
    const before = await checkpointedSteps(checkpoint);
    expect(before).toBeGreaterThanOrEqual(steps - CHECKPOINT_STEPS);

    const losses: number[] = [];
    const resumed = await runInProcess(createEngineHandlers()).run('calibrate', input(preset, { checkpoint }), {
      onProgress: (progress) =>
        progress.firstStep !== undefined && losses.splice(progress.firstStep, losses.length, ...progress.losses),
    });
    expect(sameBytes(resumed, undisturbed)).toBe(true);
    expect(resumed.lossTrace).toEqual(undisturbed.lossTrace);
    expect(losses).toEqual(undisturbed.lossTrace);
    expect(await checkpointedSteps(checkpoint)).toBeGreaterThanOrEqual(stepCount(12, 50));
  });
});

describe('a checkpoint', () => {
  it('of another calibration, or damaged, is not continued', { timeout: 120_000 }, async () => {
    const checkpoint = join(folder, 'other.checkpoint');
    await interrupt(input('default', { checkpoint, seed: 8 }), 'training', 50);
    const undisturbed = await calibrate(input('default'));
    expect(sameBytes(await calibrate(input('default', { checkpoint })), undisturbed)).toBe(true);

    const bytes = await readFile(checkpoint);
    await writeFile(checkpoint, bytes.subarray(0, bytes.length / 2));
    expect(await checkpointedSteps(checkpoint)).toBe(0);
    expect(sameBytes(await calibrate(input('default', { checkpoint })), undisturbed)).toBe(true);
  });

  it('that cannot be written stops no calibration and leaves nothing', { timeout: 120_000 }, async () => {
    const checkpoint = join(folder, 'absent', 'x.checkpoint');
    const output = await calibrate(input('default', { checkpoint }));
    expect(output.steps).toBe(stepCount(12, 50));
    expect((await readdir(folder)).filter((name) => name.includes('unfinished') || name === 'absent')).toEqual([]);
  });
});
