/**
 * Which part of a picture shows the patient, and which is margin: names and scales beside an ultrasound scan, what a
 * shutter or the collimator has cut off. Masks hold 1 for pixels that are shown, row by row.
 */
import type { DataSet } from 'dicom-parser';
import type { Image8 } from '../method/image.ts';
import { numberOf, numbersOf, stringsOf } from './dataset.ts';
import type { ImageHeader, ImageRegion, Shutter } from './instance.ts';

type Size = Pick<ImageHeader, 'rows' | 'columns'>;

/**
 * Display Shutter (PS3.3 C.7.6.11) and X-Ray Collimator (C.8.7.3): several shapes cut off what lies outside any of them.
 * DICOM counts rows and columns from 1; shapes without usable numbers are left out.
 */
export function shuttersOf(dataset: DataSet): readonly Shutter[] {
  return ['16', '17'].flatMap((group) => {
    const tag = (last: string) => `x0018${group}${last}`;
    return stringsOf(dataset, tag('00')).flatMap((shape): Shutter[] => {
      if (shape === 'RECTANGULAR') {
        const edges = ['02', '06', '04', '08'].map((last) => numberOf(dataset, tag(last)));
        const [left, top, right, bottom] = edges.map((edge) => (edge === null ? Number.NaN : edge - 1)) as Corners;
        return left < right && top < bottom ? [{ kind: 'rectangle', left, top, right, bottom }] : [];
      }
      if (shape === 'CIRCULAR') {
        const [row, column] = numbersOf(dataset, tag('10'));
        const radius = numberOf(dataset, tag('12'));
        if (row === undefined || column === undefined || radius === null || radius <= 0) return [];
        return [{ kind: 'circle', x: column - 1, y: row - 1, radius }];
      }
      const numbers = numbersOf(dataset, tag('20'));
      const vertices = Array.from({ length: numbers.length >> 1 }, (_, i) => ({
        x: (numbers[2 * i + 1] as number) - 1,
        y: (numbers[2 * i] as number) - 1,
      }));
      return shape === 'POLYGONAL' && vertices.length >= 3 ? [{ kind: 'polygon', vertices }] : [];
    });
  });
}

type Corners = [number, number, number, number];

/** What the file itself declares: within all shutters and within any region. Null where it declares nothing. */
export function declaredArea({ rows, columns, regions, shutters }: ImageHeader): Uint8Array | null {
  const within = regions.filter(({ right, bottom }) => right < columns && bottom < rows);
  if (within.length === 0 && shutters.length === 0) return null;
  const mask = new Uint8Array(rows * columns).fill(within.length === 0 ? 1 : 0);
  for (const { left, top, right, bottom } of within)
    for (let y = top; y <= bottom; y += 1) mask.fill(1, y * columns + left, y * columns + right + 1);
  for (const shutter of shutters) cutOff(mask, { rows, columns }, shutter);
  return mask;
}

function cutOff(mask: Uint8Array, { rows, columns }: Size, shutter: Shutter): void {
  for (let y = 0; y < rows; y += 1) {
    const isOpen = openingOf(shutter, y);
    for (let x = 0; x < columns; x += 1) if (!isOpen(x)) mask[y * columns + x] = 0;
  }
}

/** Which columns of a row a shutter leaves open. */
function openingOf(shutter: Shutter, y: number): (x: number) => boolean {
  if (shutter.kind === 'rectangle') {
    const { left, top, right, bottom } = shutter;
    return (x) => y >= top && y <= bottom && x >= left && x <= right;
  }
  if (shutter.kind === 'circle') return (x) => (x - shutter.x) ** 2 + (y - shutter.y) ** 2 <= shutter.radius ** 2;
  // Where the row crosses the polygon's sides; a column is inside behind an odd number of crossings.
  const { vertices } = shutter;
  const crossings = vertices.flatMap((from, i) => {
    const to = vertices[(i + 1) % vertices.length] as (typeof vertices)[number];
    return from.y > y === to.y > y ? [] : [from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x)];
  });
  return (x) => crossings.filter((crossing) => crossing <= x).length % 2 === 1;
}

/** Side of the cells in which `foundScan` looks for light, pixels: letters of a line touch, lines and scan do not. */
const CELL = 8;
/** Grey level above which a pixel is lit: noise of a black background and of lossy compression stays below. */
const LIT = 32;
/** Of the largest lit part's cells: what has fewer is text, a logo or a scale. */
const SMALL = 0.1;

