/** What a plane through a volume shows: where it lies in the patient, and its window. */
import { type Types, utilities } from '@cornerstonejs/core';
import { type EdgeLetters, edgeLetters } from '../../preload/contract/edge-letters.ts';
import type { PlanePlace } from '../../preload/contract/reading-room.ts';
import { dot } from './synchrony.ts';
import type { WindowLevel } from './window-presets.ts';

/** At the moment of a rendering. */
export interface PlaneState {
  readonly letters: EdgeLetters | null;
  /** Along the plane's normal, mm. */
  readonly position: number;
  /** Where the plane's upper left corner lies in the patient, and one CSS pixel to the right and down from it; mm. */
  readonly toPatient: readonly [corner: Types.Point3, right: Types.Point3, down: Types.Point3];
  readonly window: WindowLevel;
  readonly inverted: boolean;
}

/** Planes that were turned by hand lie along no axis: their place counts along their own normal. */
const leastAlongAxis = 0.9;

export function planeState(viewport: Types.IVolumeViewport, inverted: boolean): PlaneState {
  const { viewUp, viewPlaneNormal, focalPoint } = viewport.getCamera();
  const [up, normal, focus] = [viewUp!, viewPlaneNormal!, focalPoint!];
  const axis = axisOf(normal);
  const voiRange = viewport.getProperties()?.voiRange;
  const { windowCenter: center, windowWidth: width } = utilities.windowLevel.toWindowLevel(
    voiRange?.lower ?? 0,
    voiRange?.upper ?? 1,
  );
  return {
    letters: edgeLetters([...cross(up, normal), ...up.map((value) => -value)]),
    position: Math.abs(normal[axis]) > leastAlongAxis ? focus[axis] : dot(focus, normal),
    toPatient: [viewport.canvasToWorld([0, 0]), viewport.canvasToWorld([1, 0]), viewport.canvasToWorld([0, 1])],
    window: { center, width },
    inverted,
  };
}

/** How the reader left a plane. */
export function planePlace(viewport: Types.IVolumeViewport): PlanePlace {
  const { viewUp, viewPlaneNormal, focalPoint } = viewport.getCamera();
  return { focus: [...focalPoint!], normal: [...viewPlaneNormal!], up: [...viewUp!], zoom: viewport.getZoom() };
}

/** Lays a plane as it was left; the caller draws it. */
export function putPlane(viewport: Types.IVolumeViewport, { focus, normal, up, zoom }: PlanePlace): void {
  viewport.resetCamera({ suppressEvents: true }); // to the standard plane in the size of now: zoom counts from there
  const { parallelScale, focalPoint, position } = viewport.getCamera();
  const distance = Math.hypot(...position!.map((at, axis) => at - focalPoint![axis]!));
  viewport.setCamera({
    focalPoint: [...focus],
    position: focus.map((at, axis) => at + distance * normal[axis]!) as Types.Point3,
    viewPlaneNormal: [...normal],
    viewUp: [...up],
    parallelScale: parallelScale! / zoom,
  });
}

export function cross([a, b, c]: Types.Point3, [d, e, f]: Types.Point3): Types.Point3 {
  return [b * f - c * e, c * d - a * f, a * e - b * d];
}

/** Index of the largest component. */
function axisOf(vector: Types.Point3): 0 | 1 | 2 {
  const sizes = vector.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes)) as 0 | 1 | 2;
}
