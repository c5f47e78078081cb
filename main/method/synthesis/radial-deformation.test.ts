import { describe, expect, it } from 'vitest';
import { hasGolden, largestDifference, readGolden, withoutGolden } from '../../../tests/support/synthesis-golden.ts';
import { convexShape, upright } from './convex-shape.ts';
import { splineWithNearestOutside } from './cubic-spline.ts';
import { radialMapping } from './radial-deformation.ts';

// The recorded deformation: an ellipse with axes 54 and 68 in a 61 x 75 box, centre (26, 41), factor 2.
const ellipse = convexShape('ellipse', 54, 68, upright, 61, 75);
const centre = { y: 26, x: 41 };

describe('radial deformation', () => {
  it('follows the formulas along a ray of a known shape', () => {
    const square = convexShape('rectangle', 20, 20, upright, 23, 23);
    // From the centre (11, 11) to the right: pixel 16 has d = 5, D = 10, factor 2.
    const middle = { x: 11, y: 11 };
    const at = 11 * 23 + 16;
    expect(radialMapping(square, middle, 2, 'source').columns[at]).toBeCloseTo(11 + 25 / 10, 12);
    expect(radialMapping(square, middle, 2, 'sink').columns[at]).toBeCloseTo(11 + 10 - 25 / 10, 12);
    expect(radialMapping(square, middle, 2, 'sink').rows[at]).toBe(11);
  });

  it('keeps the centre, the edge and what lies outside; a source samples nearer, a sink further away', () => {
    for (const direction of ['source', 'sink'] as const) {
      const { rows, columns } = radialMapping(ellipse, centre, 3, direction);
      for (let i = 0; i < ellipse.data.length; i++) {
        const [y, x] = [Math.trunc(i / 75), i % 75];
        if (!ellipse.data[i]) {
          expect([rows[i], columns[i]]).toEqual([y, x]);
          continue;
        }
        const before = Math.hypot(y - centre.y, x - centre.x);
        const after = Math.hypot(rows[i]! - centre.y, columns[i]! - centre.x);
        if (direction === 'source') expect(after).toBeLessThanOrEqual(before + 1e-9);
        else expect(after).toBeGreaterThanOrEqual(before - 1e-9);
      }
      expect(rows[26 * 75 + 41]).toBe(26);
    }
  });

  it.skipIf(!hasGolden)(`agrees with the recorded mappings and pictures (${withoutGolden})`, () => {
    const golden = readGolden();
    const patch = { width: 75, height: 61, data: new Float32Array(golden.get('deform.patch')!.data) };
    const sample = splineWithNearestOutside(patch);
    for (const direction of ['source', 'sink'] as const) {
      const { rows, columns } = radialMapping(ellipse, centre, 2, direction);
      const mapping = golden.get(`deform.${direction}.mapping`)!.data;
      expect(largestDifference(rows, mapping.subarray(0, rows.length))).toBeLessThan(1e-9);
      expect(largestDifference(columns, mapping.subarray(rows.length))).toBeLessThan(1e-9);
      const deformed = Array.from(rows, (row, i) => sample(row, columns[i]!));
      expect(largestDifference(deformed, golden.get(`deform.${direction}.out`)!.data)).toBeLessThan(1e-3);
    }
  });
});
