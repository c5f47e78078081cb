/** Whether planes as they were kept can be shown again in a volume. */
import type { PlanePlaces } from '../../preload/contract/reading-room.ts';
import { dot } from './synchrony.ts';
import { placeInPatient, type VolumeGeometry } from './volume.ts';

/** How far directions may be from unit length and from right angles: turning adds up rounding. */
const slack = 0.01;
/** Factors by which a plane may be zoomed. */
const [leastZoom, mostZoom] = [0.01, 1000];

/** Whether they are planes at right angles to each other that meet in or near the volume. */
export function meetIn(volume: VolumeGeometry, { axial, coronal, sagittal }: PlanePlaces): boolean {
  const kept = [axial, coronal, sagittal];
  const isUnit = (vector: readonly number[]) => Math.abs(dot(vector, vector) - 1) < slack;
  const atRightAngle = (one: readonly number[], other: readonly number[]) => Math.abs(dot(one, other)) < slack;
  const { dimensions, spacing } = volume;
  const sides = dimensions.map((count, axis) => count * spacing[axis]!);
  const [columns, rows, slices] = dimensions;
  const middle = placeInPatient(volume, slices / 2, [columns / 2, rows / 2]);
  const isNear = (place: readonly number[]) =>
    Math.hypot(...place.map((at, axis) => at - middle[axis]!)) < Math.hypot(...sides);
  return (
    kept.every(
      ({ focus, normal, up, zoom }, index) =>
        isUnit(normal) &&
        isUnit(up) &&
        atRightAngle(normal, up) &&
        atRightAngle(normal, kept[(index + 1) % 3]!.normal) &&
        isNear(focus) &&
        zoom > leastZoom &&
        zoom < mostZoom,
    ) && isNear(crosshairOf(kept))
  );
}

/** Where planes at right angles meet, mm. */
function crosshairOf(kept: readonly PlanePlaces[keyof PlanePlaces][]): readonly number[] {
  return [0, 1, 2].map((axis) => kept.reduce((sum, { normal, focus }) => sum + normal[axis]! * dot(normal, focus), 0));
}
