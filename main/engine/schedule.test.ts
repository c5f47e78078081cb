import { describe, expect, it } from 'vitest';
import { Random } from '../method/random.ts';
import { epochBatches, folds, schedules, stepCount } from './schedule.ts';

describe('the training schedule', () => {
  it('shows every image once an epoch, in batches of at most 8', () => {
    const batches = epochBatches(20, 8, new Random(7));
    expect(batches.map((batch) => batch.length)).toEqual([8, 8, 4]);
    expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });

  it('orders every epoch anew and repeats with the seed', () => {
    const random = new Random(7);
    const [first, second] = [epochBatches(16, 8, random), epochBatches(16, 8, random)];
    expect(first).not.toEqual(second);
    expect(epochBatches(16, 8, new Random(7))).toEqual(first);
  });

  it('takes the published 400 steps for 16 images', () => {
    expect([4, 8, 16, 32].map((k) => stepCount(k, schedules.parity.epochs))).toEqual([200, 200, 400, 800]);
  });

  it('puts every image into one fold of a cross-fit', () => {
    const parts = folds(10, 4, new Random(1));
    expect(parts.map((part) => part.length)).toEqual([3, 3, 2, 2]);
    expect(new Set(parts.flat()).size).toBe(10);
    expect(folds(2, 4, new Random(1))).toHaveLength(2);
  });
});
