import { expect, test } from 'vitest';
import { slicesOf } from './slices.ts';

test('slices are taken evenly between two heights of a stack, and all of a short series', () => {
  const stack = Array.from({ length: 101 }, (_, i) => i);
  expect(slicesOf(stack, { from: 40, to: 60, images: 3 })).toEqual([40, 50, 60]);
  expect(slicesOf(stack, { from: 40, to: 60, images: 1 })).toEqual([50]);
  expect(slicesOf(stack, { from: 50, to: 50, images: 4 })).toEqual([50]);
  expect(slicesOf([7, 8], { from: 40, to: 60, images: 3 })).toEqual([7, 8]);
});
