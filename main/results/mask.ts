/** Outlines as masks and back. Pixel (x, y) is the square from (x, y) to (x + 1, y + 1): DICOM's own coordinates. */

/** 1 where a pixel's centre lies inside the closed outline (even-odd), else 0: `(rows * columns)`, row by row. */
export function maskOfOutline(outline: readonly number[], columns: number, rows: number): Uint8Array {
  const mask = new Uint8Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    const crossings = crossingsAt(outline, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(Number(crossings[i]) - 0.5));
      const to = Math.min(columns, Math.ceil(Number(crossings[i + 1]) - 0.5));
      if (from < to) mask.fill(1, y * columns + from, y * columns + to);
    }
  }
  return mask;
}

/** Where the outline crosses a horizontal line, ascending. */
function crossingsAt(outline: readonly number[], y: number): number[] {
  const crossings: number[] = [];
  const points = outline.length / 2;
  for (let i = 0; i < points; i++) {
    const [x0, y0] = [Number(outline[2 * i]), Number(outline[2 * i + 1])];
    const next = (i + 1) % points;
    const [x1, y1] = [Number(outline[2 * next]), Number(outline[2 * next + 1])];
    if (y0 <= y === y1 <= y) continue;
    crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}
