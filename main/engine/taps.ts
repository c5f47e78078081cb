/**
 * What the frozen vision tower makes of pictures. Its weights never change, so what was computed once for a picture is
 * kept: an evaluation over several seeds, or a second analysis, pays for the tower once.
 */
import { createHash } from 'node:crypto';
import { throwIfCancelled } from '../fault.ts';
import type { TapShape } from '../method/architecture.ts';
import type { Image8 } from '../method/image.ts';
import { type Normalisation, normalise } from '../method/resize.ts';
import { isOutOfMemory, type Session, type TensorValue } from './sessions.ts';

/** Tokens of one picture, one array per tap: (grid^2, width). */
export type Taps = readonly Float32Array[];

/** Pictures per run of the vision graph where memory allows. More gains nothing on a CPU. */
export const MOST_PICTURES = 8;

/** Keeps at most `budgetBytes` of taps and forgets the least recently used first. */
export class TapCache {
  readonly #kept = new Map<string, Taps>();
  readonly #budgetBytes: number;
  #bytes = 0;

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  get(key: string): Taps | undefined {
    const taps = this.#kept.get(key);
    if (taps) {
      this.#kept.delete(key);
      this.#kept.set(key, taps);
    }
    return taps;
  }

  set(key: string, taps: Taps): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, taps);
    this.#bytes += sizeOf(taps);
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= this.#budgetBytes || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= sizeOf(old);
    }
  }
}

function sizeOf(taps: Taps): number {
  return taps.reduce((sum, tap) => sum + tap.byteLength, 0);
}

export interface VisionTower {
  readonly session: Session;
  /** Pictures per run that fit: halved, and kept so, when memory does not suffice. */
  readonly batch: { most: number };
  /** Distinguishes models and providers in the cache. */
  readonly identity: string;
  readonly side: number;
  readonly normalisation: Normalisation;
  readonly taps: readonly TapShape[];
}

export interface ExtractOptions {
  readonly signal?: AbortSignal;
  /** Without it nothing is looked up or kept; pictures that are seen once need no cache. */
  readonly cache?: TapCache;
  readonly onProgress?: (done: number) => void;
}

/**
 * Taps of pictures that already have the tower's size, grey or RGB, in their order.
 * @throws Fault `cancelled`, `provider-failed`
 */
export async function extractTaps(
  tower: VisionTower,
  images: readonly Image8[],
  { signal, cache, onProgress }: ExtractOptions = {},
): Promise<Taps[]> {
  const results: (Taps | undefined)[] = new Array(images.length).fill(undefined);
  const keys = cache ? images.map((image) => keyOf(tower.identity, image)) : [];
  const missing = images.flatMap((_, index) => {
    results[index] = cache?.get(keys[index]!);
    return results[index] ? [] : [index];
  });
  let done = images.length - missing.length;
  onProgress?.(done);
  for (let start = 0; start < missing.length; ) {
    throwIfCancelled(signal);
    const batch = missing.slice(start, start + tower.batch.most);
    const pictures = batch.map((index) => images[index]!);
    const taps = await runTower(tower, pictures).catch((thrown: unknown) => {
      if (batch.length === 1 || !isOutOfMemory(thrown)) throw thrown;
      tower.batch.most = Math.ceil(batch.length / 2);
      return null;
    });
    if (!taps) continue;
    batch.forEach((index, position) => {
      results[index] = taps[position]!;
      cache?.set(keys[index]!, taps[position]!);
    });
    start += batch.length;
    done += batch.length;
    onProgress?.(done);
  }
  return results as Taps[];
}

async function runTower(
  { session, side, taps, normalisation }: VisionTower,
  images: readonly Image8[],
): Promise<Taps[]> {
  const pixels = new Float32Array(images.length * 3 * side * side); // (B, 3, H, H)
  for (const [index, image] of images.entries()) normalise(image, normalisation, pixels, index * 3 * side * side);
  const outputs = await session.run({ pixels: { dims: [images.length, 3, side, side], data: pixels } });
  return images.map((_, index) =>
    taps.map(({ grid, width }, tap) => {
      const size = grid * grid * width;
      return (outputs[`tap.${tap}`]!.data as Float32Array).slice(index * size, (index + 1) * size);
    }),
  );
}

/** Taps of a batch as the heads take them: `tap.N` (B, grid^2, width). */
export function stackTaps(shapes: readonly TapShape[], batch: readonly Taps[]): Record<string, TensorValue> {
  return Object.fromEntries(
    shapes.map(({ grid, width }, tap) => {
      const size = grid * grid * width;
      const data = new Float32Array(batch.length * size);
      for (const [index, taps] of batch.entries()) data.set(taps[tap]!, index * size);
      return [`tap.${tap}`, { dims: [batch.length, grid * grid, width], data }];
    }),
  );
}

function keyOf(identity: string, { channels, data }: Image8): string {
  return createHash('sha1').update(identity).update(String(channels)).update(data).digest('base64');
}
