import { describe, expect, it } from 'vitest';
import { labelRegions } from './regions.ts';

const rows = ['1100010', '1000100', '0011000', '0000001', '1110011'];
const mask = { width: 7, height: 5, data: Uint8Array.from(rows.join(''), Number) };

describe('labelRegions', () => {
  it('counts regions with shared edges, or with shared corners too', () => {
    // scipy 1.17.1: scipy.ndimage.label(mask) and label(mask, ones((3, 3)))
    expect(labelRegions(mask, 4).regions).toHaveLength(6);
    expect(labelRegions(mask, 8).regions).toHaveLength(4);
  });

  it('gives each region its box and area, in reading order', () => {
    const { labels, regions } = labelRegions(mask, 8);
    expect(regions[0]).toEqual({ left: 0, top: 0, right: 2, bottom: 2, area: 3 });
    expect(regions[1]).toEqual({ left: 2, top: 0, right: 6, bottom: 3, area: 4 });
    for (const [index, region] of regions.entries())
      expect(labels.filter((label) => label === index + 1)).toHaveLength(region.area);
    expect(labels.filter((label) => label === 0)).toHaveLength(35 - mask.data.reduce((a, b) => a + b));
  });
});
