/**
 * Writes docs/pictures/phantoms-*.png: a row per kind, normal pictures and pictures with lesions side by side.
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

const TILE = 112;
const GAP = 4;
const NORMALS = 3;
const LESIONS = 6;

const folder = process.argv[2] ?? import.meta.dirname;

/** RGB bytes of a phantom; where there is a lesion, its outline in orange when `outlined`. */
function colours(phantom: Phantom, outlined: boolean): Buffer {
  const image = showPhantom(phantom);
  const { side, mask, channels } = phantom;
  const out = Buffer.alloc(side * side * 3);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) out[i * 3 + c] = image.data[channels === 3 ? i * 3 + c : i]!;
    const edge =
      mask[i] === 1 && (mask[i - 1] === 0 || mask[i + 1] === 0 || mask[i - side] === 0 || mask[i + side] === 0);
    if (outlined && edge) out.set([255, 140, 0], i * 3);
  }
  return out;
}

async function writeSheet(name: string, kinds: readonly PhantomKind[]): Promise<void> {
  const columns = NORMALS + LESIONS;
  const tiles: OverlayOptions[] = [];
  for (const [row, kind] of kinds.entries())
    for (let column = 0; column < columns; column++) {
      const lesions = lesionKinds(kind);
      const lesion = column < NORMALS ? null : lesions[(column - NORMALS) % lesions.length]!;
      const phantom = drawPhantom(kind, HELD_OUT_SEEDS + row * 100 + column, { lesion, size: 224 });
      const input = await sharp(colours(phantom, true), { raw: { width: 224, height: 224, channels: 3 } })
        .resize(TILE)
        .png()
        .toBuffer();
      tiles.push({ input, left: column * (TILE + GAP), top: row * (TILE + GAP) });
    }
  const width = columns * (TILE + GAP) - GAP;
  const height = kinds.length * (TILE + GAP) - GAP;
  await sharp({ create: { width, height, channels: 3, background: '#222' } })
    .composite(tiles)
    .png({ compressionLevel: 9, palette: true, colours: 96 })
    .toFile(join(folder, `phantoms-${name}.png`));
}

await mkdir(folder, { recursive: true });
for (const [name, prefix] of [
  ['ct-mr', /^(ct|mr)-/],
  ['radiograph-ultrasound-fundus', /^(radiograph|ultrasound|fundus)/],
  ['texture', /^texture-/],
] as const)
  await writeSheet(
    name,
    phantomKinds.filter((kind) => prefix.test(kind)),
  );
