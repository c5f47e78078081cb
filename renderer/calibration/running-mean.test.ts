import { expect, test } from 'vitest';
import { runningMean } from './running-mean.ts';

test('the running mean takes in as many values as there are, up to its span', () => {
  expect(runningMean([4, 2, 0, 6], 2)).toEqual([4, 3, 1, 3]);
  expect(runningMean([4, 2, 0, 6], 10)).toEqual([4, 3, 2, 3]);
  expect(runningMean([], 3)).toEqual([]);
});
