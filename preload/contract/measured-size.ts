/** What the places of a measurement say of its size: the same in the window, the report and everything exported. */
import type { AnnotationTool, FrameRow } from './model.ts';

export interface MeasuredSize {
  readonly quantity: 'length' | 'angle' | 'area';
  /** In the unit of the places, its square, or degrees. */
  readonly value: number;
}

/** From the places of a tool in the order that Annotation names, in two or three dimensions; null where it measures no size. */
export function measuredSize(tool: AnnotationTool, places: readonly (readonly number[])[]): MeasuredSize | null {
  const between = (one: number, other: number) =>
    Math.hypot(...(places[one] ?? []).map((value, axis) => value - (places[other]?.[axis] ?? value)));
  switch (tool) {
    case 'length':
      return { quantity: 'length', value: between(0, 1) };
    case 'angle': {
      const [a, b, c] = [between(0, 1), between(1, 2), between(0, 2)];
      const cosine = Math.min(1, Math.max(-1, (a * a + b * b - c * c) / (2 * a * b)));
      return { quantity: 'angle', value: (Math.acos(cosine) * 180) / Math.PI };
    }
    case 'ellipse':
      // Bottom and top, left and right.
      return { quantity: 'area', value: (Math.PI / 4) * between(0, 1) * between(2, 3) };
    case 'rectangle':
      // Corners: the second lies beside the first, the third below it.
      return { quantity: 'area', value: between(0, 1) * between(0, 2) };
    case 'probe':
      return null;
  }
}

/**
 * Where lengths on a picture hold: in the patient, or on the detector alone, where the patient's anatomy is magnified by an
 * unknown factor (PS3.3 10.7.1.3). In pixels where nothing is known of them.
 */
export type Lengths = 'pixels' | 'patient' | 'detector';

export function lengthsOf({
  pixelSpacing,
  spacingAtDetector,
}: Pick<FrameRow, 'pixelSpacing' | 'spacingAtDetector'>): Lengths {
  if (pixelSpacing === null) return 'pixels';
  return spacingAtDetector ? 'detector' : 'patient';
}
