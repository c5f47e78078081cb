/**
 * Evidence for a region of a picture: where the support set looks most like it. Answers "what did you compare this
 * with?" from the memory bank of a `default` calibration, or from one that is formed of the support set for the moment.
 */
import type { TapShape } from '../method/architecture.ts';
import { unusualness } from '../method/second-opinion.ts';
import { bankDistances, extractFeatures, type Features } from './bank.ts';
import type { Networks } from './networks.ts';
import type { Opinions } from './opinions.ts';
import type { Taps } from './taps.ts';
import type { Box, NearestNormals } from './tasks.ts';

/** A patch feature is the sum over 3 x 3 tokens (method/memory-bank.ts), so a match shows that many. */
const REACH = 1;

/**
 * The most unusual patch of a region, and of every support image the patch nearest to it, the nearest image first.
 * Distances are one minus the cosine, meaned over the taps with the finest grid: a coarser one cannot name the place.
 * @param region left, top, width, height as shares of the picture
 * @throws Fault `cancelled`, `provider-failed`
 */
export async function nearestNormals(
  networks: Networks,
  { bank, places }: Pick<Opinions, 'bank' | 'places'>,
  picture: Taps,
  region: Box,
  signal: AbortSignal,
): Promise<NearestNormals> {
  const [features] = await extractFeatures(networks, [picture], signal);
  const [distances] = await bankDistances(networks, [features!], bank, signal);
  const { grid, members } = finestTaps(networks.taps);
  const unusual = members.map((n) => unusualness(distances![n]!.patches, places[n]!));
  const cell = highest(cellsOf(region, grid), (place) => sum(unusual.map((values) => values[place]!)));
  const matches = bank.map((image, support) => {
    const [distance, place] = nearestPatch(features!, image, cell, members, networks.taps);
    return { support, distance, box: boxOf(place, grid) };
  });
  return { box: boxOf(cell, grid), matches: matches.sort((a, b) => a.distance - b.distance) };
}

/** The taps with the finest grid. */
function finestTaps(taps: readonly TapShape[]): { readonly grid: number; readonly members: readonly number[] } {
  const grid = Math.max(...taps.map((tap) => tap.grid));
  return { grid, members: [...taps.keys()].filter((n) => taps[n]!.grid === grid) };
}

/** Places of the grid whose centres lie in the region; the one nearest to its centre where none does. */
function cellsOf([left, top, width, height]: Box, grid: number): number[] {
  const inside = Array.from({ length: grid * grid }, (_, place) => place).filter((place) => {
    const [x, y] = [((place % grid) + 0.5) / grid, (Math.floor(place / grid) + 0.5) / grid];
    return x >= left && x <= left + width && y >= top && y <= top + height;
  });
  const cell = (centre: number) => Math.min(grid - 1, Math.max(0, Math.floor(centre * grid)));
  return inside.length > 0 ? inside : [cell(top + height / 2) * grid + cell(left + width / 2)];
}

/** The place of an image that is nearest to a patch, and its distance. */
function nearestPatch(
  query: Features,
  image: Features,
  cell: number,
  members: readonly number[],
  taps: readonly TapShape[],
): [distance: number, place: number] {
  const distanceAt = (place: number) =>
    sum(
      members.map((n) => {
        const { width } = taps[n]!;
        let cosine = 0;
        for (let i = 0; i < width; i++) cosine += query[n]![cell * width + i]! * image[n]![place * width + i]!;
        return (1 - cosine) / members.length;
      }),
    );
  const places = Array.from({ length: taps[members[0]!]!.grid ** 2 }, (_, place) => place);
  const place = highest(places, (candidate) => -distanceAt(candidate));
  return [Math.max(0, distanceAt(place)), place];
}

/** The patches around a place, cut at the picture's edge, as shares of the picture. */
function boxOf(place: number, grid: number): Box {
  const [row, column] = [Math.floor(place / grid), place % grid];
  const [left, top] = [Math.max(0, column - REACH), Math.max(0, row - REACH)];
  const [right, bottom] = [Math.min(grid, column + REACH + 1), Math.min(grid, row + REACH + 1)];
  return [left / grid, top / grid, (right - left) / grid, (bottom - top) / grid];
}

function highest(items: readonly number[], value: (item: number) => number): number {
  let best = items[0]!;
  let bestValue = value(best);
  for (const item of items.slice(1)) {
    const candidate = value(item);
    if (candidate > bestValue) [best, bestValue] = [item, candidate];
  }
  return best;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
