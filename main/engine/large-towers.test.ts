/** Towers that are laid to rest between the phases of a calibration: less memory, the same numbers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Preset } from '../../preload/contract/model.ts';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { publishedSettings } from '../method/settings.ts';
import { calibrate } from './calibrate.ts';
import { openNetworks } from './networks.ts';
import { decodeProfile, profileTensor } from './profile.ts';
import { schedules } from './schedule.ts';
import { openSession } from './sessions.ts';
import { TapCache } from './taps.ts';

let folder: string;
let packFolder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-large-'));
  packFolder = await createSmallPack(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A calibration, with how many sessions were open at most, each session told by what it takes. */
async function calibrated(preset: Preset, heldOut: number, largeTowerBytes?: number) {
  const open: string[] = [];
  let visionWithText = false;
  const networks = await openNetworks(
    packFolder,
    'cpu',
    async (...given) => {
      const session = await openSession(...given);
      const kind = session.inputs.includes('pixels')
        ? 'vision'
        : session.inputs.includes('prompt.context')
          ? 'text'
          : '';
      open.push(kind);
      visionWithText ||= open.includes('vision') && open.includes('text');
      return {
        ...session,
        close: async () => {
          open.splice(open.indexOf(kind), 1);
          await session.close();
        },
      };
    },
    largeTowerBytes,
  );
  const output = await calibrate(
    {
      support: stripedPictures(8, 1),
      heldOut: stripedPictures(heldOut, 2),
      preset,
      epochs: 6,
      method: publishedSettings(schedules[preset].textAttention),
      seed: 7,
      toleratedShare: 0.2,
      preprocessing: 'test',
    },
    networks,
    { signal: new AbortController().signal, progress: () => {}, cache: new TapCache(1e7) },
  );
  return { ...output, visionWithText };
}

describe.each<[Preset, number]>([
  ['fast', 0],
  ['default', 0],
  ['default', 20],
  ['parity', 3],
])('a calibration with large towers, preset %s with %d held out,', (preset, heldOut) => {
  it('gives what it gives with towers that stay open', { timeout: 120_000 }, async () => {
    const [staying, resting] = [await calibrated(preset, heldOut), await calibrated(preset, heldOut, 0)];
    expect(resting.steps).toBe(6);
    for (const [i, loss] of staying.lossTrace.entries()) expect(resting.lossTrace[i]).toBeCloseTo(loss, 5);
    expect(resting.threshold).toBeCloseTo(staying.threshold, 4);
    const [a, b] = [staying, resting].map(({ profile }) => decodeProfile(profile));
    expect([...b!.tensors.keys()]).toEqual([...a!.tensors.keys()]);
    for (const [i, score] of profileTensor(a!, 'evidence.normal_scores').data.entries())
      expect(profileTensor(b!, 'evidence.normal_scores').data[i]).toBeCloseTo(score, 4);
    expect(staying.visionWithText).toBe(true);
    // The published work wants both at every step.
    expect(resting.visionWithText).toBe(preset === 'parity');
  });
});

describe('taps that are kept', () => {
  it('are forgotten from the oldest on until few enough are left', () => {
    const cache = new TapCache(400);
    const taps = (length: number) => [new Float32Array(length)];
    for (const key of ['a', 'b', 'c']) cache.set(key, taps(30));
    cache.get('a');
    cache.set('d', taps(30)); // 480 bytes: one too many
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true]);
    cache.trim(250);
    expect(['a', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([false, true, true]);
    cache.trim(0);
    expect(cache.get('d')).toBeUndefined();
    cache.set('e', taps(1000)); // larger than all that may be kept: alone
    expect(cache.get('e')).toBeDefined();
  });
});
