/** What a reader rejected, taken out of a map: the region, and the slope that leads up to it. */
import type { AnomalyMap } from '../../preload/contract/model.ts';

/** Lower than any threshold. */
const REMOVED = -1;

/**
 * The map without the hills below these outlines. A region ends where the map falls below the calibration's threshold; the
 * reader may look below that, so the ground is followed downhill from the region until it rises again or another
 * finding begins, lest a ring of colour stay behind.
 * @param rejected outlines in pixels of a picture of `columns` x `rows`: x0, y0, x1, y1, ...
 * @param standing outlines of findings that are not rejected: their part of the map stays
 */
export function withoutRejected(
  map: AnomalyMap,
  rejected: readonly (readonly number[])[],
  standing: readonly (readonly number[])[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): AnomalyMap {
  if (rejected.length === 0) return map;
  const { width, height } = map;
  const placesIn = (outline: readonly number[]) =>
    insideOf(
      outline.map((value, at) => (at % 2 === 0 ? (value * width) / columns : (value * height) / rows)),
      width,
      height,
    );
  const kept = new Set(standing.flatMap(placesIn));
  const removed = new Set(rejected.flatMap(placesIn).filter((place) => !kept.has(place)));
  const edge = [...removed];
  for (let place = edge.pop(); place !== undefined; place = edge.pop())
    for (const next of neighboursOf(place, width, height)) {
      if (removed.has(next) || kept.has(next) || map.data[next]! > map.data[place]!) continue;
      removed.add(next);
      edge.push(next);
    }
  const data = map.data.slice();
  for (const place of removed) data[place] = REMOVED;
  return { width, height, data };
}

/** Places of a map whose middle lies inside an outline (even-odd). */
function insideOf(outline: readonly number[], width: number, height: number): number[] {
  const places: number[] = [];
  for (let y = 0; y < height; y++) {
    const crossings = crossingsAt(outline, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const to = Math.min(width, Math.ceil(crossings[i + 1]! - 0.5));
      for (let x = Math.max(0, Math.ceil(crossings[i]! - 0.5)); x < to; x++) places.push(y * width + x);
    }
  }
  return places;
}

/** Where an outline crosses a horizontal line, ascending. */
function crossingsAt(outline: readonly number[], y: number): number[] {
  const crossings: number[] = [];
  for (let at = 0; at + 1 < outline.length; at += 2) {
    const [x0, y0] = [outline[at]!, outline[at + 1]!];
    const next = (at + 2) % outline.length;
    const [x1, y1] = [outline[next]!, outline[next + 1]!];
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}

function neighboursOf(place: number, width: number, height: number): number[] {
  const [x, y] = [place % width, Math.floor(place / width)];
  return [
    ...(x > 0 ? [place - 1] : []),
    ...(x + 1 < width ? [place + 1] : []),
    ...(y > 0 ? [place - width] : []),
    ...(y + 1 < height ? [place + width] : []),
  ];
}
