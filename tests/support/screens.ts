/** Pictures of the screens, kept in docs/screens and compared with what the window draws today. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { projectRoot } from '../../main/runtime/command.ts';
import { testResult } from './pages/pages.ts';

const folder = join(projectRoot, 'docs', 'screens');
/** A channel's difference, of 255, from which on a pixel counts as another one: below lies how edges are smoothed. */
const noticeable = 24;
/** Share of pixels that may differ: graphics drivers and font rasterisers round differently. */
const tolerated = 0.01;
/** One from which on it is another thing, if no neighbour of the pixel comes as near: edges may lie a pixel beside. */
const striking = 64;
/** Pixels of a tile's side; tiles lie half over each other, so that a small thing lies whole in one. */
const side = 32;
/** Share of a tile that may strike: what is more is a letter, an icon or a button that came, went or moved. */
const toleratedInTile = 0.02;

/**
 * Takes a picture of the window and says how it differs from the kept one, as a whole and in its worst place; nothing where
 * it does not. With UPDATE_SCREENS=1 (`npm run screens`) it becomes the kept one: look at it before it is committed.
 */
export async function compareScreen(window: Page, name: string): Promise<readonly string[]> {
  const taken = await window.screenshot({ animations: 'disabled', caret: 'hide' });
  const kept = join(folder, `${name}.png`);
  if (process.env.UPDATE_SCREENS) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(kept, await sharp(taken).png({ compressionLevel: 9, effort: 10 }).toBuffer());
    return [];
  }
  writeFileSync(testResult(`screen-${name}.png`), taken);
  if (!existsSync(kept)) return ['no picture is kept'];
  const [now, before] = [await pixelsOf(taken), await pixelsOf(kept)];
  if (now.width !== before.width || now.height !== before.height) return ['the kept picture has another size'];
  return differences(now, before, await changing(window));
}

interface Picture {
  readonly width: number;
  readonly height: number;
  /** R, G, B */
  readonly data: Uint8Array;
}

async function pixelsOf(picture: Uint8Array | string): Promise<Picture> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** Where moments and durations stand, which are other ones at each run; pixels of the picture. */
async function changing(window: Page): Promise<readonly DOMRect[]> {
  return await window
    .locator('time, [data-changes]')
    .evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().toJSON() as DOMRect));
}

function differences(now: Picture, before: Picture, left: readonly DOMRect[]): readonly string[] {
  const { width, height } = now;
  const isLeft = (x: number, y: number) =>
    left.some((box) => x >= box.left - 1 && x <= box.right + 1 && y >= box.top - 1 && y <= box.bottom + 1);
  const columns = Math.ceil(width / (side / 2));
  /** Striking pixels of each square of half a tile's side. */
  const squares = new Uint32Array(columns * Math.ceil(height / (side / 2)));
  let other = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const apart = distance(now, before, x, y, x, y);
      if (apart > noticeable) other++;
      if (apart <= striking || isLeft(x, y)) continue;
      if (nearest(now, before, x, y) > striking || nearest(before, now, x, y) > striking)
        squares[Math.floor(y / (side / 2)) * columns + Math.floor(x / (side / 2))]!++;
    }
  const share = other / (width * height);
  const { place, most } = worstTile(squares, columns);
  const found: string[] = [];
  if (share >= tolerated) found.push(`${percent(share)} of the picture`);
  if (most >= toleratedInTile * side * side)
    found.push(`${percent(most / side ** 2)} of ${side} pixels at ${place.map((at) => (at * side) / 2).join(', ')}`);
  return found;
}

/** Four squares make a tile. */
function worstTile(
  squares: Uint32Array,
  columns: number,
): { readonly place: readonly number[]; readonly most: number } {
  let [most, at] = [0, 0];
  for (let index = 0; index < squares.length; index++) {
    const right = (index + 1) % columns === 0 ? [] : [index + 1, index + columns + 1];
    const sum = [index, index + columns, ...right].reduce((all, one) => all + (squares[one] ?? 0), 0);
    if (sum > most) [most, at] = [sum, index];
  }
  return { place: [at % columns, Math.floor(at / columns)], most };
}

/** Of a pixel's channels the largest difference to one of the other picture. */
function distance(one: Picture, other: Picture, x: number, y: number, otherX: number, otherY: number): number {
  const [at, to] = [3 * (y * one.width + x), 3 * (otherY * other.width + otherX)];
  let apart = 0;
  for (let channel = 0; channel < 3; channel++)
    apart = Math.max(apart, Math.abs(one.data[at + channel]! - other.data[to + channel]!));
  return apart;
}

/** To the most similar of the pixels around its place in the other picture. */
function nearest(one: Picture, other: Picture, x: number, y: number): number {
  let apart = Number.POSITIVE_INFINITY;
  for (let toY = Math.max(0, y - 1); toY <= Math.min(other.height - 1, y + 1); toY++)
    for (let toX = Math.max(0, x - 1); toX <= Math.min(other.width - 1, x + 1); toX++)
      apart = Math.min(apart, distance(one, other, x, y, toX, toY));
  return apart;
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
