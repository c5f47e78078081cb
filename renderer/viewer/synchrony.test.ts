import { describe, expect, it } from 'vitest';
import type { FrameRow } from '../../preload/contract/model.ts';
import { followingIndex } from './synchrony.ts';

const axial = [1, 0, 0, 0, 1, 0];
const coronal = [1, 0, 0, 0, 0, -1];
const stack = (study: string, places: readonly (number | null)[], tiedAt = 0, orientation = axial) => ({
  studyInstanceUid: study,
  tiedAt,
  frames: places.map((slicePosition) => ({ slicePosition, imageOrientation: orientation }) as unknown as FrameRow),
});

describe('stacks that scroll together', () => {
  it('go to the same place of one study, whatever their spacing', () => {
    const thick = stack('1', [0, 5, 10, 15]);
    const thin = stack('1', [0, 2, 4, 6, 8, 10, 12]);
    expect(followingIndex(thick, 2, thin)).toBe(5);
    expect(followingIndex(thin, 3, thick)).toBe(1);
  });

  it('keep the distance in mm that two studies had when they were tied together', () => {
    const now = stack('1', [100, 105, 110, 115], 1);
    const prior = stack('2', [-40, -30, -20, -10], 2);
    expect(followingIndex(now, 3, prior)).toBe(3);
    expect(followingIndex(now, 1, prior)).toBe(2);
  });

  it('turn round where one was stored from head to foot and the other from foot to head', () => {
    const mirrored = stack('1', [-20, -10, 0], 0, [1, 0, 0, 0, -1, 0]);
    expect(followingIndex(stack('1', [0, 10, 20]), 2, mirrored)).toBe(0);
  });

  it('leave stacks of another direction alone', () => {
    expect(followingIndex(stack('1', [0, 5, 10]), 2, stack('1', [0, 5, 10], 0, coronal))).toBeNull();
  });

  it('count pictures where no place is known, and stop at the ends', () => {
    expect(followingIndex(stack('1', [null, null, null], 1), 2, stack('2', [null, null, null, null], 2))).toBe(3);
    expect(followingIndex(stack('1', [null, null, null], 0), 2, stack('2', [null, null], 1))).toBe(1);
  });
});
