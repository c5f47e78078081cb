import { describe, expect, it } from 'vitest';
import type { FrameRow } from '../../preload/contract/model.ts';
import { placeInPatient, sliceAt, type VolumeGeometry, volumeOf } from './volume.ts';

const frame = (position: readonly number[] | null, other: Partial<FrameRow> = {}) =>
  ({
    rows: 64,
    columns: 96,
    pixelSpacing: [0.7, 0.5],
    imageOrientation: [1, 0, 0, 0, 1, 0],
    imagePosition: position,
    ...other,
  }) as unknown as FrameRow;
const slices = (places: readonly number[]) => places.map((z) => frame([-24, -22, z]));

describe('a volume', () => {
  it('is a series of even, parallel slices, with its place in the patient', () => {
    expect(volumeOf(slices([10, 12.5, 15, 17.5]))).toEqual({
      dimensions: [96, 64, 4],
      spacing: [0.5, 0.7, 2.5],
      origin: [-24, -22, 10],
      direction: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    });
  });

  it('is not what is too short, unplaced, mixed, uneven or tilted', () => {
    expect(volumeOf(slices([0, 1, 2]))).toBe('tooFewSlices');
    expect(volumeOf([...slices([0, 1, 2]), frame(null)])).toBe('noGeometry');
    expect(volumeOf([...slices([0, 1, 2]), frame([-24, -22, 3], { rows: 32 })])).toBe('mixedSlices');
    expect(volumeOf([...slices([0, 1, 2]), frame([-24, -22, 3], { imageOrientation: [0, 1, 0, 0, 0, 1] })])).toBe(
      'mixedSlices',
    );
    expect(volumeOf(slices([0, 1, 2, 4]))).toBe('unevenSlices');
    expect(volumeOf([0, 1, 2, 3].map((z) => frame([-24, -22 + 2 * z, z])))).toBe('tiltedSlices');
  });

  it('knows the place of a pixel, and the slice of a place', () => {
    const volume = volumeOf(slices([10, 12.5, 15, 17.5])) as VolumeGeometry;
    expect(placeInPatient(volume, 2, [0.5, 0.5])).toEqual([-24, -22, 15]);
    expect(placeInPatient(volume, 2, [10.5, 20.5])).toEqual([-19, -8, 15]);
    expect(sliceAt(volume, [0, 0, 16])).toBe(2);
    expect(sliceAt(volume, [0, 0, 900])).toBe(3);
  });
});
