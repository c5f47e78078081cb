import { describe, expect, it } from 'vitest';
import { normalsNeeded, proposedPercent, proposedShots, smallestPromisedShare } from './plan.ts';

describe('planning a calibration', () => {
  it('proposes a published number of shots and keeps at least half for the threshold', () => {
    expect([100, 40, 20, 8, 5, 3].map(proposedShots)).toEqual([16, 16, 8, 4, 2, 2]);
  });

  it('knows what few held-out normals cannot promise', () => {
    expect(smallestPromisedShare(19)).toBeCloseTo(0.05);
    expect(smallestPromisedShare(7)).toBeCloseTo(0.125);
    expect([0.05, 0.1, 0.125].map(normalsNeeded)).toEqual([19, 9, 7]);
    expect([40, 19, 7].map(proposedPercent)).toEqual([5, 5, 13]);
  });
});
