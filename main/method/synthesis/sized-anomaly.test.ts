import { describe, expect, it } from 'vitest';
import type { Image8 } from '../image.ts';
import { Random } from '../random.ts';
import { maskArea } from './mask.ts';
import { drawSized, sizeOf } from './sized-anomaly.ts';

/** A bright disc on black, as slices are: much of the picture is background where little can be seen. */
function slice(side: number, seed: number): Image8 {
  const random = new Random(seed);
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side) / side - 0.5, (i % side) / side - 0.5];
    return y * y + x * x < 0.15 ? 90 + 40 * Math.sin(9 * x + seed) + random.below(50) : 0;
  });
  return { width: side, height: side, channels: 1, data };
}

describe.each([224, 32])('anomalies in pictures of side %i', (side) => {
  const pictures = [1, 2, 3].map((seed) => slice(side, seed));

  it.each(['cut-paste', 'gauss-intensity', 'smooth-intensity', 'source', 'sink'] as const)(
    'come in the size that was asked for: %s',
    (kind) => {
      const random = new Random(4);
      for (const size of ['small', 'medium', 'large'] as const) {
        const drawn = Array.from({ length: 8 }, () => drawSized(kind, size, pictures[0]!, pictures, random));
        expect(drawn.map(sizeOf)).toEqual(Array(8).fill(size));
        for (const { image, unionMask } of drawn) {
          const changed = image.data.filter((value, i) => Math.abs(value - pictures[0]!.data[i]!) > 8).length;
          expect(changed).toBeGreaterThanOrEqual(0.25 * maskArea(unionMask));
        }
      }
    },
  );

  it('are drawn all the same where nothing can be seen', () => {
    const flat: Image8 = { width: side, height: side, channels: 1, data: new Uint8Array(side * side).fill(50) };
    expect(sizeOf(drawSized('source', 'small', flat, [flat], new Random(1)))).toBe('small');
  });
});
