/**
 * Anomalies of a wanted size, for measuring what a calibration finds. Training draws them as published, where hardly one
 * is small.
 */
import type { Image8 } from '../image.ts';
import type { Random } from '../random.ts';
import { maskArea } from './mask.ts';
import { type AnomalyTask, applyTask, type SyntheticAnomaly } from './synthesise.ts';

export type AnomalySize = 'small' | 'medium' | 'large';

/** Share of the picture that an anomaly covers, from and below; and sides of its box, as shares, that give such. */
const sizes: Readonly<Record<AnomalySize, { covers: readonly [number, number]; sides: readonly [number, number] }>> = {
  small: { covers: [0, 0.02], sides: [0.06, 0.18] },
  medium: { covers: [0.02, 0.08], sides: [0.18, 0.4] },
  large: { covers: [0.08, 1], sides: [0.4, 0.8] },
};

/** Draws until one has the size, and until one of those is to be seen. */
const ATTEMPTS = 16;
const MOST_UNSEEN = 8;
/** An anomaly is seen where it changes this share of its place by more than so many grey levels. */
const SEEN_SHARE = 0.25;
const SEEN_LEVELS = 8;

export function sizeOf({ unionMask }: SyntheticAnomaly): AnomalySize {
  const covered = maskArea(unionMask) / unionMask.data.length;
  return covered < sizes.small.covers[1] ? 'small' : covered < sizes.medium.covers[1] ? 'medium' : 'large';
}

/**
 * One anomaly of a kind and a size in a grey picture. Where none comes out so, one that is as large but hardly seen, else
 * of another size: ask `sizeOf`.
 * @throws Fault as applyTask
 */
export function drawSized(
  task: AnomalyTask,
  size: AnomalySize,
  normal: Image8,
  support: readonly Image8[],
  random: Random,
): SyntheticAnomaly {
  let best: SyntheticAnomaly | undefined;
  for (let [attempt, unseen] = [0, 0]; attempt < ATTEMPTS && unseen < MOST_UNSEEN; attempt++) {
    const drawn = applyTask(task, normal, support, random, sizes[size].sides);
    const fits = sizeOf(drawn) === size;
    if (fits && isSeen(normal, drawn)) return drawn;
    if (fits) unseen++;
    if (!best || fits) best = drawn;
  }
  return best!;
}

/** In a flat picture nothing that moves tissue ever is, so there nothing has to be. */
function isSeen(normal: Image8, { image, unionMask }: SyntheticAnomaly): boolean {
  if (isFlat(normal)) return true;
  const changed = image.data.reduce(
    (sum, value, i) => sum + Number(Math.abs(value - normal.data[i]!) > SEEN_LEVELS),
    0,
  );
  return changed >= SEEN_SHARE * maskArea(unionMask);
}

function isFlat({ data }: Image8): boolean {
  const first = data[0]!;
  return data.every((value) => Math.abs(value - first) <= SEEN_LEVELS);
}
