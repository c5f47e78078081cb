import { describe, expect, it } from 'vitest';
import { findRegions, measureOutline } from './regions.ts';

/** '.': 0.1, digits: tenths. */
function mapOf(...lines: string[]) {
  const data = Float32Array.from(lines.join(''), (mark) => (mark === '.' ? 0.1 : Number(mark) / 10));
  return { width: lines[0]?.length ?? 0, height: lines.length, data };
}
const square = (side: number) => ({ rows: side, columns: side, pixelSpacing: null });

describe('regions of a map', () => {
  it('have a box, an outline and a peak', () => {
    const [region, ...others] = findRegions(mapOf('....', '.67.', '.6..', '....'), 0.6, square(4));
    expect(others).toEqual([]);
    expect(region).toMatchObject({
      box: [1, 1, 2, 2],
      outline: [1, 1, 3, 1, 3, 2, 2, 2, 2, 3, 1, 3, 1, 1],
      areaMm2: null,
      longestDiameterMm: null,
    });
    expect(region?.peakScore).toBeCloseTo(0.7, 6);
  });

  it('are apart unless they touch, at least at a corner; the highest comes first', () => {
    const regions = findRegions(mapOf('6...', '.6.8', '....'), 0.6, { rows: 3, columns: 4, pixelSpacing: null });
    expect(regions.map(({ box }) => box)).toEqual([
      [3, 1, 1, 1],
      [0, 0, 2, 2],
    ]);
    // Through the shared corner and back.
    expect(regions[1]?.outline).toEqual([0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 1, 2, 1, 1, 0, 1, 0, 0]);
  });

  it('are outlined on the outside, also where they have a hole or reach the border', () => {
    const [ring] = findRegions(mapOf('666', '6.6', '666'), 0.6, square(3));
    expect(ring?.outline).toEqual([0, 0, 3, 0, 3, 3, 0, 3, 0, 0]);
  });

  it('are measured in pixels of the picture and in mm', () => {
    const picture = { rows: 8, columns: 16, pixelSpacing: [0.5, 0.25] as const };
    const [region] = findRegions(mapOf('....', '.66.', '....', '....'), 0.6, picture);
    expect(region?.box).toEqual([4, 2, 8, 2]);
    // 8 columns of 0.25 mm by 2 rows of 0.5 mm
    expect(region?.areaMm2).toBeCloseTo(2 * 1, 10);
    expect(region?.longestDiameterMm).toBeCloseTo(Math.hypot(2, 1), 10);
  });

  it('are none where nothing reaches the threshold, or nothing is a number', () => {
    expect(findRegions(mapOf('.5', '5.'), 0.6, square(2))).toEqual([]);
    const empty = { width: 1, height: 1, data: new Float32Array([Number.NaN]) };
    expect(findRegions(empty, 0.6, square(1))).toEqual([]);
  });
});

describe('an outline drawn by hand', () => {
  const map = {
    width: 4,
    height: 4,
    data: new Float32Array([0.1, 0.1, 0.1, 0.1, 0.1, 0.4, 0.9, 0.1, ...Array(8).fill(0.2)]),
  };
  const picture = { rows: 8, columns: 8, pixelSpacing: [0.5, 2] as const };

  it('has the peak of what it encloses, and its size in mm', () => {
    // A triangle around the map pixel at (1, 1), whose value is 0.4: 3 by 3 pixels are 6 by 1.5 mm.
    expect(measureOutline(map, [1.5, 1.5, 4.5, 1.5, 1.5, 4.5], picture)).toMatchObject({
      box: [1.5, 1.5, 3, 3],
      peakScore: expect.closeTo(0.4),
      areaMm2: 4.5,
      longestDiameterMm: Math.hypot(6, 1.5),
    });
    expect(measureOutline(map, [1, 1, 7, 1, 7, 4, 1, 4], picture).peakScore).toBeCloseTo(0.9);
  });

  it('has the value below its middle where it encloses no whole map pixel, also at the edge', () => {
    expect(measureOutline(map, [4.1, 2.1, 4.3, 2.1, 4.2, 2.3], picture).peakScore).toBeCloseTo(0.9);
    expect(measureOutline(map, [7.9, 7.9, 9, 7.9, 9, 9], picture).peakScore).toBeCloseTo(0.2);
  });
});
