/**
 * Writes generated pictures that training never saw, for `cli evaluate`: per anatomical kind the folders `normal`,
 * `abnormal` (each with a lesion) and `masks`, as PNG in the usual display window.
 *
 * Run: npm run embedded-held-out -- --out DIR [--normal N] [--abnormal N]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sharp } from '../../main/imaging/sharp.ts';
import { anatomicalKinds, drawPhantom, HELD_OUT_SEEDS, showPhantom } from '../../main/phantoms/phantom.ts';

const { values: flags } = parseArgs({
  options: {
    out: { type: 'string', default: 'held-out' },
    normal: { type: 'string', default: '40' },
    abnormal: { type: 'string', default: '24' },
  },
});

/** Beyond the seeds that the demo draws from. */
const FIRST_SEED = HELD_OUT_SEEDS + 100_000;

interface Raw {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

const write = (path: string, { data, ...raw }: Raw) => sharp(data, { raw }).png().toFile(path);

for (const [place, kind] of anatomicalKinds.entries()) {
  const folder = (name: string) => join(flags.out, kind, name);
  for (const name of ['normal', 'abnormal', 'masks']) await mkdir(folder(name), { recursive: true });
  const [normals, abnormals] = [Number(flags.normal), Number(flags.abnormal)];
  for (let index = 0; index < normals + abnormals; index++) {
    const isNormal = index < normals;
    const phantom = drawPhantom(kind, FIRST_SEED + 1000 * place + index, { lesion: isNormal ? null : 'any' });
    const file = `${String(index).padStart(3, '0')}.png`;
    await write(join(folder(isNormal ? 'normal' : 'abnormal'), file), showPhantom(phantom));
    const mask = phantom.mask.map((inside) => 255 * inside);
    if (!isNormal)
      await write(join(folder('masks'), file), { data: mask, width: phantom.side, height: phantom.side, channels: 1 });
  }
  console.error(`${kind}: ${normals} normal, ${abnormals} with a lesion`);
}
