/**
 * Writes docs/pictures/phantoms-*.png, a sheet for each modality: pairs of the same picture without and with each lesion of
 * its kind, an orange line around the lesion; below them kind, seed and lesion.
 * Run: npm run pictures
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import {
  drawPhantom,
  HELD_OUT_SEEDS,
  lesionKinds,
  type Phantom,
  type PhantomKind,
  phantomKinds,
  showPhantom,
} from '../../main/phantoms/phantom.ts';
import { withCaption } from '../../main/results/pixel-font.ts';

/** Side of a picture as drawn, and on the sheet. */
const SIDE = 224;
const TILE = 176;
const GAP = 4;
/** Between a lesion and the line around it, pixels as drawn: the lesion's own edge stays to be seen. */
const DISTANCE = 4;
const PAIRS_IN_ROW = 3;
const ORANGE = [255, 140, 0];

const folder = process.argv[2] ?? import.meta.dirname;

/** RGB bytes of a phantom, SIDE * SIDE, with a line around its lesion. */
function colours(phantom: Phantom): Buffer {
  const image = showPhantom(phantom);
  const { mask, channels } = phantom;
  const out = Buffer.alloc(SIDE * SIDE * 3);
  const [within, beyond] = [grown(mask, DISTANCE), grown(mask, DISTANCE + 2)];
  for (let i = 0; i < SIDE * SIDE; i++)
    if (beyond[i] && !within[i]) out.set(ORANGE, i * 3);
    else for (let c = 0; c < 3; c++) out[i * 3 + c] = image.data[channels === 3 ? i * 3 + c : i]!;
  return out;
}

/** 1 where the mask is set in a disc of the radius around the pixel. */
function grown(mask: Uint8Array, radius: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] !== 1) continue;
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) {
        const inside = x + dx >= 0 && x + dx < SIDE && y + dy >= 0 && y + dy < SIDE;
        if (inside && dx * dx + dy * dy <= radius * radius) out[i + dy * SIDE + dx] = 1;
      }
  }
  return out;
}

async function tile(phantom: Phantom) {
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  const data = await sharp(colours(phantom), { raw }).resize(TILE).raw().toBuffer();
  const lines = [phantom.kind, `seed ${phantom.seed}`, phantom.lesion ?? 'no lesion'];
  return withCaption({ width: TILE, height: TILE, data }, lines);
}

async function writeSheet(name: string, kinds: readonly PhantomKind[]): Promise<void> {
  const tiles: OverlayOptions[] = [];
  let [row, width, height] = [0, 0, 0];
  for (const kind of kinds) {
    for (const [index, lesion] of lesionKinds(kind).entries()) {
      const seed = HELD_OUT_SEEDS + 100 * phantomKinds.indexOf(kind) + index;
      if (index > 0 && index % PAIRS_IN_ROW === 0) row++;
      for (const [place, shown] of [null, lesion].entries()) {
        const { data, ...size } = await tile(drawPhantom(kind, seed, { lesion: shown, size: SIDE }));
        const left = (index % PAIRS_IN_ROW) * 2 * (TILE + GAP) + place * TILE;
        const top = row * (size.height + GAP);
        tiles.push({ input: Buffer.from(data), raw: { ...size, channels: 3 }, left, top });
        width = Math.max(width, left + size.width);
        height = top + size.height;
      }
    }
    row++;
  }
  await sharp({ create: { width, height, channels: 3, background: '#444' } })
    .composite(tiles)
    .png({ compressionLevel: 9, palette: true, colours: 96 })
    .toFile(join(folder, `phantoms-${name}.png`));
}

await mkdir(folder, { recursive: true });
for (const name of ['ct', 'mr', 'radiograph', 'ultrasound', 'fundus', 'texture'])
  await writeSheet(
    name,
    phantomKinds.filter((kind) => kind.startsWith(name)),
  );
