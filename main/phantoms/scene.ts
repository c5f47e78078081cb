/** What a recipe is given to draw with, and the few ways in which every recipe plants a lesion. */
import type { Random } from '../method/random.ts';
import { blob, type Point, pointInside, type Shape } from './shapes.ts';
import { type Brush, mark, type Plane, paint, type Sheet, type Value } from './sheet.ts';

export interface Scene {
  readonly sheet: Sheet;
  /** Decides the anatomy. The same seed draws the same anatomy with and without a lesion. */
  readonly anatomy: Random;
  /** Decides the lesion alone. */
  readonly fate: Random;
  /** Decides noise and artefacts of the acquisition alone. */
  readonly acquisition: Random;
  readonly lesion: string | null;
  /** Height of the slice in the body part, 0 (foot end) to 1 (head end); recipes of projections ignore it. */
  readonly level: number;
  /** Where the lesion is, 0..1. */
  readonly mask: Plane;
}

/** What differs between the kinds of phantom. */
export interface Recipe {
  readonly modality: 'CT' | 'MR' | 'DX' | 'US' | 'OP' | 'OT';
  readonly bodyPart: string;
  /** What a caption calls the picture, first the plainest. */
  readonly names: readonly string[];
  /** Lesion kinds with the words of a caption. */
  readonly lesions: Readonly<Record<string, readonly string[]>>;
  readonly channels: 1 | 3;
  readonly unit: Unit;
  /** Display window in the unit: center and width. */
  readonly window: { readonly center: number; readonly width: number };
  /** Side of the picture in mm, for pixel spacing. */
  readonly fieldOfView: number;
  /** Paints the planes, one per channel, in the unit. Lesions are marked in `scene.mask`. */
  draw(scene: Scene): readonly Plane[];
}

/** HU: Hounsfield units. counts12: 0..4095. grey8: 0..255 (also of each channel of a colour picture). */
export type Unit = 'HU' | 'counts12' | 'grey8';

/** Paints a lesion and marks it. */
export function plant(scene: Scene, plane: Plane, shape: Shape, value: Value, brush: Brush = {}): void {
  paint(scene.sheet, plane, shape, value, brush);
  mark(scene.sheet, scene.mask, shape);
}

/** A ragged blob somewhere inside `region`, its radius drawn between the bounds (anatomy units). */
export function lesionIn(
  scene: Scene,
  region: Shape,
  smallest: number,
  largest: number,
  irregularity = 0.12,
): { shape: Shape; center: Point; radius: number } {
  const radius = scene.fate.between(smallest, largest);
  const center = pointInside(scene.fate, region, radius * 0.7);
  const stretch = Math.exp(scene.fate.normal(0, 0.22));
  const shape = blob(scene.fate, {
    cx: center.x,
    cy: center.y,
    rx: radius * stretch,
    ry: radius / stretch,
    angle: scene.fate.between(0, Math.PI),
    irregularity,
    harmonics: 8,
  });
  return { shape, center, radius };
}
