import { describe, expect, it } from 'vitest';
import { withoutRejected } from './rejected.ts';

const [width, height] = [16, 8];
/** Two hills of height 0.8, round (4, 4) and (11, 4), that meet in a valley; 0.2 far from both. */
const map = {
  width,
  height,
  data: Float32Array.from({ length: width * height }, (_, place) => {
    const [x, y] = [(place % width) + 0.5, Math.floor(place / width) + 0.5];
    return Math.max(0.2, 0.8 - 0.1 * Math.min(Math.hypot(x - 4, y - 4), Math.hypot(x - 11, y - 4)));
  }),
};
/** In pixels of a picture twice as large. */
const picture = { columns: 2 * width, rows: 2 * height };
const square = (x: number, y: number) => [x - 2, y - 2, x + 2, y - 2, x + 2, y + 2, x - 2, y + 2].map((at) => 2 * at);
const [left, right] = [square(4, 4), square(11, 4)];
const columnsAbove = (data: Float32Array, threshold: number) =>
  new Set([...data.keys()].filter((place) => data[place]! >= threshold).map((place) => place % width));

describe('a map without what was rejected', () => {
  it('is the map itself where nothing was', () => {
    expect(withoutRejected(map, [], [left], picture)).toBe(map);
  });

  it('has nothing left of the region or its slope at any threshold, and the other hill whole', () => {
    const { data } = withoutRejected(map, [left], [right], picture);
    for (const threshold of [0.25, 0.5, 0.7]) {
      const columns = columnsAbove(data, threshold);
      for (let x = 0; x < 7; x++) expect([threshold, x, columns.has(x)]).toEqual([threshold, x, false]);
      expect(columns.has(10) && columns.has(11)).toBe(true);
    }
    for (let y = 2; y < 6; y++) for (let x = 9; x < 13; x++) expect(data[y * width + x]).toBe(map.data[y * width + x]);
  });

  it('leaves what a standing finding covers, though the two overlap', () => {
    const { data } = withoutRejected(map, [left], [square(5, 4)], picture);
    expect(data[4 * width + 4]).toBe(map.data[4 * width + 4]);
    expect(data[4 * width + 2]).toBe(-1);
  });
});
