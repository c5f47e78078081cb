import { expect, it } from 'vitest';
import { patientsNeeded, smallestPromise } from './promise.ts';

it('few patients cannot promise a small share, and so many can', () => {
  expect([19, 9, 7].map(smallestPromise)).toEqual([0.05, 0.1, 0.125]);
  expect([0.05, 0.1, 0.125].map(patientsNeeded)).toEqual([19, 9, 7]);
});
