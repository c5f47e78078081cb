/** Letters at the edges of a picture (DICOM PS3.3 C.7.6.1.1.1: x grows to the left, y to the back, z to the head). */

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

export interface EdgeLetters {
  readonly top: string;
  readonly right: string;
  readonly bottom: string;
  readonly left: string;
}

/** From the direction cosines of rows and columns (0020,0037); null where they are unknown. */
export function edgeLetters(imageOrientation: readonly number[] | null): EdgeLetters | null {
  if (imageOrientation?.length !== 6) return null;
  const alongRow = imageOrientation.slice(0, 3);
  const alongColumn = imageOrientation.slice(3);
  const opposite = (direction: readonly number[]) => direction.map((component) => -component);
  return {
    top: directionLetters(opposite(alongColumn)),
    right: directionLetters(alongRow),
    bottom: directionLetters(alongColumn),
    left: directionLetters(opposite(alongRow)),
  };
}
