/** Detection in many pictures: reading, computing and what is done with the results go on side by side. */
import type { DetectInput, DetectOutput } from '../engine/tasks.ts';
import { throwIfCancelled } from '../fault.ts';
import type { ModelInputRecipe } from '../imaging/model-image.ts';
import type { Image8 } from '../method/image.ts';
import { loadPack } from '../modelpack/pack.ts';
import type { FrameSource } from '../reader/tasks.ts';
import { readNetworkInputs } from './reading.ts';
import type { Tools } from './workstation.ts';

/** Images per run of the engine: enough to keep it busy, few enough to cancel soon. */
const BATCH = 8;

export type DetectionModel = Omit<DetectInput, 'images'>;

export interface DetectedBatch<T> {
  readonly items: readonly T[];
  readonly output: DetectOutput;
  /** The engine's share, ms. */
  readonly ms: number;
}

/**
 * Detects in pictures batch by batch, in their order. While the caller works on a batch, the engine has the next one and
 * the one after is read. The first batches are small, so that somebody who waits soon sees a result.
 * @throws Fault the reader's or the engine's own, `cancelled`
 */
export async function* detectInBatches<T>(
  tools: Pick<Tools, 'engine'>,
  items: readonly T[],
  read: (batch: readonly T[]) => Promise<DetectInput['images']>,
  model: DetectionModel,
  signal: AbortSignal,
  onWait?: (note: string) => void,
): AsyncGenerator<DetectedBatch<T>, void, undefined> {
  const batches = batchesOf(items);
  const begun: Promise<DetectedBatch<T>>[] = [];
  let reading: Promise<unknown> = Promise.resolve();
  let free = 0; // when the engine was done with the batch before

  const detect = async (batch: readonly T[], images: DetectInput['images']): Promise<DetectedBatch<T>> => {
    throwIfCancelled(signal);
    const asked = performance.now();
    const output = await tools.engine.run('detect', { ...model, images }, { signal, ...(onWait && { onWait }) });
    const now = performance.now();
    const ms = now - Math.max(asked, free);
    free = now;
    return { items: batch, output, ms };
  };
  const begin = (batch: readonly T[] | undefined): void => {
    if (!batch) return;
    const images = reading.then(() => read(batch));
    reading = images;
    const detected = images.then((read) => detect(batch, read));
    detected.catch(() => {}); // awaited later; must not count as unhandled meanwhile
    begun.push(detected);
  };

  begin(batches[0]);
  begin(batches[1]);
  for (let index = 0; index < batches.length; index++) {
    throwIfCancelled(signal);
    const detected = await begun[index]!;
    begin(batches[index + 2]);
    yield detected;
  }
}

/**
 * As `detectInBatches`; what was scored by a provider that failed later is scored once more, by the one that took its
 * place: in the end one provider has scored all. An item may come twice, and then its last result holds.
 */
export async function* detectOnOneProvider<T>(
  ...[tools, items, read, model, signal, onWait]: Parameters<typeof detectInBatches<T>>
): AsyncGenerator<DetectedBatch<T>, void, undefined> {
  const scoredBy = new Map<T, string>();
  for (let pending = items; pending.length > 0; ) {
    let last = '';
    for await (const batch of detectInBatches(tools, pending, read, model, signal, onWait)) {
      last = batch.output.provider;
      for (const item of batch.items) scoredBy.set(item, last);
      yield batch;
    }
    pending = items.filter((item) => scoredBy.get(item) !== last);
  }
}

/** 1, 2, 4, then as many as the engine takes at a time. */
function batchesOf<T>(items: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0, size = 1; at < items.length; at += size, size = Math.min(BATCH, 2 * size))
    batches.push(items.slice(at, at + size));
  return batches;
}

/** Side of the pictures that a model judges; undefined where its pack cannot be read: the engine then says why. */
export async function sideOfModel(packFolder: string): Promise<number | undefined> {
  const pack = await loadPack(packFolder, { verify: false }).catch(() => null);
  return pack?.manifest.vision.imageSize;
}

/**
 * Reads frames as the model and the recipe of its calibration want them. Where its pack cannot be read they stay as they are: the engine then says what
 * is wrong with it.
 */
export async function inputsFor(
  tools: Pick<Tools, 'reader'>,
  packFolder: string,
  recipe: ModelInputRecipe,
): Promise<(sources: readonly FrameSource[], signal: AbortSignal) => Promise<readonly Image8[]>> {
  const side = await sideOfModel(packFolder);
  const input = side === undefined ? { recipe } : { recipe, side };
  return (sources, signal) => readNetworkInputs(tools, sources, input, signal);
}
