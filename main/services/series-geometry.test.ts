import { describe, expect, it } from 'vitest';
import { arrangeSeries, type PlacedFrame } from './series-geometry.ts';

const AXIAL = [1, 0, 0, 0, 1, 0];
const SAGITTAL = [0, 1, 0, 0, 0, -1];

const slice = (instanceNumber: number, z: number | null, change: Partial<PlacedFrame> = {}): PlacedFrame => ({
  instanceNumber,
  frame: 0,
  localizer: false,
  orientation: AXIAL,
  position: z === null ? null : [-10, -20, z],
  ...change,
});
const order = (frames: readonly PlacedFrame[]) => arrangeSeries(frames).frames.map((f) => f.frame.instanceNumber);

describe('the order of a series', () => {
  it('follows the geometry, not the numbers', () => {
    const frames = [slice(1, 30), slice(2, 10), slice(3, 20)];
    expect(order(frames)).toEqual([2, 3, 1]);
    expect(arrangeSeries(frames).frames.map((f) => f.slicePosition)).toEqual([10, 20, 30]);
    expect(arrangeSeries(frames).remarks).toEqual([]);
  });

  it('measures along the normal of an oblique stack', () => {
    const tilted = [1, 0, 0, 0, Math.SQRT1_2, Math.SQRT1_2];
    const at = (d: number) => [0, -d * Math.SQRT1_2, d * Math.SQRT1_2];
    const frames = [7, 2].map((d, i) => slice(i, 0, { orientation: tilted, position: at(d) }));
    const positions = arrangeSeries(frames).frames.map((f) => f.slicePosition);
    expect(positions[0]).toBeCloseTo(2, 10);
    expect(positions[1]).toBeCloseTo(7, 10);
  });

  it('follows numbers and frames where positions are absent or orientations differ', () => {
    expect(order([slice(3, null), slice(1, 5), slice(2, 1)])).toEqual([1, 2, 3]);
    const mixed = [slice(2, 1), slice(1, 5, { orientation: SAGITTAL })];
    expect(order(mixed)).toEqual([1, 2]);
    expect(arrangeSeries(mixed).remarks).toEqual([expect.stringContaining('different orientations')]);
    const frames = [2, 0, 1].map((frame) => slice(1, null, { frame }));
    expect(arrangeSeries(frames).frames.map((f) => f.frame.frame)).toEqual([0, 1, 2]);
  });
});

describe('remarks', () => {
  it('count missing and doubled slices and name a localiser', () => {
    expect(arrangeSeries([0, 5, 10, 25, 30].map((z, i) => slice(i, z))).remarks).toEqual([
      '2 slices seem to be missing.',
    ]);
    expect(arrangeSeries([0, 5, 5, 10].map((z, i) => slice(i, z))).remarks).toEqual([
      '1 of its images lie where another one lies.',
    ]);
    expect(arrangeSeries([slice(1, 0, { localizer: true })]).remarks).toEqual(['It holds a localiser image.']);
  });

  it('leave an empty series alone', () => {
    expect(arrangeSeries([])).toEqual({ frames: [], remarks: [] });
  });
});
