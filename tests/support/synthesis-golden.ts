/** For tests: the recorded pieces of the published synthesis, where the development data lies beside the checkout. */
import { existsSync, readFileSync } from 'node:fs';

export interface Recorded {
  readonly shape: readonly number[];
  readonly data: Float64Array | Float32Array | Uint8Array;
}

const folder = new URL('../../../shared/golden/synthesis/', import.meta.url);

export const hasGolden = existsSync(new URL('synthesis.safetensors', folder));
export const withoutGolden = 'needs the development data (../shared/golden/synthesis)';

/** Tensors of `synthesis.safetensors` by name. */
export function readGolden(): ReadonlyMap<string, Recorded> {
  const bytes = readFileSync(new URL('synthesis.safetensors', folder));
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { dtype: 'F64' | 'F32' | 'U8'; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, Recorded>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const copy = Uint8Array.from(bytes.subarray(8 + headerBytes + from, 8 + headerBytes + to)).buffer;
    const data =
      entry.dtype === 'F64'
        ? new Float64Array(copy)
        : entry.dtype === 'F32'
          ? new Float32Array(copy)
          : new Uint8Array(copy);
    tensors.set(name, { shape: entry.shape, data });
  }
  return tensors;
}

/** `synthesis.json`: per task and statistic mean, sd, p5, p50, p95 of 3,000 draws. */
export function readGoldenStatistics(): Readonly<Record<string, Readonly<Record<string, Record<string, number>>>>> {
  return JSON.parse(readFileSync(new URL('synthesis.json', folder), 'utf8')).tasks;
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    // Not Math.max: a NaN must fail the comparison, not vanish.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
