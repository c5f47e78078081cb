import { describe, expect, it } from 'vitest';
import { arrangeSeries, type SeriesArrangement, type Slice } from './geometry.ts';

const AXIAL = [1, 0, 0, 0, 1, 0];
const CORONAL = [1, 0, 0, 0, 0, -1];

let uids = 0;
/** A slice with a number and, if given, a position along z and an orientation. */
function slice(
  number: number | null,
  z: number | null,
  orientation: readonly number[] = AXIAL,
  more: Partial<Slice> = {},
): Slice {
  uids += 1;
  return {
    number,
    frame: 0,
    uid: `2.25.${uids}`,
    localiser: false,
    orientation: z === null ? null : orientation,
    position: z === null ? null : [0, 0, z],
    rows: 2,
    columns: 3,
    ...more,
  };
}

const kinds = ({ findings }: SeriesArrangement) => findings.map(({ kind }) => kind);

describe('arrangeSeries', () => {
  it('sorts by position along the normal, whatever the numbers say', () => {
    const arranged = arrangeSeries([slice(1, 20), slice(2, -5), slice(3, 7.5)]);
    expect(arranged).toMatchObject({
      order: [1, 2, 0],
      basis: 'position',
      spacing: 12.5,
      findings: [],
      places: [20, -5, 7.5],
    });
  });

  it('sorts oblique slices by their own normal', () => {
    // Rows along x, columns tilted: the normal has components along y and z.
    const tilted = [1, 0, 0, 0, 0.8, 0.6];
    expect(arrangeSeries([slice(1, 9, tilted), slice(2, 3, tilted), slice(3, 6, tilted)]).order).toEqual([1, 2, 0]);
  });

  it('falls back to instance numbers, then to frames', () => {
    expect(arrangeSeries([slice(3, null), slice(1, null), slice(2, null)])).toMatchObject({
      order: [1, 2, 0],
      basis: 'number',
    });
    const frames = [2, 0, 1].map((frame) => slice(4, null, AXIAL, { frame, uid: '2.25.1' }));
    expect(arrangeSeries(frames)).toMatchObject({ order: [1, 2, 0], findings: [], spacing: null });
  });

  it('names missing slices and where they are', () => {
    const arranged = arrangeSeries([0, 5, 10, 25, 30].map((z, i) => slice(i + 1, z)));
    expect(kinds(arranged)).toEqual(['missing-slices']);
    expect(arranged.findings[0]).toMatchObject({
      message: 'About 2 slices are missing between image 3 and image 4: 15 mm apart, elsewhere 5 mm.',
      slices: [2, 3],
    });
  });

  it('names jumps of the numbers where there are no positions', () => {
    expect(arrangeSeries([slice(1, null), slice(5, null)]).findings).toMatchObject([
      { kind: 'missing-slices', message: 'Instance numbers jump from 1 to 5.' },
    ]);
  });

  it('names uneven spacing', () => {
    expect(kinds(arrangeSeries([0, 5, 10, 16, 21, 26].map((z, i) => slice(i, z))))).toEqual(['uneven-spacing']);
  });

  it('sets localisers apart, at the end', () => {
    const scout = slice(1, 100, CORONAL, { localiser: true });
    const arranged = arrangeSeries([scout, slice(2, 0), slice(3, 5)]);
    expect(arranged.order).toEqual([1, 2, 0]);
    expect(kinds(arranged)).toEqual(['localiser']);
  });

  it('shows a series of localisers alone like any other', () => {
    const scouts = [2, 1].map((number) => slice(number, null, AXIAL, { localiser: true }));
    expect(arrangeSeries(scouts)).toMatchObject({ order: [1, 0], findings: [] });
  });

  it('names duplicates', () => {
    const arranged = arrangeSeries([slice(1, 0), slice(2, 5), slice(3, 5), slice(4, 10)]);
    expect(kinds(arranged)).toEqual(['duplicate']);
    expect(arranged.findings[0]?.slices).toEqual([1, 2]);
  });

  it('tells phases from duplicates', () => {
    const arranged = arrangeSeries([0, 5, 10].flatMap((z, i) => [slice(i + 1, z), slice(i + 11, z)]));
    expect(kinds(arranged)).toEqual(['repeated-positions']);
    expect(arranged.spacing).toBe(5);
  });

  it('keeps stacks of different orientation apart, the largest first', () => {
    const arranged = arrangeSeries([slice(1, 0, CORONAL), slice(2, 5), slice(3, 0)]);
    expect(arranged.order).toEqual([2, 1, 0]);
    expect(kinds(arranged)).toEqual(['mixed-orientation']);
  });

  it('names differing sizes', () => {
    expect(kinds(arrangeSeries([slice(1, 0), slice(2, 5, AXIAL, { columns: 4 })]))).toEqual(['mixed-size']);
  });

  it('arranges nothing and one', () => {
    expect(arrangeSeries([])).toMatchObject({ order: [], findings: [] });
    expect(arrangeSeries([slice(1, 0)])).toMatchObject({ order: [0], findings: [] });
  });
});
