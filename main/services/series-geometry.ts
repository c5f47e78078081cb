/** The order in which a reader scrolls through a series, and what is odd about its geometry. Lengths in mm. */

export interface PlacedFrame {
  readonly instanceNumber: number | null;
  readonly frame: number;
  readonly localizer: boolean;
  /** Direction cosines of a row, then of a column (0020,0037). */
  readonly orientation: readonly number[] | null;
  /** Image Position (Patient) (0020,0032). */
  readonly position: readonly number[] | null;
}

export interface SeriesGeometry<F extends PlacedFrame> {
  readonly frames: readonly { readonly frame: F; readonly slicePosition: number | null }[];
  /** Sentences. */
  readonly remarks: readonly string[];
}

/** Two slices closer than this lie at the same place. */
const SAME_PLACE_MM = 0.01;
/** Orientations whose normals differ by more than 1 degree are different. */
const SAME_DIRECTION = Math.cos(Math.PI / 180);

/**
 * Sorts by position along the common normal where all frames have one, else by instance number and frame.
 * The position of a slice is the projection of its origin on the normal (PS3.3 C.7.6.2.1.1).
 */
export function arrangeSeries<F extends PlacedFrame>(frames: readonly F[]): SeriesGeometry<F> {
  const remarks: string[] = [];
  const normals = frames.map(({ orientation }) => orientation && normalOf(orientation));
  const first = normals.find((normal) => normal !== null) ?? null;
  const parallel = first !== null && normals.every((normal) => normal !== null && dot(normal, first) > SAME_DIRECTION);
  if (first !== null && !parallel && normals.every((normal) => normal !== null))
    remarks.push('Its images lie in different orientations; they are in the order of their numbers.');
  if (frames.some((frame) => frame.localizer)) remarks.push('It holds a localiser image.');

  const placed = frames.map((frame) => ({
    frame,
    slicePosition: parallel && frame.position ? dot(frame.position, first) : null,
  }));
  const byNumber = placed.sort(
    (a, b) => (a.frame.instanceNumber ?? 0) - (b.frame.instanceNumber ?? 0) || a.frame.frame - b.frame.frame,
  );
  if (!byNumber.every(({ slicePosition }) => slicePosition !== null)) return { frames: byNumber, remarks };
  const byPlace = byNumber.toSorted((a, b) => Number(a.slicePosition) - Number(b.slicePosition));
  remarks.push(...spacingRemarks(byPlace.map(({ slicePosition }) => Number(slicePosition))));
  return { frames: byPlace, remarks };
}

/** What an ascending list of slice positions lacks or repeats. */
function spacingRemarks(positions: readonly number[]): string[] {
  const gaps = positions.slice(1).map((position, i) => position - Number(positions[i]));
  const same = gaps.filter((gap) => gap < SAME_PLACE_MM).length;
  const steps = gaps.filter((gap) => gap >= SAME_PLACE_MM).sort((a, b) => a - b);
  const usual = steps[Math.floor((steps.length - 1) / 2)];
  const missing =
    usual === undefined ? 0 : steps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / usual) - 1), 0);
  return [
    ...(same > 0 ? [`${same} of its images lie where another one lies.`] : []),
    ...(missing > 0 ? [`${missing} slice${missing > 1 ? 's seem' : ' seems'} to be missing.`] : []),
  ];
}

/** Row direction x column direction. */
function normalOf([rx = 0, ry = 0, rz = 0, cx = 0, cy = 0, cz = 0]: readonly number[]): number[] {
  return [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
