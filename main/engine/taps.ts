/**
 * What the frozen vision tower makes of pictures. Its weights never change, so what was computed once for a picture is
 * kept: an evaluation over several seeds, or a second analysis, pays for the tower once.
 */
import { createHash } from 'node:crypto';
import { throwIfCancelled } from '../fault.ts';
import type { TapShape } from '../method/architecture.ts';
import type { Image8 } from '../method/image.ts';
import { type Normalisation, normalise } from '../method/resize.ts';
import { isOutOfMemory } from './out-of-memory.ts';
import type { Session, TensorValue } from './sessions.ts';

/** Tokens of one picture, one array per tap: (grid^2, width). Those of one run lie in one piece of memory. */
export type Taps = readonly Float32Array[];

/** Pictures per run of the vision graph where memory allows. More gains nothing on a CPU. */
export const MOST_PICTURES = 8;

/** What the engine keeps: the taps of some 250 pictures for ViT-L/14, of 2,000 for the embedded model. */
export const TAP_CACHE_BYTES = 768 * 1024 * 1024;

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
    this.trim(Math.max(this.#budgetBytes, sizeOf(taps)));
  }

  /** Forgets until at most so many bytes are left. */
  trim(bytes: number): void {
    for (const [oldest, taps] of this.#kept) {
      if (this.#bytes <= bytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= sizeOf(taps);
    }
  }
}

function sizeOf(taps: Taps): number {
  return taps.reduce((sum, tap) => sum + tap.byteLength, 0);
}

export interface VisionTower {
  readonly session: Session;
  /** See networks.ts: gives memory back for as long as nothing is run. */
  rest(): Promise<void>;
  /** Pictures per run that fit: halved, and kept so, when memory does not suffice. */
  readonly batch: { most: number };
  /** Distinguishes models and providers in the cache. */
  readonly identity: string;
  readonly side: number;
  readonly normalisation: Normalisation;
  readonly taps: readonly TapShape[];
}

/** Halves what a batch may hold for every death of the engine; what was found to fit is never raised. */
export function limitBatch(batch: VisionTower['batch'], deaths: number): void {
  batch.most = Math.min(batch.most, Math.max(1, Math.floor(MOST_PICTURES / 2 ** deaths)));
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
      return (outputs[`tap.${tap}`]!.data as Float32Array).subarray(index * size, (index + 1) * size);
    }),
  );
}

/** Where a tensor of so many numbers may be written. */
export type Place = (name: string, length: number) => Float32Array;

const newPlace: Place = (_, length) => new Float32Array(length);

/** Taps of a batch as the heads take them: `tap.N` (B, grid^2, width). */
export function stackTaps(
  shapes: readonly TapShape[],
  batch: readonly Taps[],
  place: Place = newPlace,
): Record<string, TensorValue> {
  return Object.fromEntries(
    shapes.map(({ grid, width }, tap) => {
      const name = `tap.${tap}`;
      const data = inOnePiece(
        batch.map((taps) => taps[tap]!),
        (length) => place(name, length),
      );
      return [name, { dims: [batch.length, grid * grid, width], data }];
    }),
  );
}

/** The arrays one after the other; without copying where they lie so already, as those of one run do. */
export function inOnePiece(
  arrays: readonly Float32Array[],
  place: (length: number) => Float32Array = (length) => new Float32Array(length),
): Float32Array {
  const [first] = arrays as [Float32Array, ...Float32Array[]];
  const length = arrays.reduce((sum, array) => sum + array.length, 0);
  const isNext = (array: Float32Array, i: number) =>
    array.buffer === first.buffer && array.byteOffset === first.byteOffset + i * first.byteLength;
  if (arrays.every(isNext)) return new Float32Array(first.buffer, first.byteOffset, length);
  const whole = place(length);
  for (const [i, array] of arrays.entries()) whole.set(array, i * first.length);
  return whole;
}

function keyOf(identity: string, { channels, data }: Image8): string {
  return createHash('sha1').update(identity).update(String(channels)).update(data).digest('base64');
}
