/** Training pictures with anomalies: made in the support set, and what the frozen tower makes of them. */
import { throwIfCancelled } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import type { Random } from '../method/random.ts';
import { recolour } from '../method/recolour.ts';
import { synthesise, type TaskMixture } from '../method/synthesis/synthesise.ts';
import type { CalibrateContext } from './course.ts';
import type { Sample } from './learner.ts';
import type { Networks } from './networks.ts';
import { extractTaps } from './taps.ts';

/** A pool has fewer variants per picture where their taps would take more than the budget. */
const LEAST_POOL_VARIANTS = 4;
const POOL_BUDGET_BYTES = 512 * 1024 * 1024;

/** Training pictures for the given members of the support set. */
export type DrawSamples = (indices: readonly number[]) => Promise<readonly Sample[]>;

/** As published: new anomalies for every batch; in the colours of the pictures where those are given. */
export function freshAnomalies(
  greys: readonly Image8[],
  mixture: TaskMixture,
  networks: Networks,
  random: Random,
  coloured?: readonly Image8[],
): DrawSamples {
  return async (indices) => {
    const anomalies = indices.map((index) => synthesise(greys[index]!, greys, random, mixture));
    const taps = await extractTaps(
      await networks.tower(),
      anomalies.map(({ image }, i) => {
        const picture = coloured?.[indices[i]!];
        return picture ? recolour(picture, greys[indices[i]!]!, image) : image;
      }),
    );
    return anomalies.map(({ diceMask }, i) => ({ taps: taps[i]!, mask: diceMask }));
  };
}

/** Anomalies made once, their taps computed once; each draw picks one of the picture's variants. */
export async function pool(
  greys: readonly Image8[],
  mixture: TaskMixture,
  wanted: number,
  networks: Networks,
  random: Random,
  { signal, progress }: CalibrateContext,
): Promise<DrawSamples> {
  const tapBytes = networks.taps.reduce((sum, { grid, width }) => sum + 4 * grid * grid * width, 0);
  const sampleBytes = tapBytes + 4 * networks.side ** 2;
  const affordable = Math.floor(POOL_BUDGET_BYTES / sampleBytes / greys.length);
  const variants = Math.max(LEAST_POOL_VARIANTS, Math.min(wanted, affordable));
  const total = variants * greys.length;
  const tower = await networks.tower();
  const samples: Sample[][] = [];
  for (const grey of greys) {
    throwIfCancelled(signal);
    const anomalies = Array.from({ length: variants }, () => synthesise(grey, greys, random, mixture));
    const before = samples.length * variants;
    const changed = anomalies.filter(({ task }) => task !== 'identity'); // the unchanged ones are all the same picture
    const [unchanged, ...taps] = await extractTaps(tower, [grey, ...changed.map(({ image }) => image)], {
      signal,
      onProgress: (done) => progress({ phase: 'features', done: Math.min(total, before + done), total, losses: [] }),
    });
    samples.push(
      anomalies.map(({ task, diceMask }) => ({
        taps: task === 'identity' ? unchanged! : taps.shift()!,
        mask: diceMask,
      })),
    );
  }
  await tower.rest(); // training needs no more of it
  return async (indices) => indices.map((index) => samples[index]![random.below(variants)]!);
}
