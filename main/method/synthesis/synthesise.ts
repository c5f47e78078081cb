/**
 * Anomalies made in normal images (paper section 2.3 and the authors' published code): a task is drawn, it does one
 * anomaly at a random place and, every other time, a second one.
 */
import { Fault } from '../../fault.ts';
import type { FloatImage, Image8 } from '../image.ts';
import type { Random } from '../random.ts';
import { labelChange } from './change-label.ts';
import { type ConvexShape, drawConvexShape } from './convex-shape.ts';
import { cutAndPaste } from './cut-paste.ts';
import { changeIntensityByTexture } from './gauss-intensity.ts';
import type { Corner, Mask, SideBounds } from './mask.ts';
import { drawPerlinShape } from './perlin-shape.ts';
import { deform } from './radial-deformation.ts';
import { changeIntensitySmoothly } from './smooth-intensity.ts';

export const anomalyTasks = ['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink', 'identity'] as const;
export type AnomalyTask = (typeof anomalyTasks)[number];

/** Probability of each task; they sum to 1. */
export type TaskMixture = Readonly<Record<AnomalyTask, number>>;

/** The mixture of the published configurations. */
export const publishedMixture: TaskMixture = {
  'cut-paste': 0.25,
  'gauss-intensity': 0.25,
  'smooth-intensity': 0,
  source: 0.25,
  sink: 0,
  identity: 0.25,
};

export interface SyntheticAnomaly {
  readonly task: AnomalyTask;
  /** How many anomalies were made: 0 (identity), 1 or 2. */
  readonly anomalies: 0 | 1 | 2;
  /** Grey, of the normal image's size. */
  readonly image: Image8;
  /**
   * (height, width), 0..1: the target of the dice loss. Cut-paste labels may lie just below 1; the focal loss takes
   * their whole part (0), as published.
   */
  readonly diceMask: Float32Array;
  /** Union of the anomalies' shapes. Every changed pixel lies in it; a cut-paste label may reach slightly beyond. */
  readonly unionMask: Mask;
}

/** Smallest and largest side of an anomaly as shares of the image's sides. */
const sideShares: Readonly<Record<Exclude<AnomalyTask, 'identity'>, readonly [number, number]>> = {
  'cut-paste': [0.1, 0.6],
  'gauss-intensity': [0.3, 0.8],
  'smooth-intensity': [0.3, 0.8],
  source: [0.2, 0.6],
  sink: [0.2, 0.6],
};

/**
 * Draws a task from the mixture and applies it to a normal image. `support` are the normal images that cut-paste takes
 * its patches from. Throws `usage` for probabilities that do not sum to 1, for what `applyTask` refuses.
 */
export function synthesise(
  normal: Image8,
  support: readonly Image8[],
  random: Random,
  mixture: TaskMixture = publishedMixture,
): SyntheticAnomaly {
  return applyTask(drawTask(mixture, random), normal, support, random);
}

/**
 * Tasks that change a picture, for so many pictures: each as often as the mixture says, as near as whole numbers come to it, in
 * random order. The mixture has one at least (settings.ts). Throws `usage` for probabilities that do not sum to 1.
 */
export function dealChanges(mixture: TaskMixture, count: number, random: Random): AnomalyTask[] {
  const offset = random.uniform();
  // The identity comes last in the order of tasks: all below its share are changes.
  const share = (k: number) => ((k + offset) / count) * (1 - mixture.identity);
  return random.shuffle(Array.from({ length: count }, (_, k) => taskAt(mixture, share(k))));
}

function drawTask(mixture: TaskMixture, random: Random): AnomalyTask {
  return taskAt(mixture, random.uniform());
}

/** The task that a share in [0, 1) falls to where the tasks lie one after the other, each as wide as its probability. */
function taskAt(mixture: TaskMixture, share: number): AnomalyTask {
  const probabilities = anomalyTasks.map((task) => mixture[task]);
  const sum = probabilities.reduce((total, p) => total + p, 0);
  if (probabilities.some((p) => !(p >= 0)) || Math.abs(sum - 1) > 1e-9)
    throw new Fault('usage', `The probabilities of the anomaly tasks must sum to 1; these sum to ${sum}.`);
  let left = share;
  const chosen = anomalyTasks.find((task) => {
    left -= mixture[task];
    return left < 0;
  });
  // Rounding may leave a hair of probability beyond the last task.
  return chosen ?? anomalyTasks.findLast((task) => mixture[task] > 0)!;
}

