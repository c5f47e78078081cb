/** Training pictures with anomalies: made in the support set, and what the frozen tower makes of them. */
import { throwIfCancelled } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import type { Random } from '../method/random.ts';
import { recolour } from '../method/recolour.ts';
import { applyTask, dealChanges, synthesise, type TaskMixture } from '../method/synthesis/synthesise.ts';
import type { CalibrateContext } from './course.ts';
import type { Sample } from './learner.ts';
import type { Networks } from './networks.ts';
import type { Schedule } from './schedule.ts';
import { extractTaps, type Taps } from './taps.ts';

/** A pool has fewer variants per picture where their taps would take more than the budget. */
const LEAST_POOL_VARIANTS = 4;
const POOL_BUDGET_BYTES = 512 * 1024 * 1024;

/** How strong an anomaly of a varied pool is when it is drawn; 1 is as it was made. */
const [WEAKEST, STRONGEST] = [0.5, 1.5];

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

/**
 * Anomalies made once, their taps computed once; each draw picks one of the picture's variants.
 *
 * A `varied` pool makes more of the same work. Every variant is a change, their kinds dealt in the mixture's proportions; the
 * unchanged picture is drawn as often as the mixture says; and each draw makes its anomaly weaker or stronger, so that
 * training hardly meets the same one twice (docs/decisions/0019).
 */
export async function pool(
  greys: readonly Image8[],
  mixture: TaskMixture,
  { poolVariants: wanted, poolVaried: varied }: Pick<Schedule, 'poolVariants' | 'poolVaried'>,
  networks: Networks,
  random: Random,
  { signal, progress }: CalibrateContext,
): Promise<DrawSamples> {
  const tapBytes = networks.taps.reduce((sum, { grid, width }) => sum + 4 * grid * grid * width, 0);
  const sampleBytes = tapBytes + 4 * networks.side ** 2;
  // A varied pool keeps the unchanged picture beside its variants.
  const affordable = Math.floor(POOL_BUDGET_BYTES / sampleBytes / greys.length) - (varied ? 1 : 0);
  const variants = Math.max(LEAST_POOL_VARIANTS, Math.min(wanted, affordable));
  const total = variants * greys.length;
  const changes = varied ? dealChanges(mixture, total, random) : [];
  const tower = await networks.tower();
  const plain: Sample[] = [];
  const samples: Sample[][] = [];
  for (const grey of greys) {
    throwIfCancelled(signal);
    const anomalies = varied
      ? changes.splice(-variants).map((task) => applyTask(task, grey, greys, random))
      : Array.from({ length: variants }, () => synthesise(grey, greys, random, mixture));
    const before = samples.length * variants;
    const changed = anomalies.filter(({ task }) => task !== 'identity'); // the unchanged ones are all the same picture
    const [unchanged, ...taps] = await extractTaps(tower, [grey, ...changed.map(({ image }) => image)], {
      signal,
      onProgress: (done) => progress({ phase: 'features', done: Math.min(total, before + done), total, losses: [] }),
    });
    plain.push({ taps: unchanged!, mask: new Float32Array(networks.side ** 2) });
    samples.push(
      anomalies.map(({ task, diceMask }) => ({
        taps: task === 'identity' ? unchanged! : taps.shift()!,
        mask: diceMask,
      })),
    );
  }
  await tower.rest(); // training needs no more of it
  const drawn = (index: number) => samples[index]![random.below(variants)]!;
  if (!varied) return async (indices) => indices.map(drawn);
  const variation = (index: number): Sample => {
    const unchanged = plain[index]!;
    if (random.uniform() < mixture.identity) return unchanged;
    const { taps, mask } = drawn(index);
    return { taps: atStrength(unchanged.taps, taps, random.between(WEAKEST, STRONGEST)), mask };
  };
  return async (indices) => indices.map(variation);
}

/**
 * About what the tower would make of an anomaly so many times as strong as it was made: every number lies on the line through
 * those of the unchanged and of the changed picture.
 */
function atStrength(plain: Taps, changed: Taps, strength: number): Taps {
  return changed.map((to, tap) => {
    const from = plain[tap]!;
    const between = new Float32Array(to.length);
    for (let i = 0; i < between.length; i++) between[i] = from[i]! + strength * (to[i]! - from[i]!);
    return between;
  });
}
