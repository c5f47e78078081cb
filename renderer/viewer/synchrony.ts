/** Which picture of another stack belongs to the one that the reader scrolled to. */
import type { FrameRow } from '../../preload/contract/model.ts';

export interface Tied {
  readonly studyInstanceUid: string;
  readonly frames: readonly FrameRow[];
  /** Index of the picture that was up when the stacks were tied together. */
  readonly tiedAt: number;
}

/** Normals further apart than some 18 degrees belong to stacks of different directions. */
const leastAgreement = 0.95;

/**
 * Index in `follower` for the picture `index` of `leader`; null where the two lie in different directions. Stacks of one
 * study go to the same place in the patient; those of two studies keep the distance in mm that they had when they were
 * tied together; where no place is known they keep the distance in pictures.
 */
export function followingIndex(leader: Tied, index: number, follower: Tied): number | null {
  const [from, tiedFrom, tiedTo] = [
    leader.frames[index],
    leader.frames[leader.tiedAt],
    follower.frames[follower.tiedAt],
  ];
  if (!from || !tiedFrom || !tiedTo) return null;
  if (from.slicePosition === null || tiedFrom.slicePosition === null || tiedTo.slicePosition === null)
    return within(follower.frames, follower.tiedAt + index - leader.tiedAt);
  const agreement = dot(normalOf(from), normalOf(tiedTo));
  if (Math.abs(agreement) < leastAgreement) return null;
  const sameStudy = leader.studyInstanceUid === follower.studyInstanceUid;
  const place = sameStudy
    ? Math.sign(agreement) * from.slicePosition
    : tiedTo.slicePosition + Math.sign(agreement) * (from.slicePosition - tiedFrom.slicePosition);
  return nearest(follower.frames, place);
}

function within(frames: readonly FrameRow[], index: number): number {
  return Math.min(frames.length - 1, Math.max(0, index));
}

function nearest(frames: readonly FrameRow[], place: number): number {
  let [best, distance] = [0, Number.POSITIVE_INFINITY];
  for (const [index, { slicePosition }] of frames.entries()) {
    const apart = slicePosition === null ? Number.POSITIVE_INFINITY : Math.abs(slicePosition - place);
    if (apart < distance) [best, distance] = [index, apart];
  }
  return best;
}

type Vector = readonly [number, number, number];

/** Unit normal of a picture's plane: rows cross columns (0020,0037). */
export function normalOf({ imageOrientation: o }: Pick<FrameRow, 'imageOrientation'>): Vector {
  if (o?.length !== 6) return [0, 0, 0];
  const [a, b, c, d, e, f] = o as [number, number, number, number, number, number];
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

export function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, axis) => sum + value * (other[axis] ?? 0), 0);
}
