/** Whether a series is a volume, and how it lies in the patient: what multiplanar reconstruction needs to know. */
import type { FrameRow } from '../../preload/contract/model.ts';
import { dot, normalOf } from './synchrony.ts';

type Vector = readonly [number, number, number];

export interface VolumeGeometry {
  /** Columns, rows, slices. */
  readonly dimensions: Vector;
  /** mm along a row, along a column, from slice to slice. */
  readonly spacing: Vector;
  /** Centre of the first voxel in the patient, mm. */
  readonly origin: Vector;
  /** Unit vectors along rows, columns and slices. */
  readonly direction: readonly [Vector, Vector, Vector];
}

/** Why a series is none: a key of the message catalogue. */
export type NoVolume = 'tooFewSlices' | 'noGeometry' | 'mixedSlices' | 'unevenSlices' | 'tiltedSlices';

const fewestSlices = 4;
/** Share of the usual distance by which one may differ, and mm. */
const unevenness = 0.1;
const least = 0.05;

/** From the frames of a series in the order of their places. Slices must be parallel, even and straight above each other. */
export function volumeOf(frames: readonly FrameRow[]): VolumeGeometry | NoVolume {
  const [first, second] = frames;
  if (!first || !second || frames.length < fewestSlices) return 'tooFewSlices';
  const { imageOrientation: orientation, imagePosition: origin, pixelSpacing } = first;
  if (orientation?.length !== 6 || origin?.length !== 3 || !pixelSpacing) return 'noGeometry';
  if (frames.some(({ imagePosition }) => imagePosition?.length !== 3)) return 'noGeometry';
  if (!frames.every((frame) => isLike(frame, first))) return 'mixedSlices';
  const [row, column, normal] = [orientation.slice(0, 3), orientation.slice(3), normalOf(first)];
  const steps = frames.map(({ imagePosition }) => imagePosition!.map((value, axis) => value - origin[axis]!));
  const places = steps.map((step) => dot(step, normal));
  const gaps = places.slice(1).map((place, index) => place - places[index]!);
  const usual = places.at(-1)! / gaps.length;
  if (!(usual > least) || gaps.some((gap) => Math.abs(gap - usual) > Math.max(usual * unevenness, least)))
    return 'unevenSlices';
  const drift = Math.max(...steps.flatMap((step) => [Math.abs(dot(step, row)), Math.abs(dot(step, column))]));
  if (drift > Math.max(...pixelSpacing)) return 'tiltedSlices';
  return {
    dimensions: [first.columns, first.rows, frames.length],
    spacing: [pixelSpacing[1], pixelSpacing[0], usual],
    origin: origin as unknown as Vector,
    direction: [row as unknown as Vector, column as unknown as Vector, normal],
  };
}

function isLike(frame: FrameRow, first: FrameRow): boolean {
  const close = (one: readonly number[] | null, other: readonly number[] | null) =>
    one !== null && other !== null && one.every((value, at) => Math.abs(value - other[at]!) < 1e-3);
  return (
    frame.rows === first.rows &&
    frame.columns === first.columns &&
    close(frame.imageOrientation, first.imageOrientation) &&
    close(frame.pixelSpacing, first.pixelSpacing)
  );
}

/** The place in the patient of a point of a slice, in pixels from the corner of the picture; mm. */
export function placeInPatient(volume: VolumeGeometry, slice: number, [x, y]: readonly [number, number]): Vector {
  const { origin, spacing, direction } = volume;
  const steps = [(x - 0.5) * spacing[0], (y - 0.5) * spacing[1], slice * spacing[2]] as const;
  const along = (axis: 0 | 1 | 2) =>
    origin[axis] + steps[0] * direction[0][axis] + steps[1] * direction[1][axis] + steps[2] * direction[2][axis];
  return [along(0), along(1), along(2)];
}

/** The slice that is nearest to a place in the patient, within the volume. */
export function sliceAt({ origin, spacing, direction, dimensions }: VolumeGeometry, place: readonly number[]): number {
  const step = place.map((value, axis) => value - (origin[axis] ?? 0));
  return Math.min(dimensions[2] - 1, Math.max(0, Math.round(dot(step, direction[2]) / spacing[2])));
}
