/** A card that keeps float16 weights, played by the CPU under another name, and one that cannot. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { Fault } from '../fault.ts';
import { publishedSettings } from '../method/settings.ts';
import { runInProcess } from '../process/in-process.ts';
import { createEngineHandlers } from './handlers.ts';
import { decodeProfile } from './profile.ts';
import { openSession } from './sessions.ts';

let folder: string;
let packFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-precision-'));
  packFolder = await createSmallPack(folder, 'float16');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An engine whose `webgpu` is the CPU; `refuses` where its card cannot widen float16. It tells how sessions were opened. */
function engineWithCard(refuses: boolean) {
  const kept: boolean[] = [];
  const engine = runInProcess(
    createEngineHandlers(async (model, options = {}) => {
      if (options.halfWeights && refuses) throw new Fault('provider-failed', 'Program Cast requires f16');
      kept.push(options.halfWeights ?? false);
      return await openSession(model, { ...options, provider: 'cpu' });
    }),
  );
  return { engine, kept };
}

const calibration = (provider: 'cpu' | 'webgpu') => ({
  packFolder,
  support: stripedPictures(8, 1),
  heldOut: stripedPictures(2, 2),
  preset: 'fast' as const,
  method: publishedSettings('causal'),
  seed: 7,
  provider,
  toleratedShare: 0.2,
  preprocessing: 'test',
});

describe('a pack of float16 weights', () => {
  it('keeps them so on a card, trains and scores as on the CPU, and the profile says so', {
    timeout: 60_000,
  }, async () => {
    const { engine, kept } = engineWithCard(false);
    const onCpu = await engine.run('calibrate', calibration('cpu'));
    expect(new Set(kept)).toEqual(new Set([false]));
    kept.length = 0;
    const onCard = await engine.run('calibrate', calibration('webgpu'));
    expect(new Set(kept)).toEqual(new Set([true]));
    expect(decodeProfile(onCpu.profile).manifest.precision).toBe('float32');
    expect(decodeProfile(onCard.profile).manifest.precision).toBe('float16-weights');
    expect(onCard.lossTrace[0]).toBeCloseTo(onCpu.lossTrace[0]!, 6);
    expect(onCard.lossTrace.at(-1)).toBeCloseTo(onCpu.lossTrace.at(-1)!, 2); // rounding grows through Adam
    expect(onCard.threshold).toBeCloseTo(onCpu.threshold, 2);
  });

  it('is widened on a card that cannot do that itself', { timeout: 60_000 }, async () => {
    const { engine } = engineWithCard(true);
    const { profile } = await engine.run('calibrate', calibration('webgpu'));
    expect(decodeProfile(profile).manifest).toMatchObject({ provider: 'webgpu', precision: 'float32' });
  });
});
