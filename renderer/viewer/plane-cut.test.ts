import { describe, expect, it } from 'vitest';
import { cutMaps, cutOutline } from './plane-cut.ts';
import type { VolumeGeometry } from './volume.ts';

/** 8 x 6 pixels of 2 mm, 5 slices 4 mm apart, as axial slices lie. */
const volume: VolumeGeometry = {
  dimensions: [8, 6, 5],
  spacing: [2, 2, 4],
  origin: [-7, -5, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};
/** Planes on the screen with a CSS pixel a mm; the stack's corner lies at -8, -6 mm. */
const axial = (z: number) => ({ corner: [-8, -6, z], right: [-7, -6, z], down: [-8, -5, z] });
const coronal = (y: number) => ({ corner: [-8, y, 18], right: [-7, y, 18], down: [-8, y, 17] });
const places = ({ corner, right, down }: ReturnType<typeof axial>) =>
  [corner, right, down] as unknown as Parameters<typeof cutMaps>[2];

/** A map of half the resolution on slice 2 alone. */
const map = { width: 4, height: 3, data: Float32Array.from([0, 0, 0, 0, 0, 0.9, 0, 0, 0, 0, 0, 0]) };
const maps = [null, null, map, null, null];
const square = [2, 2, 4, 2, 4, 4, 2, 4];

describe('a plane through a stack', () => {
  it('shows the map of the slice that it lies in, and none beside it', () => {
    const size = { width: 16, height: 12 };
    const there = cutMaps(maps, volume, places(axial(8)), size, 4);
    expect([there.width, there.height]).toEqual([4, 3]);
    // Four mm a value: the same places as the map's own.
    for (const [at, value] of map.data.entries()) expect(there.data[at]).toBeCloseTo(value, 5);
    expect(Math.max(...cutMaps(maps, volume, places(axial(12)), size, 4).data)).toBe(-1);
  });

  it('shows it as high as slices are apart where it stands across them', () => {
    const { data, width } = cutMaps(maps, volume, places(coronal(0)), { width: 16, height: 20 }, 2);
    const rows = Array.from({ length: 10 }, (_, row) => Math.max(...data.slice(row * width, (row + 1) * width)));
    // From 18 mm down, 2 mm a row: slice 2 reaches from 10 to 6 mm.
    expect(rows.map((value) => value > 0.5)).toEqual(
      [4, 5].reduce((all, row) => all.with(row, true), Array(10).fill(false)),
    );
  });

  it('cuts an outline in its own slice, beside it, and across', () => {
    expect(cutOutline(square, 2, volume, places(axial(9)))).toEqual([[4, 4, 8, 4, 8, 8, 4, 8]]);
    expect(cutOutline(square, 2, volume, places(axial(11)))).toEqual([]);
    const ends = cutOutline(square, 2, volume, places(coronal(0)));
    expect(ends.map((line) => line.map((value) => Math.round(value)))).toEqual([
      [4, 12, 4, 8],
      [8, 12, 8, 8],
    ]);
    expect(cutOutline(square, 2, volume, places(coronal(4)))).toEqual([]);
  });

  it('cuts an outline along an oblique plane', () => {
    // Rises by one mm for each mm to the right: within slice 2 from 6 to 10 mm.
    const oblique = { corner: [-8, -6, 0], right: [-7, -6, 1], down: [-8, -5, 0] };
    const [part] = cutOutline(square, 2, volume, places(oblique));
    const xs = part!.filter((_, at) => at % 2 === 0);
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([6, 8]);
  });
});
