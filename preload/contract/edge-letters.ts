/**
 * Letters at the edges of a picture, in the window, on paper and in exported pictures (DICOM PS3.3 C.7.6.1.1.1: x grows to
 * the left, y to the back, z to the head).
 */

const axes = [
  ['R', 'L'],
  ['A', 'P'],
  ['F', 'H'],
] as const;
/** A component below it, of a unit vector, gets no letter. */
const leastComponent = 0.1;

/** Up to three letters, the largest component first: [0.8, 0.6, 0] reads 'LP'. */
function directionLetters(direction: readonly number[]): string {
  return axes
    .map(([negative, positive], axis) => {
      const component = direction[axis] ?? 0;
      return { size: Math.abs(component), letter: component < 0 ? negative : positive };
    })
    .filter(({ size }) => size > leastComponent)
    .sort((one, other) => other.size - one.size)
    .map(({ letter }) => letter)
    .join('');
}

/** Where a picture's x axis (a, b) and y axis (c, d) lie on the screen. */
export interface PictureAxes {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export interface EdgeLetters {
  readonly top: string;
  readonly right: string;
  readonly bottom: string;
  readonly left: string;
}

/**
 * From the direction cosines of rows and columns (0020,0037), and how the picture lies on the screen; null where the file
 * does not say. Without `toScreen` the picture lies as it is stored.
 */
export function edgeLetters(
  imageOrientation: readonly number[] | null,
  toScreen: PictureAxes = { a: 1, b: 0, c: 0, d: 1 },
): EdgeLetters | null {
  if (imageOrientation?.length !== 6) return null;
  const { a, b, c, d } = toScreen;
  const sign = Math.sign(a * d - b * c) || 1;
  // Columns of the inverse: what lies along the screen's x and y, in steps along rows and columns of the picture.
  const right = alongPatient(imageOrientation, sign * d, -sign * b);
  const down = alongPatient(imageOrientation, -sign * c, sign * a);
  const opposite = (direction: readonly number[]) => direction.map((component) => -component);
  return {
    top: directionLetters(opposite(down)),
    right: directionLetters(right),
    bottom: directionLetters(down),
    left: directionLetters(opposite(right)),
  };
}

/** From Patient Orientation (0020,0020), what the rows and the columns run to, of a picture as it is stored; null where it says neither. */
export function namedEdgeLetters([right = '', bottom = '']: readonly string[]): EdgeLetters | null {
  if (!/^[LRAPHF]+$/.test(right) || !/^[LRAPHF]+$/.test(bottom)) return null;
  return { top: oppositeOf(bottom), right, bottom, left: oppositeOf(right) };
}

const oppositeOf = (letters: string) =>
  letters.replace(/./g, (letter) => {
    const [negative, positive] = axes.find((axis) => axis.some((end) => end === letter)) ?? axes[0];
    return letter === negative ? positive : negative;
  });

/** Unit vector in the patient of a direction in the picture. */
function alongPatient(orientation: readonly number[], alongRow: number, alongColumn: number): number[] {
  const vector = [0, 1, 2].map(
    (axis) => alongRow * (orientation[axis] ?? 0) + alongColumn * (orientation[axis + 3] ?? 0),
  );
  const length = Math.hypot(...vector) || 1;
  return vector.map((component) => component / length);
}