/**
 * The scan of an ultrasound picture that does not declare its regions: the large lit parts with all that lies between
 * them both along rows and along columns. Null where nothing would be cut off.
 */
export function foundScan(image: Image8): Uint8Array | null {
  const cells = litCells(image);
  const parts = connectedParts(cells);
  const largest = Math.max(0, ...parts.map((part) => part.length));
  const kept = parts.filter((part) => part.length >= largest * SMALL);
  if (kept.length === parts.length) return null;
  const { rows, columns } = cells;
  const across = Array.from({ length: rows }, () => ({ from: columns, to: -1 }));
  const down = Array.from({ length: columns }, () => ({ from: rows, to: -1 }));
  for (const cell of kept.flat()) {
    const [x, y] = [cell % columns, Math.floor(cell / columns)];
    widen(across[y], x);
    widen(down[x], y);
  }
  const mask = new Uint8Array(image.width * image.height);
  for (let at = 0; at < mask.length; at += 1) {
    const [x, y] = [Math.floor((at % image.width) / CELL), Math.floor(at / image.width / CELL)];
    mask[at] = Number(isBetween(across[y], x) && isBetween(down[x], y));
  }
  return mask;
}

interface Span {
  from: number;
  to: number;
}

function widen(span: Span | undefined, value: number): void {
  if (!span) return;
  span.from = Math.min(span.from, value);
  span.to = Math.max(span.to, value);
}

const isBetween = (span: Span | undefined, value: number) =>
  span !== undefined && value >= span.from && value <= span.to;

interface Cells extends Size {
  /** 1 where any pixel of the cell is lit. */
  readonly lit: Uint8Array;
}

function litCells({ width, height, channels, data }: Image8): Cells {
  const [columns, rows] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
  const lit = new Uint8Array(columns * rows);
  for (let i = 0; i < data.length; i += 1) {
    if ((data[i] as number) < LIT) continue;
    const pixel = Math.floor(i / channels);
    lit[Math.floor(pixel / width / CELL) * columns + Math.floor((pixel % width) / CELL)] = 1;
  }
  return { rows, columns, lit };
}

/** Lit cells that touch, corners included. */
function connectedParts({ rows, columns, lit }: Cells): number[][] {
  const left = lit.slice();
  const parts: number[][] = [];
  for (let start = 0; start < left.length; start += 1) {
    if (!left[start]) continue;
    left[start] = 0;
    const part = [start];
    for (const cell of part)
      for (const next of neighbours(cell, { rows, columns }))
        if (left[next]) {
          left[next] = 0;
          part.push(next);
        }
    parts.push(part);
  }
  return parts;
}

function neighbours(cell: number, { rows, columns }: Size): number[] {
  const [x, y] = [cell % columns, Math.floor(cell / columns)];
  return [-1, 0, 1].flatMap((dy) =>
    [-1, 0, 1].flatMap((dx) => {
      const inside = x + dx >= 0 && x + dx < columns && y + dy >= 0 && y + dy < rows;
      return inside ? [(y + dy) * columns + x + dx] : [];
    }),
  );
}

/** The picture with everything black that a mask does not show. */
export function blackOutside({ width, height, channels, data }: Image8, mask: Uint8Array): Image8 {
  const shown = data.map((value, i) => (mask[Math.floor(i / channels)] ? value : 0));
  return { width, height, channels, data: shown };
}

/** The picture without a border of one value, which scanners and converters fill up to a common size with. */
export function withoutBorder({ rows, columns }: Size, data: ArrayLike<number>): ImageRegion {
  const whole = { left: 0, top: 0, right: columns - 1, bottom: rows - 1 };
  const value = data[0];
  const isRow = (y: number) => everyOf(columns, (x) => data[y * columns + x] === value);
  const isColumn = (x: number) => everyOf(rows, (y) => data[y * columns + x] === value);
  let { left, top, right, bottom } = whole;
  while (top <= bottom && isRow(top)) top += 1;
  if (top > bottom) return whole; // one value everywhere: all of it counts
  while (isRow(bottom)) bottom -= 1;
  while (isColumn(left)) left += 1;
  while (isColumn(right)) right -= 1;
  return { left, top, right, bottom };
}

function everyOf(count: number, holds: (index: number) => boolean): boolean {
  for (let index = 0; index < count; index += 1) if (!holds(index)) return false;
  return true;
}