/**
 * Applies one task to a grey image of at least 16 pixels a side. The input stays as it is. With `sides`, bounds of an
 * anomaly's sides as shares of the image's, it makes a single anomaly; by default one or two of the published sizes.
 * Throws `usage` for a colour or smaller image and for cut-paste without support images.
 */
export function applyTask(
  task: AnomalyTask,
  normal: Image8,
  support: readonly Image8[],
  random: Random,
  sides?: readonly [least: number, most: number],
): SyntheticAnomaly {
  requireUsable(task, normal, support);
  const { width, height } = normal;
  const union: Mask = { width, height, data: new Uint8Array(width * height) };
  if (task === 'identity') {
    return {
      task,
      anomalies: 0,
      image: { width, height, channels: 1, data: normal.data.slice() },
      diceMask: new Float32Array(width * height),
      unionMask: union,
    };
  }
  const picture = toFloat(normal);
  const anomalies = sides || random.uniform() < 0.5 ? 1 : 2;
  const bounds = sides ?? sideShares[task];
  for (let i = 0; i < anomalies; i++) addAnomaly(task, bounds, picture, union, support, random);
  return {
    task,
    anomalies,
    image: { width, height, channels: 1, data: new Uint8Array(picture.data) },
    diceMask: task === 'cut-paste' ? labelChange(toFloat(normal), picture, union) : new Float32Array(union.data),
    unionMask: union,
  };
}

function requireUsable(task: AnomalyTask, normal: Image8, support: readonly Image8[]): void {
  for (const image of [normal, ...support])
    if (image.channels !== 1 || image.width < 16 || image.height < 16)
      throw new Fault('usage', 'Anomalies are made in grey images of at least 16 x 16 pixels.');
  if (task === 'cut-paste' && support.length === 0)
    throw new Fault('usage', 'Cut-paste needs at least one support image to take patches from.');
}

/** One anomaly at a place where its box fits, added to the picture and to the union of masks. */
function addAnomaly(
  task: Exclude<AnomalyTask, 'identity'>,
  sides: readonly [number, number],
  picture: FloatImage,
  union: Mask,
  support: readonly Image8[],
  random: Random,
): void {
  const rows = sideBounds(sides, picture.height);
  const columns = sideBounds(sides, picture.width);
  let shape: Mask;
  let corner: Corner;
  if (task === 'source' || task === 'sink') {
    const convex: ConvexShape = drawConvexShape(rows, columns, picture.height, picture.width, random);
    corner = drawCorner(picture, convex, random);
    deform(picture, corner, convex, task, random);
    shape = convex;
  } else {
    shape = drawPerlinShape(rows, columns, random);
    corner = drawCorner(picture, shape, random);
    if (task === 'cut-paste')
      cutAndPaste(picture, corner, shape, toFloat(support[random.below(support.length)]!), random);
    else if (task === 'gauss-intensity') changeIntensityByTexture(picture, corner, shape, random);
    else changeIntensitySmoothly(picture, corner, shape, random);
  }
  unite(union, shape, corner);
}

function sideBounds([least, most]: readonly [number, number], side: number): SideBounds {
  return { least: Math.round(least * side), most: Math.round(most * side) };
}

function drawCorner(picture: FloatImage, shape: Mask, random: Random): Corner {
  return {
    y: random.below(picture.height - shape.height + 1),
    x: random.below(picture.width - shape.width + 1),
  };
}

function unite(union: Mask, shape: Mask, corner: Corner): void {
  for (let y = 0; y < shape.height; y++)
    for (let x = 0; x < shape.width; x++)
      if (shape.data[y * shape.width + x]) union.data[(corner.y + y) * union.width + corner.x + x] = 1;
}

function toFloat({ width, height, data }: Image8): FloatImage {
  return { width, height, data: new Float32Array(data) };
}
