import { describe, expect, it } from 'vitest';
import { parseDataset } from './dataset.ts';
import { arrangeSeries, type SeriesArrangement } from './geometry.ts';
import { dicomHeader } from './header.ts';
import type { InstanceHeader } from './instance.ts';
import { dicomFile, imageElements } from './samples.ts';

const AXIAL = '1\\0\\0\\0\\1\\0';
const CORONAL = '1\\0\\0\\0\\0\\-1';

let uids = 0;
/** An instance with a number and, if given, a position along z and an orientation. */
function slice(
  number: number | null,
  z: number | null,
  orientation = AXIAL,
  more: { uid?: string; type?: string; columns?: number } = {},
): InstanceHeader {
  uids += 1;
  const columns = more.columns ?? 3;
  const bytes = dicomFile(
    imageElements([
      [0x00080008, 'CS', more.type ?? 'ORIGINAL\\PRIMARY\\AXIAL'],
      [0x00080018, 'UI', more.uid ?? `2.25.${uids}`],
      [0x00200013, 'IS', number === null ? null : String(number)],
      [0x00200032, 'DS', z === null ? null : `0\\0\\${z}`],
      [0x00200037, 'DS', z === null ? null : orientation],
      [0x00280011, 'US', columns],
      [0x7fe00010, 'OW', new Uint8Array(columns * 4)],
    ]),
  );
  return dicomHeader(parseDataset(bytes));
}

const kinds = ({ findings }: SeriesArrangement) => findings.map(({ kind }) => kind);

describe('arrangeSeries', () => {
  it('sorts by position along the normal, whatever the numbers say', () => {
    const arranged = arrangeSeries([slice(1, 20), slice(2, -5), slice(3, 7.5)]);
    expect(arranged).toMatchObject({ order: [1, 2, 0], basis: 'position', spacing: 12.5, findings: [] });
  });

  it('sorts oblique slices by their own normal', () => {
    // Rows along x, columns tilted: the normal has components along y and z.
    const tilted = '1\\0\\0\\0\\0.8\\0.6';
    expect(arrangeSeries([slice(1, 9, tilted), slice(2, 3, tilted), slice(3, 6, tilted)]).order).toEqual([1, 2, 0]);
  });

  it('falls back to instance numbers, then to names', () => {
    expect(arrangeSeries([slice(3, null), slice(1, null), slice(2, null)])).toMatchObject({
      order: [1, 2, 0],
      basis: 'number',
    });
    const named = ['b10.png', 'b9.png'].map((label) => {
      const header = slice(null, null);
      return { ...header, instance: { ...header.instance, label } };
    });
    expect(arrangeSeries(named)).toMatchObject({ order: [1, 0], basis: 'name', spacing: null });
  });

  it('names missing slices and where they are', () => {
    const arranged = arrangeSeries([0, 5, 10, 25, 30].map((z, i) => slice(i + 1, z)));
    expect(kinds(arranged)).toEqual(['missing-slices']);
    expect(arranged.findings[0]).toMatchObject({
      message: 'About 2 slices are missing between image 3 and image 4: 15 mm apart, elsewhere 5 mm.',
      instances: [2, 3],
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
    const scout = slice(1, 100, CORONAL, { type: 'ORIGINAL\\PRIMARY\\LOCALIZER' });
    const arranged = arrangeSeries([scout, slice(2, 0), slice(3, 5)]);
    expect(arranged.order).toEqual([1, 2, 0]);
    expect(kinds(arranged)).toEqual(['localiser']);
  });

  it('shows a series of localisers alone like any other', () => {
    const scouts = [2, 1].map((number) => slice(number, null, AXIAL, { type: 'ORIGINAL\\PRIMARY\\LOCALIZER' }));
    expect(arrangeSeries(scouts)).toMatchObject({ order: [1, 0], findings: [] });
  });

  it('names duplicates, by identity and by position', () => {
    expect(
      kinds(arrangeSeries([slice(1, 0, AXIAL, { uid: '2.25.77' }), slice(1, 5, AXIAL, { uid: '2.25.77' })])),
    ).toEqual(['duplicate']);
    const arranged = arrangeSeries([slice(1, 0), slice(2, 5), slice(3, 5), slice(4, 10)]);
    expect(kinds(arranged)).toEqual(['duplicate']);
    expect(arranged.findings[0]?.instances).toEqual([1, 2]);
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
