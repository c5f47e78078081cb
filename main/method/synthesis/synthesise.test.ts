import { describe, expect, it } from 'vitest';
import { hasGolden, readGolden, readGoldenStatistics, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { Fault } from '../../fault.ts';
import type { Image8 } from '../image.ts';
import { Random } from '../random.ts';
import { gaussianFilter } from './gaussian-filter.ts';
import { labelRegions } from './regions.ts';
import { type AnomalyTask, anomalyTasks, applyTask, dealChanges, publishedMixture, synthesise } from './synthesise.ts';

/** Smooth random tissue in 40..200, so that every task has something to change. */
function tissue(width: number, height: number, random: Random): Image8 {
  const noise = { width, height, data: Float32Array.from({ length: width * height }, () => random.uniform()) };
  const smooth = gaussianFilter(noise, 3).data;
  return { width, height, channels: 1, data: Uint8Array.from(smooth, (v) => 120 + 80 * Math.tanh(12 * (v - 0.5))) };
}

function support(count: number, width: number, height: number): Image8[] {
  const random = new Random(99);
  return Array.from({ length: count }, () => tissue(width, height, random));
}

const small = support(3, 96, 96);

describe('anomaly synthesis', () => {
  it('deals tasks in the proportions of the mixture, in another order each time', () => {
    const mixture = { ...publishedMixture, 'cut-paste': 0.5, source: 0, identity: 0.25 };
    const deals = [1, 2].map((seed) => dealChanges(mixture, 30, new Random(seed)));
    for (const deal of deals) {
      expect(deal.filter((task) => task === 'cut-paste')).toHaveLength(20);
      expect(deal.filter((task) => task === 'gauss-intensity')).toHaveLength(10);
    }
    expect(deals[0]).not.toEqual(deals[1]);
    // What does not come out even is left to chance, never to the order of the tasks.
    const single = Array.from({ length: 200 }, (_, seed) => dealChanges(mixture, 1, new Random(seed))[0]);
    expect(single.filter((task) => task === 'gauss-intensity').length).toBeGreaterThan(40);
    expect(() => dealChanges({ ...mixture, identity: 0.5 }, 1, new Random(1))).toThrow(Fault);
  });

  it.each(anomalyTasks)('%s changes pixels inside its mask only, and leaves the input alone', (task) => {
    const random = new Random(1);
    const before = small[0]!.data.slice();
    for (let draw = 0; draw < 60; draw++) {
      const { image, unionMask, diceMask, anomalies } = applyTask(task, small[0]!, small, random);
      expect(small[0]!.data).toEqual(before);
      let changed = 0;
      for (let i = 0; i < before.length; i++) {
        if (image.data[i] === before[i]) continue;
        changed++;
        if (!unionMask.data[i]) expect.fail(`pixel ${i} changed outside the mask`);
        if (!((diceMask[i] ?? 0) > 0.99)) expect.fail(`pixel ${i} changed without a label`);
      }
      if (task === 'identity') {
        expect([anomalies, changed, Math.max(...diceMask)]).toEqual([0, 0, 0]);
      } else expect(changed).toBeGreaterThan(20);
    }
  });

  it('does a second anomaly every other time', () => {
    const random = new Random(2);
    let second = 0;
    for (let draw = 0; draw < 1000; draw++) if (applyTask('sink', small[0]!, small, random).anomalies === 2) second++;
    // 500 +- 4 standard deviations of a fair coin.
    expect(Math.abs(second - 500)).toBeLessThan(64);
  });

  it('repeats with the same seed and differs with another', () => {
    const run = (seed: number) => synthesise(small[1]!, small, new Random(seed));
    for (let seed = 0; seed < 12; seed++) expect(run(seed)).toEqual(run(seed));
    const changed = [10, 11, 12, 13].map((seed) => applyTask('sink', small[1]!, small, new Random(seed)).image.data);
    expect(changed[0]).not.toEqual(changed[1]);
    expect(changed[2]).not.toEqual(changed[3]);
  });

  it('draws the published tasks at 0.25 each, and any other mixture that is asked for', () => {
    const counts = new Map<AnomalyTask, number>();
    const tiny = support(2, 24, 24);
    const random = new Random(3);
    for (let draw = 0; draw < 2000; draw++) {
      const { task } = synthesise(tiny[0]!, tiny, random);
      counts.set(task, (counts.get(task) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['cut-paste', 'gauss-intensity', 'identity', 'source']);
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(80);

    const onlySmooth = {
      ...publishedMixture,
      'cut-paste': 0,
      'gauss-intensity': 0,
      source: 0,
      identity: 0,
      'smooth-intensity': 1,
    };
    expect(synthesise(tiny[0]!, tiny, random, onlySmooth).task).toBe('smooth-intensity');
  });

  it('refuses a mixture that does not sum to 1, colour, and cut-paste without support', () => {
    const random = new Random(4);
    expect(() => synthesise(small[0]!, small, random, { ...publishedMixture, identity: 0.5 })).toThrowError(/sum to 1/);
    const colour: Image8 = { width: 32, height: 32, channels: 3, data: new Uint8Array(32 * 32 * 3) };
    expect(() => applyTask('sink', colour, [], random)).toThrowError(Fault);
    expect(() => applyTask('cut-paste', small[0]!, [], random)).toThrowError(/support image/);
  });

  it('works on images that are not square, and on a flat image without dividing by its range', () => {
    const random = new Random(5);
    const wide = support(2, 120, 64);
    const flat: Image8 = { width: 64, height: 64, channels: 1, data: new Uint8Array(4096).fill(90) };
    for (const task of anomalyTasks)
      for (let draw = 0; draw < 20; draw++) {
        expect(applyTask(task, wide[0]!, wide, random).image).toMatchObject({ width: 120, height: 64 });
        const { image } = applyTask(task, flat, [flat], random);
        // Only added texture can be seen in a flat image: it has nothing to move and no range to brighten into.
        if (task !== 'gauss-intensity' && task !== 'cut-paste') expect(new Set(image.data)).toEqual(new Set([90]));
      }
  });
});

type Statistics = Record<
  | 'mask_fraction'
  | 'mask_equal_one_fraction'
  | 'regions'
  | 'mean_abs_change_inside_mask'
  | 'max_abs_change_outside_mask',
  number
>;

/** As recorded: the mask is the dice mask where it exceeds 0; regions share edges (scipy.ndimage.label). */
function statisticsOf(normal: Image8, image: Image8, diceMask: Float32Array): Statistics {
  const pixels = diceMask.length;
  const data = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) if (diceMask[i]! > 0) data[i] = 1;
  const { regions } = labelRegions({ width: normal.width, height: normal.height, data }, 4);
  let [area, full, change, outside] = [0, 0, 0, 0];
  for (let i = 0; i < pixels; i++) {
    const difference = Math.abs(image.data[i]! - normal.data[i]!);
    if (!data[i]) {
      outside = Math.max(outside, difference);
      continue;
    }
    area++;
    change += difference;
    if (diceMask[i] === 1) full++;
  }
  return {
    mask_fraction: area / pixels,
    mask_equal_one_fraction: full / pixels,
    regions: regions.length,
    mean_abs_change_inside_mask: area === 0 ? 0 : change / area,
    max_abs_change_outside_mask: outside,
  };
}

/** numpy.percentile with linear interpolation. */
function percentile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const above = sorted[below + 1] ?? sorted[below]!;
  return sorted[below]! + (position - below) * (above - sorted[below]!);
}

const recordedName: Record<AnomalyTask, string> = {
  'cut-paste': 'cutpaste',
  'gauss-intensity': 'gauss_intensity',
  'smooth-intensity': 'smooth_intensity',
  source: 'source',
  sink: 'sink',
  identity: 'identity',
};

describe('statistics of the published synthesis', () => {
  /** As many as the recorded figures are of: 45 s of processor time for all tasks. */
  const draws = 3000;

  it.skipIf(!hasGolden).each(anomalyTasks)(
    `%s, ${draws} draws: mean within 10%, percentiles within 20% (${withoutGolden})`,
    (task) => {
      const { shape, data } = readGolden().get('support')!;
      const [count, height, width] = shape as [number, number, number];
      const images: Image8[] = Array.from({ length: count }, (_, k) => ({
        width,
        height,
        channels: 1,
        data: (data as Uint8Array).subarray(k * width * height, (k + 1) * width * height),
      }));
      const random = new Random(1);
      const drawn = Array.from({ length: draws }, (_, draw) => {
        const normal = images[draw % count]!;
        const { image, diceMask } = applyTask(task, normal, images, random);
        return statisticsOf(normal, image, diceMask);
      });
      for (const [name, recorded] of Object.entries(readGoldenStatistics()[recordedName[task]]!)) {
        if (typeof recorded !== 'object') continue;
        const sorted = drawn.map((one) => one[name as keyof Statistics]).sort((a, b) => a - b);
        const ours = {
          mean: sorted.reduce((a, b) => a + b) / draws,
          p5: percentile(sorted, 0.05),
          p50: percentile(sorted, 0.5),
          p95: percentile(sorted, 0.95),
        };
        for (const [key, value] of Object.entries(ours)) {
          const tolerance = (key === 'mean' ? 0.1 : 0.2) * recorded[key]!;
          expect(Math.abs(value - recorded[key]!), `${task} ${name} ${key}`).toBeLessThanOrEqual(tolerance);
        }
      }
    },
    900_000,
  );
});
