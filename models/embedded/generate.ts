/**
 * Writes training images for the embedded model as raw shards, outside git.
 *
 * Run: npm run embedded-pictures -- [--out DIR] [--shards N] [--pairs N] [--first N]
 * Shards that exist are kept, so that an interrupted run goes on where it stopped. A shard holds `pairs` pairs: the same
 * anatomy without and with a lesion, drawn from one seed below HELD_OUT_SEEDS, side by side:
 *   NAME.images  uint8 (2 * pairs, 224, 224, 3), through a display window that varies
 *   NAME.masks   uint8 (2 * pairs, 224 * 28), the lesion's mask, eight pixels a byte, first pixel in the highest bit
 *   NAME.jsonl   {kind, seed, lesion, caption} per image
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../main/method/random.ts';
import {
  drawPhantom,
  HELD_OUT_SEEDS,
  type Phantom,
  type PhantomKind,
  phantomKinds,
  showPhantom,
} from '../../main/phantoms/phantom.ts';

const SIDE = 224;

const { values: flags } = parseArgs({
  options: {
    out: { type: 'string', default: join(homedir(), '.cache/mediclip-workstation/training') },
    shards: { type: 'string', default: '40' },
    pairs: { type: 'string', default: '256' },
    first: { type: 'string', default: '0' },
  },
});
const pairs = Number(flags.pairs);

/** Anatomy in three of four pictures, chest radiographs and head CT no more often than others. */
function drawKind(random: Random): PhantomKind {
  const textures = phantomKinds.filter((kind) => kind.startsWith('texture-'));
  const anatomical = phantomKinds.filter((kind) => !kind.startsWith('texture-'));
  const pool = random.uniform() < 0.75 ? anatomical : textures;
  return pool[random.below(pool.length)]!;
}

/** RGB bytes through a window that wanders around the usual one, as presets and exports differ. */
function rendered(phantom: Phantom, center: number, width: number): Uint8Array {
  const usual = phantom.window;
  const { data } = showPhantom(phantom, { center: usual.center + center * usual.width, width: usual.width * width });
  if (phantom.channels === 3) return data;
  const out = new Uint8Array(data.length * 3);
  for (let i = 0; i < data.length; i++) out[i * 3] = out[i * 3 + 1] = out[i * 3 + 2] = data[i]!;
  return out;
}

function packBits(mask: Uint8Array): Uint8Array {
  const out = new Uint8Array(mask.length / 8);
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) out[i >> 3]! |= 128 >> (i & 7);
  return out;
}

async function writeShard(index: number): Promise<void> {
  const name = join(flags.out, `shard-${String(index).padStart(5, '0')}`);
  if (existsSync(`${name}.jsonl`)) return;
  const random = new Random(index);
  const images = new Uint8Array(2 * pairs * SIDE * SIDE * 3);
  const masks = new Uint8Array((2 * pairs * SIDE * SIDE) / 8);
  const lines: string[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const kind = drawKind(random);
    const seed = (index * pairs + pair) % HELD_OUT_SEEDS;
    const center = random.normal(0, 0.08);
    const width = Math.exp(random.normal(0, 0.25));
    for (const lesion of [null, 'any']) {
      const phantom = drawPhantom(kind, seed, { lesion, size: SIDE });
      const at = lines.length;
      images.set(rendered(phantom, center, width), at * SIDE * SIDE * 3);
      masks.set(packBits(phantom.mask), (at * SIDE * SIDE) / 8);
      lines.push(JSON.stringify({ kind, seed, lesion: phantom.lesion, caption: phantom.caption }));
    }
  }
  await writeFile(`${name}.images`, images);
  await writeFile(`${name}.masks`, masks);
  // The captions come last and under their name at once: they say that the shard is whole.
  await writeFile(`${name}.partial`, `${lines.join('\n')}\n`);
  await rename(`${name}.partial`, `${name}.jsonl`);
}

await mkdir(flags.out, { recursive: true });
const first = Number(flags.first);
const last = first + Number(flags.shards);
for (let index = first; index < last; index++) {
  const started = performance.now();
  await writeShard(index);
  const seconds = (performance.now() - started) / 1000;
  console.error(`shard ${index + 1 - first} of ${last - first}: ${((2 * pairs) / seconds).toFixed(1)} images/s`);
}
