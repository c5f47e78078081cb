import { describe, expect, it } from 'vitest';
import { hasGolden, largestDifference, readGolden, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { Random } from '../random.ts';
import { maskArea } from './mask.ts';
import { drawPerlinShape, perlinNoise } from './perlin-shape.ts';

describe('Perlin shapes', () => {
  it('has noise 0 at the corners, with the gradient of each corner there', () => {
    const angles = [0.3, 1.2, 2.9, 4.4] as const;
    const noise = perlinNoise(angles);
    const step = 1e-6;
    const corners = [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ] as const;
    corners.forEach(([row, column], i) => {
      expect(noise(row, column)).toBeCloseTo(0, 12);
      const slope = (noise(row + step, column) - noise(row - step, column)) / (2 * step);
      expect(slope).toBeCloseTo(Math.SQRT2 * Math.cos(angles[i]!), 5);
    });
  });

  it('stays within the bounds and fills at least a fifth of its box', () => {
    const random = new Random(11);
    const bounds = { least: 22, most: 134 };
    const widths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const shape = drawPerlinShape(bounds, bounds, random);
      for (const side of [shape.width, shape.height]) {
        expect(side).toBeGreaterThanOrEqual(22);
        expect(side).toBeLessThan(134);
      }
      expect(maskArea(shape)).toBeGreaterThanOrEqual(0.2 * shape.width * shape.height);
      widths.add(shape.width);
    }
    expect(widths.size).toBeGreaterThan(60);
  });

  it.skipIf(!hasGolden)(`agrees with the recorded noise (${withoutGolden})`, () => {
    // The recorded noise is linear in its four gradients: these angles are their least-squares fit (residual 1e-15).
    const noise = perlinNoise([-2.8224200184976818, 1.8278083813267267, -1.8337613127942944, -3.0735608036998956]);
    const values = Array.from({ length: 64 * 64 }, (_, i) => noise(Math.trunc(i / 64) / 64, (i % 64) / 64));
    expect(largestDifference(values, readGolden().get('perlin.noise')!.data)).toBeLessThan(1e-9);
  });
});
