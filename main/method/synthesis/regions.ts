import type { Mask } from './mask.ts';

/** A connected region: its bounding box, right and bottom exclusive, and its pixel count. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly area: number;
}

export interface LabelledRegions {
  /** (height, width): 0 outside, else 1 + the region's index. */
  readonly labels: Int32Array;
  readonly regions: readonly Region[];
}

/** Connected regions in the order in which a row-by-row scan meets them. Neighbours: 4 share an edge, 8 also a corner. */
export function labelRegions({ width, height, data }: Mask, neighbours: 4 | 8): LabelledRegions {
  const labels = new Int32Array(width * height);
  const regions: Region[] = [];
  const waiting = new Int32Array(width * height);
  for (let seed = 0; seed < data.length; seed++) {
    if (!data[seed] || labels[seed]) continue;
    const label = regions.length + 1;
    let [left, top, right, bottom, area] = [width, height, 0, 0, 0];
    let waitingCount = 1;
    waiting[0] = seed;
    labels[seed] = label;
    while (waitingCount > 0) {
      const at = waiting[--waitingCount]!;
      const x = at % width;
      const y = (at - x) / width;
      area++;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          if (neighbours === 4 && nx !== x && ny !== y) continue;
          const next = ny * width + nx;
          if (!data[next] || labels[next]) continue;
          labels[next] = label;
          waiting[waitingCount++] = next;
        }
      }
    }
    regions.push({ left, top, right, bottom, area });
  }
  return { labels, regions };
}
