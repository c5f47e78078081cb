/** Normals that no textbook has: calibration gives finite numbers for them, or says what is wrong. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSmallPack } from '../../tests/support/small-pack.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { publishedSettings } from '../method/settings.ts';
import { runInProcess } from '../process/in-process.ts';
import { createEngineHandlers } from './handlers.ts';

const engine = runInProcess(createEngineHandlers());
let folder: string;
let packFolder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-odd-'));
  packFolder = await createSmallPack(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function picture(seed: number, width = 48, height = 48, channels: 1 | 3 = 1): Image8 {
  const random = new Random(seed);
  return {
    width,
    height,
    channels,
    data: Uint8Array.from({ length: width * height * channels }, () => random.below(256)),
  };
}
const black: Image8 = { width: 48, height: 48, channels: 1, data: new Uint8Array(48 * 48) };
const six = [1, 2, 3, 4, 5, 6];

it.each<[string, readonly Image8[]]>([
  ['identical images', six.map(() => picture(1))],
  ['all black images', six.map(() => black)],
  ['images of mixed sizes', six.map((seed) => picture(seed, 30 + 9 * seed, 80 - 7 * seed))],
  ['colour images', six.map((seed) => picture(seed, 48, 48, 3))],
])(
  '%s calibrate to finite numbers, and a new picture gets a finite score',
  { timeout: 120_000 },
  async (name, images) => {
    const output = await engine.run('calibrate', {
      packFolder,
      support: images.slice(0, 4),
      heldOut: images.slice(4),
      preset: 'default',
      method: publishedSettings('causal'),
      seed: 1,
      provider: 'cpu',
      toleratedShare: 0.4,
      preprocessing: 'test',
    });
    for (const value of [output.threshold, ...output.normalScores, ...output.lossTrace])
      expect(Number.isFinite(value)).toBe(true);
    const profilePath = join(folder, name);
    await writeFile(profilePath, output.profile);
    const { detections } = await engine.run('detect', {
      packFolder,
      profilePath,
      images: [picture(9), black],
      provider: 'cpu',
    });
    for (const { score, map } of detections) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(map.every(Number.isFinite)).toBe(true);
    }
  },
);
