import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dcmjsCodecs from 'dcmjs-codecs';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../../tests/support/store.ts';
import { decodeFrame } from '../pixels.ts';
import { compressedFile, type Element, encapsulated, imageElements } from '../samples.ts';
import { findIndependentReader } from './compare.ts';

/** HTJ2K came with OpenJPEG 2.5. */
const NEEDED =
  'from PIL import features; assert tuple(map(int, features.version("jpg_2000").split(".")[:2])) >= (2, 5)';
const python = findIndependentReader();
const reads = python !== null && spawnSync(python, ['-c', NEEDED], { stdio: 'ignore' }).status === 0;

const [COLUMNS, ROWS] = [64, 48];

interface Picture {
  readonly bits: 8 | 12;
  readonly samplesPerPixel: 1 | 3;
  readonly data: Uint8Array | Uint16Array;
}

const smooth = (i: number) => Math.round(120 + 90 * Math.sin((i % COLUMNS) / 9) + ((i / COLUMNS) | 0) / 2);
const GREY_8: Picture = {
  bits: 8,
  samplesPerPixel: 1,
  data: Uint8Array.from({ length: COLUMNS * ROWS }, (_, i) => smooth(i)),
};
const GREY_12: Picture = {
  bits: 12,
  samplesPerPixel: 1,
  data: Uint16Array.from({ length: COLUMNS * ROWS }, (_, i) => (i * 37) % 4096),
};
const RGB: Picture = {
  bits: 8,
  samplesPerPixel: 3,
  data: Uint8Array.from({ length: COLUMNS * ROWS * 3 }, (_, i) => (i * 11) % 256),
};

async function encode({ bits, samplesPerPixel, data }: Picture, how: object): Promise<Uint8Array> {
  await dcmjsCodecs.NativeCodecs.initializeAsync();
  const context = new dcmjsCodecs.Context({
    width: COLUMNS,
    height: ROWS,
    bitsAllocated: bits === 8 ? 8 : 16,
    bitsStored: bits,
    samplesPerPixel,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2',
    decodedBuffer: new Uint8Array(data.buffer),
  });
  const codecs = dcmjsCodecs.NativeCodecs as unknown as Record<string, (of: object, how: object) => typeof context>;
  // The codec's next call writes into the same memory.
  return Uint8Array.from(codecs.encodeHtJpeg2000?.(context, how).getEncodedBuffer() ?? []);
}

async function ours({ bits, samplesPerPixel }: Picture, stream: Uint8Array, syntax: string): Promise<number[]> {
  const allocated = bits === 8 ? 8 : 16;
  const colour: Element[] = [
    [0x00280002, 'US', samplesPerPixel],
    [0x00280004, 'CS', samplesPerPixel === 3 ? 'YBR_RCT' : 'MONOCHROME2'],
  ];
  const elements = imageElements([
    ...colour,
    [0x00280010, 'US', ROWS],
    [0x00280011, 'US', COLUMNS],
    [0x00280100, 'US', allocated],
    [0x00280101, 'US', bits],
    [0x00280102, 'US', bits - 1],
    [0x00280103, 'US', 0],
  ]);
  return [...(await decodeFrame(compressedFile(elements, encapsulated([stream]), syntax), 0)).data];
}

function theirs({ bits }: Picture, stream: Uint8Array): number[] {
  const path = join(freshFolder(), 'stream.j2c');
  writeFileSync(path, stream);
  const script = join(import.meta.dirname, 'htj2k-with-pillow.py');
  const run = spawnSync(python as string, [script], {
    input: `${path}\t${bits}\n`,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  expect(run.status, run.stderr).toBe(0);
  return JSON.parse(run.stdout) as number[];
}

// The development files hold none: these streams are OpenJPH's, read by it and by OpenJPEG.
describe.skipIf(!reads)(
  `HTJ2K against OpenJPEG${reads ? '' : ' (skipped: Pillow with OpenJPEG 2.5 is not installed)'}`,
  () => {
    it.each([
      ['8 bits', '201', GREY_8, { lossy: false }],
      ['12 bits', '201', GREY_12, { lossy: false }],
      ['12 bits, RPCL', '202', GREY_12, { lossy: false, progressionOrder: 2 }],
      ['colour', '201', RGB, { lossy: false }],
    ])('of %s is equal', async (_, syntax, picture, how) => {
      const stream = await encode(picture, how);
      const decoded = await ours(picture, stream, `1.2.840.10008.1.2.4.${syntax}`);
      expect(decoded).toEqual([...picture.data]);
      expect(theirs(picture, stream)).toEqual(decoded);
    });

    it('with loss is within two grey levels', async () => {
      const stream = await encode(GREY_8, { lossy: true });
      const [one, other] = [await ours(GREY_8, stream, '1.2.840.10008.1.2.4.203'), theirs(GREY_8, stream)];
      expect(other).toHaveLength(one.length);
      expect(Math.max(...one.map((value, i) => Math.abs(value - (other[i] as number))))).toBeLessThanOrEqual(2);
    });
  },
);
