import { describe, expect, it } from 'vitest';
import { abnormalCells, markedPixels } from './abnormal-cells.ts';

/** A mask drawn in text: # is abnormal. */
function drawn(...rows: string[]) {
  const data = Uint8Array.from(rows.join(''), (sign) => (sign === '#' ? 1 : 0));
  return { width: rows[0]!.length, height: rows.length, data };
}

const shown = (cells: Uint8Array, side: number) =>
  Array.from({ length: side }, (_, y) =>
    Array.from(cells.subarray(y * side, (y + 1) * side), (cell) => (cell ? '#' : '.')).join(''),
  );

describe('marked pixels', () => {
  it.each([
    ['0 and 1', [0, 1, 1, 0], [0, 1, 1, 0]],
    ['0 and 255', [0, 255, 255, 0], [0, 1, 1, 0]],
    ['labels of several classes', [0, 1, 2, 4], [0, 1, 1, 1]],
    ['shares', [0, 0.25, 1, 0], [0, 1, 1, 0]],
    ['nothing at all', [0, 0, 0, 0], [0, 0, 0, 0]],
  ])('of a mask of %s', (_, values, marked) => {
    expect(Array.from(markedPixels(values, 2, 2).data)).toEqual(marked);
  });

  it('of a mask with soft edges lie above half of its highest value', () => {
    const ramp = Array.from({ length: 64 }, (_, i) => 2 * i);
    const { data } = markedPixels(ramp, 8, 8);
    expect(data.indexOf(1)).toBe(32);
    expect(data.subarray(32).every((value) => value === 1)).toBe(true);
    expect(data.subarray(0, 32).every((value) => value === 0)).toBe(true);
  });
});

describe('abnormal cells', () => {
  it('are those that at least half of is abnormal', () => {
    const mask = drawn('##....', '##....', '....##', '....#.', '......', '......');
    expect(shown(abnormalCells(mask, 3), 3)).toEqual(['#..', '..#', '...']);
    const thin = drawn('#.....', '#.....', '#.....', '#.....', '#.....', '#.....');
    expect(shown(abnormalCells(thin, 3), 3)).toEqual(['#..', '#..', '#..']);
  });

  it('keep a region that fills no cell, where it fills most, and add nothing to one that does', () => {
    const data = new Uint8Array(100 * 100);
    data[3 * 100 + 97] = 1; // one pixel of 100 in its cell
    for (const x of [48, 49, 50]) data[55 * 100 + x] = 1; // two pixels in one cell, one in the next
    expect(shown(abnormalCells({ width: 100, height: 100, data }, 10), 10)).toEqual([
      '.........#',
      ...Array(4).fill('..........'),
      '....#.....',
      ...Array(4).fill('..........'),
    ]);
    const overhanging = drawn('###.....', '###.....', '........', '........').data;
    expect(shown(abnormalCells({ width: 8, height: 4, data: overhanging }, 4), 4)).toEqual([
      '##..',
      '##..',
      '....',
      '....',
    ]);
  });

  it('of a mask that is finer, coarser or of other proportions have its share of the area', () => {
    const random = (i: number) => Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1;
    for (const [width, height] of [
      [224, 224],
      [513, 311],
      [40, 30],
      [1, 1],
    ] as const) {
      const blob = Uint8Array.from({ length: width * height }, (_, i) => {
        const [x, y] = [(i % width) / width - 0.4, Math.floor(i / width) / height - 0.6];
        return width === 1 || x * x + y * y < 0.05 ? 1 : 0;
      });
      const share = blob.reduce((sum, value) => sum + value, 0) / blob.length;
      const cells = abnormalCells({ width, height, data: blob }, 224);
      expect(cells.reduce((sum, value) => sum + value, 0) / 224 ** 2).toBeCloseTo(share, 2);
    }
    const noise = Uint8Array.from({ length: 64 * 64 }, (_, i) => (random(i) < 0.3 ? 1 : 0));
    expect(abnormalCells({ width: 64, height: 64, data: noise }, 64)).toEqual(noise);
  });
});
