import { describe, expect, it } from 'vitest';
import { proposedPercent, proposedShots } from './plan.ts';

describe('planning a calibration', () => {
  it('proposes a published number of shots and keeps at least half for the threshold', () => {
    expect([100, 40, 20, 8, 5, 3].map(proposedShots)).toEqual([16, 16, 8, 4, 2, 2]);
  });

  it('proposes no share that few held-out normals cannot promise', () => {
    expect([40, 19, 7].map(proposedPercent)).toEqual([5, 5, 13]);
  });
});
