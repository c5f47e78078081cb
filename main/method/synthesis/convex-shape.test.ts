import { describe, expect, it } from 'vitest';
import { hasGolden, readGolden, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { Random } from '../random.ts';
import { convexShape, drawConvexShape, upright } from './convex-shape.ts';
import { maskArea } from './mask.ts';

describe('convex shapes', () => {
  it('knows the area of an ellipse and of a rectangle', () => {
    expect(maskArea(convexShape('ellipse', 40, 60, upright, 61, 61)) / ((Math.PI * 40 * 60) / 4)).toBeCloseTo(1, 2);
    expect(maskArea(convexShape('rectangle', 40, 60, upright, 61, 61))).toBe(41 * 61);
  });

  it('knows the distance to its edge from anywhere inside, when sheared and turned', () => {
    const random = new Random(3);
    const transform = { rr: 0.9, rc: -0.6, cr: 0.5, cc: 0.8 };
    for (const outline of ['ellipse', 'rectangle'] as const) {
      const shape = convexShape(outline, 40, 60, transform, 81, 81);
      /** A point of the box: the upright shape's (row, column), each -1 .. 1 from side to side, transformed. */
      const place = (row: number, column: number) => ({
        y: 40 + transform.rr * 20 * row + transform.rc * 30 * column,
        x: 40 + transform.cr * 20 * row + transform.cc * 30 * column,
      });
      for (let ray = 0; ray < 200; ray++) {
        const angle = random.between(0, 2 * Math.PI);
        const edge =
          outline === 'ellipse'
            ? place(Math.cos(angle), Math.sin(angle))
            : place(random.between(-1, 1), random.uniform() < 0.5 ? 1 : -1);
        const from = place(random.between(-0.7, 0.7), random.between(-0.7, 0.7));
        const distance = Math.hypot(edge.y - from.y, edge.x - from.x);
        const [dy, dx] = [(edge.y - from.y) / distance, (edge.x - from.x) / distance];
        expect(shape.distanceToEdge(from.y, from.x, dy, dx)).toBeCloseTo(distance, 8);
      }
    }
  });

  it('never exceeds the largest side, however sheared and turned', () => {
    const random = new Random(4);
    for (let i = 0; i < 300; i++) {
      const shape = drawConvexShape({ least: 45, most: 134 }, { least: 30, most: 90 }, 224, 150, random);
      expect(shape.height).toBeLessThanOrEqual(134 + 2);
      expect(shape.width).toBeLessThanOrEqual(90 + 2);
      expect(maskArea(shape)).toBeGreaterThan(0);
    }
  });

  it.skipIf(!hasGolden)(`has the recorded ellipse's pixels (${withoutGolden})`, () => {
    expect(convexShape('ellipse', 54, 68, upright, 61, 75).data).toEqual(readGolden().get('deform.mask')!.data);
  });
});
