import { expect, test } from 'vitest';
import { binned, rangeOf } from './histogram.ts';

test('every score falls into one bin, also those at the edges and where all are equal', () => {
  const bins = binned([0, 0.1, 0.49, 0.5, 1], [0, 1], 2);
  expect(bins).toEqual([
    { from: 0, to: 0.5, count: 3 },
    { from: 0.5, to: 1, count: 2 },
  ]);
  const same = binned([0.4, 0.4], rangeOf([0.4, 0.4]), 5);
  expect(same.reduce((sum, { count }) => sum + count, 0)).toBe(2);
  expect(rangeOf([], [])).toEqual([0, 1]);
});
