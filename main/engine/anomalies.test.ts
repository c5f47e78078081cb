import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { toTrainingGrey } from '../method/resize.ts';
import { publishedMixture, type TaskMixture } from '../method/synthesis/synthesise.ts';
import { pool } from './anomalies.ts';
import type { CalibrateContext } from './course.ts';
import type { Sample } from './learner.ts';
import { type Networks, openNetworks } from './networks.ts';
import { extractTaps, TapCache, type Taps } from './taps.ts';

let folder: string;
let networks: Networks;
let greys: readonly Image8[];
/** Of the second picture, which all draws here are of. */
let plain: Taps;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-pool-'));
  networks = await openNetworks(await createSmallPack(folder), 'cpu');
  greys = stripedPictures(2, 1).map((image) => toTrainingGrey(image, networks.side));
  [, plain] = (await extractTaps(await networks.tower(), greys)) as [Taps, Taps];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const context = (): CalibrateContext => ({
  signal: new AbortController().signal,
  progress: () => {},
  cache: new TapCache(0),
});

async function drawn(count: number, poolVaried: boolean, mixture = publishedMixture): Promise<readonly Sample[]> {
  const schedule = { poolVariants: 8, poolVaried };
  const draw = await pool(greys, mixture, schedule, networks, new Random(3), context());
  return await draw(new Array(count).fill(1));
}

const isChanged = ({ mask }: Sample) => mask.some((value) => value > 0);
/** How far a picture's tokens lie from those of the unchanged picture. */
const distance = ({ taps }: Sample) =>
  Math.hypot(...taps.flatMap((tap, n) => Array.from(tap, (value, i) => value - plain[n]![i]!)));

it('draws pictures of a pool as they were made', async () => {
  const samples = await drawn(100, false);
  const changed = samples.filter(isChanged);
  expect(changed.length).toBeGreaterThan(40);
  expect(changed.length).toBeLessThan(100);
  expect(new Set(changed.map(({ taps }) => taps)).size).toBeLessThanOrEqual(8);
});

it('varies how strong anomalies are where that is asked for, around what was made', async () => {
  const one: TaskMixture = { ...publishedMixture, 'cut-paste': 1, 'gauss-intensity': 0, source: 0, identity: 0 };
  const samples = await drawn(400, true, one);
  const masks = new Set(samples.map(({ mask }) => mask));
  expect(masks.size).toBe(8);
  for (const mask of masks) {
    const distances = samples.filter((sample) => sample.mask === mask).map(distance);
    const [least, most] = [Math.min(...distances), Math.max(...distances)];
    expect(most / least).toBeGreaterThan(2);
    expect(most / least).toBeLessThanOrEqual(3 + 1e-3); // 1.5 / 0.5
    expect(new Set(distances).size).toBe(distances.length);
  }
});

it('draws the unchanged picture as often as the mixture says, whatever the pool holds', async () => {
  const unchanged = (await drawn(400, true)).filter((sample) => !isChanged(sample));
  expect(Math.abs(unchanged.length - 100)).toBeLessThan(30); // three deviations and more
  for (const sample of unchanged) expect(distance(sample)).toBeLessThan(1e-3);
});
