import { deflateRawSync } from 'node:zlib';
import dcmjsCodecs from 'dcmjs-codecs';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { toDisplay } from './display.ts';
import { decodeFrame, openImage } from './pixels.ts';
import { compressedFile, dicomFile, encapsulated, imageElements, type Value } from './samples.ts';

type Change = readonly [number, string, Value | null];

/** The stored values of frame 0. */
async function values(bytes: Uint8Array, frame = 0): Promise<number[]> {
  return [...(await decodeFrame(bytes, frame)).data];
}

const bits = (allocated: number, stored: number, signed: 0 | 1): Change[] => [
  [0x00280100, 'US', allocated],
  [0x00280101, 'US', stored],
  [0x00280102, 'US', stored - 1],
  [0x00280103, 'US', signed],
];
const size = (columns: number, rows: number): Change[] => [
  [0x00280010, 'US', rows],
  [0x00280011, 'US', columns],
];
const colour = (photometric: string, planar = 0): Change[] => [
  [0x00280002, 'US', 3],
  [0x00280004, 'CS', photometric],
  [0x00280006, 'US', planar],
];
const pixels = (bytes: Uint8Array, vr = 'OW'): Change => [0x7fe00010, vr, bytes];

describe('uncompressed pixels', () => {
  const stored = [-1000, -1, 0, 1, 40, 3000];

  it('reads little endian, implicit, deflated and big endian alike', async () => {
    const elements = imageElements();
    const swapped = Buffer.from(Int16Array.from(stored).buffer).swap16();
    const bare = dicomFile(elements, { meta: false });
    const meta = dicomFile([], { transferSyntax: '1.2.840.10008.1.2.1.99' });
    expect(await values(dicomFile(elements))).toEqual(stored);
    expect(await values(dicomFile(elements, { encoding: 'implicit-little' }))).toEqual(stored);
    expect(await values(Buffer.concat([meta, deflateRawSync(bare)]))).toEqual(stored);
    expect(await values(dicomFile(imageElements([pixels(swapped)]), { encoding: 'explicit-big' }))).toEqual(stored);
  });

  it('keeps the array type that the header declares', async () => {
    const typeOf = async (...changes: Change[]) =>
      (await decodeFrame(dicomFile(imageElements(changes)), 0)).data.constructor.name;
    expect(await typeOf()).toBe('Int16Array');
    expect(await typeOf(...bits(16, 12, 0))).toBe('Uint16Array');
    expect(await typeOf(...bits(8, 8, 0), pixels(new Uint8Array(6)))).toBe('Uint8Array');
    expect(await typeOf(...bits(8, 8, 1), pixels(new Uint8Array(6)))).toBe('Int8Array');
    expect(await typeOf(...bits(32, 32, 0), pixels(new Uint8Array(24)))).toBe('Uint32Array');
    expect(await typeOf(...bits(32, 32, 1), pixels(new Uint8Array(24)))).toBe('Int32Array');
  });

  it('drops overlay bits above Bits Stored and extends the sign', async () => {
    const raw = Uint16Array.of(0xf801, 0x0fff, 0x1800, 0x07ff, 0x8000, 0xffff);
    const twelve = (signed: 0 | 1) =>
      dicomFile(imageElements([...bits(16, 12, signed), pixels(new Uint8Array(raw.buffer))]));
    expect(await values(twelve(0))).toEqual([0x801, 0xfff, 0x800, 0x7ff, 0, 0xfff]);
    expect(await values(twelve(1))).toEqual([-2047, -1, -2048, 2047, 0, -1]);
    const highFour = dicomFile(
      imageElements([
        ...bits(16, 12, 0),
        [0x00280102, 'US', 15],
        pixels(new Uint8Array(Uint16Array.of(0x1230, 0xfff0, 0, 0, 0, 0).buffer)),
      ]),
    );
    expect((await values(highFour)).slice(0, 2)).toEqual([0x123, 0xfff]);
  });

  it('unpacks single bits, frames that begin inside a byte included', async () => {
    const bytes = dicomFile(
      imageElements([...bits(1, 1, 0), [0x00280008, 'IS', '2'], pixels(Uint8Array.of(0b11_000101, 0b0000_1010), 'OB')]),
    );
    expect(await values(bytes, 0)).toEqual([1, 0, 1, 0, 0, 0]);
    expect(await values(bytes, 1)).toEqual([1, 1, 0, 1, 0, 1]);
  });

  it('gives RGB per pixel, also where planes are stored', async () => {
    const red = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
    const planes = [1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 17, 3, 6, 9, 12, 15, 18];
    const rgb = (planar: number, data: number[]) =>
      dicomFile(imageElements([...bits(8, 8, 0), ...colour('RGB', planar), pixels(Uint8Array.from(data), 'OB')]));
    expect(await values(rgb(0, red))).toEqual(red);
    expect(await values(rgb(1, planes))).toEqual(red);
  });

  it('converts YBR in full and halved sampling', async () => {
    // Y, Cb, Cr of pure red, green and blue (BT.601, full range)
    const [r, g, b] = [
      [76, 85, 255],
      [150, 44, 21],
      [29, 255, 107],
    ] as const;
    const full = dicomFile(
      imageElements([
        ...bits(8, 8, 0),
        ...colour('YBR_FULL'),
        ...size(3, 1),
        pixels(Uint8Array.from([...r, ...g, ...b]), 'OB'),
      ]),
    );
    expect(await values(full)).toEqual([254, 0, 0, 0, 255, 1, 0, 0, 254]);
    const half = dicomFile(
      imageElements([
        ...bits(8, 8, 0),
        ...colour('YBR_FULL_422'),
        ...size(2, 1),
        pixels(Uint8Array.from([76, 100, 85, 255]), 'OB'),
      ]),
    );
    expect(await values(half)).toEqual([254, 0, 0, 255, 24, 24]);
    // The same red and white in the partial range, where black is 16 and white 235.
    const partial = dicomFile(
      imageElements([
        ...bits(8, 8, 0),
        ...colour('YBR_PARTIAL_422'),
        ...size(4, 1),
        pixels(Uint8Array.from([81, 81, 90, 240, 16, 235, 128, 128]), 'OB'),
      ]),
    );
    expect(await values(partial)).toEqual([254, 0, 0, 254, 0, 0, 0, 0, 0, 255, 255, 255]);
  });

  it('looks up palettes of 8 and 16 bits, plain and segmented', async () => {
    const palette = (depth: number, tags: [number, string, Value][]) =>
      dicomFile(
        imageElements([
          ...bits(8, 8, 0),
          [0x00280004, 'CS', 'PALETTE COLOR'],
          ...([0x1101, 0x1102, 0x1103].map((tag) => [0x00280000 + tag, 'US', [4, 1, depth]]) as Change[]),
          ...tags,
          pixels(Uint8Array.of(0, 1, 2, 3, 4, 9), 'OB'),
        ]),
      );
    const wide = palette(16, [
      [0x00281201, 'OW', [0, 1000, 2000, 3000]],
      [0x00281202, 'OW', [4, 5, 6, 7]],
      [0x00281203, 'OW', [65_535, 0, 0, 1]],
    ]);
    // Indices below the first entry (1) take it; those beyond the last take the last.
    expect(await values(wide)).toEqual([0, 4, 65_535, 0, 4, 65_535, 1000, 5, 0, 2000, 6, 0, 3000, 7, 1, 3000, 7, 1]);
    const packed = palette(8, [
      [0x00281201, 'OW', Uint8Array.of(10, 20, 30, 40)],
      [0x00281202, 'OW', Uint8Array.of(1, 2, 3, 4)],
      [0x00281203, 'OW', Uint8Array.of(0, 0, 0, 200)],
    ]);
    expect((await values(packed)).slice(3, 9)).toEqual([10, 1, 0, 20, 2, 0]);
    const segmented = palette(16, [
      [0x00281221, 'OW', [0, 1, 100, 1, 3, 400]], // 100, then a line to 400 in three steps
      [0x00281222, 'OW', [0, 4, 1, 2, 3, 4]],
      [0x00281223, 'OW', [0, 2, 9, 8, 2, 1, 0, 0]], // 9 8, then the first segment again
    ]);
    expect((await values(segmented)).slice(3, 15)).toEqual([100, 1, 9, 200, 2, 8, 300, 3, 9, 400, 4, 8]);
  });

  it('reads float and double pixel data', async () => {
    const numbers = [0.5, -1.25, 3e5, 0, 1, 2];
    const float = imageElements([
      [0x7fe00010, 'OW', null],
      [0x7fe00008, 'OF', new Uint8Array(Float32Array.from(numbers).buffer)],
    ]);
    const double = imageElements([
      [0x7fe00010, 'OW', null],
      [0x7fe00009, 'OD', new Uint8Array(Float64Array.from(numbers).buffer)],
    ]);
    expect(await values(dicomFile(float))).toEqual(numbers);
    expect(await values(dicomFile(double))).toEqual(numbers);
  });

  it('carries LUTs, windows and units along', async () => {
    const frame = await decodeFrame(
      dicomFile(
        imageElements([
          [0x00281050, 'DS', '40'],
          [0x00281051, 'DS', '80'],
          [0x00281052, 'DS', '-1024'],
          [0x00281053, 'DS', '1'],
          [0x00281056, 'CS', 'SIGMOID'],
          [
            0x00283010,
            'SQ',
            [
              [
                [0x00283002, 'SS', [3, -5, 8]],
                [0x00283003, 'LO', 'soft'],
                [0x00283006, 'US', [0, 128, 255]],
              ],
            ],
          ],
        ]),
      ),
      0,
    );
    expect(frame).toMatchObject({
      units: 'HU',
      rescale: { slope: 1, intercept: -1024 },
      windows: [{ center: 40, width: 80 }],
      voiFunction: 'SIGMOID',
      voiLut: { first: -5, bits: 8, explanation: 'soft' },
    });
    expect([...(frame.voiLut?.entries ?? [])]).toEqual([0, 128, 255]);
  });
});

describe('compressed pixels', () => {
  const { Context, NativeCodecs } = dcmjsCodecs;
  beforeAll(() => NativeCodecs.initializeAsync());

  const columns = 16;
  const rows = 12;
  const grey = Uint16Array.from({ length: columns * rows }, (_, i) => (i * 37) % 4096);
  const smooth = Uint8Array.from(
    { length: columns * rows },
    (_, i) => 40 + (i % columns) * 6 + Math.floor(i / columns) * 5,
  );
  const rgb = Uint8Array.from({ length: columns * rows * 3 }, (_, i) => (i * 11) % 256);

  function encode(codec: string, data: Uint8Array | Uint16Array, parameters: Record<string, unknown> = {}): Uint8Array {
    const wide = data instanceof Uint16Array;
    const samplesPerPixel = data.length / (columns * rows);
    const context = new Context({
      width: columns,
      height: rows,
      bitsAllocated: wide ? 16 : 8,
      bitsStored: wide ? 12 : 8,
      samplesPerPixel,
      pixelRepresentation: 0,
      planarConfiguration: 0,
      photometricInterpretation: samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2',
      decodedBuffer: new Uint8Array(data.buffer),
    });
    const codecs = NativeCodecs as unknown as Record<string, (c: unknown, p: unknown) => InstanceType<typeof Context>>;
    // A native codec writes into memory that its next call reuses.
    const encoded = codecs[codec]?.(context, parameters).getEncodedBuffer();
    return Uint8Array.from(encoded ?? []);
  }

  const file = (syntax: string, data: Uint8Array, changes: Change[], offsets: number[] = []) =>
    compressedFile(imageElements([...size(columns, rows), ...changes]), encapsulated([data], offsets), syntax);

  it.each([
    ['RLE', '1.2.840.10008.1.2.5', 'encodeRle', {}],
    ['JPEG lossless', '1.2.840.10008.1.2.4.70', 'encodeJpeg', { lossy: false, predictor: 1 }],
    ['JPEG lossless, another predictor', '1.2.840.10008.1.2.4.57', 'encodeJpeg', { lossy: false, predictor: 6 }],
    ['JPEG-LS', '1.2.840.10008.1.2.4.80', 'encodeJpegLs', { lossy: false }],
    ['JPEG 2000', '1.2.840.10008.1.2.4.90', 'encodeJpeg2000', { lossy: false }],
    ['HTJ2K', '1.2.840.10008.1.2.4.201', 'encodeHtJpeg2000', { lossy: false }],
    ['HTJ2K, RPCL', '1.2.840.10008.1.2.4.202', 'encodeHtJpeg2000', { lossy: false, progressionOrder: 2 }],
    ['JPEG XL', '1.2.840.10008.1.2.4.110', 'encodeJpegXl', { lossy: false }],
  ])('restores %s exactly, grey of 12 bits and RGB', async (_, syntax, codec, parameters) => {
    const greyFile = file(syntax, encode(codec, grey, parameters), bits(16, 12, 0));
    expect(await values(greyFile)).toEqual([...grey]);
    const rgbFile = file(syntax, encode(codec, rgb, parameters), [...bits(8, 8, 0), ...colour('RGB')]);
    expect(await values(rgbFile)).toEqual([...rgb]);
  });

  it.each([
    ['JPEG baseline', '1.2.840.10008.1.2.4.50', 'encodeJpeg', { lossy: true, quality: 100 }, 2],
    ['JPEG-LS near-lossless', '1.2.840.10008.1.2.4.81', 'encodeJpegLs', { lossy: true, allowedLossyError: 2 }, 2],
    ['JPEG 2000 lossy', '1.2.840.10008.1.2.4.91', 'encodeJpeg2000', { lossy: true, rate: 2 }, 6],
    ['HTJ2K lossy', '1.2.840.10008.1.2.4.203', 'encodeHtJpeg2000', { lossy: true }, 2],
  ])('restores %s within its loss', async (_, syntax, codec, parameters, tolerance) => {
    const decoded = await values(file(syntax, encode(codec, smooth, parameters), bits(8, 8, 0)));
    expect(Math.max(...decoded.map((value, i) => Math.abs(value - (smooth[i] as number))))).toBeLessThanOrEqual(
      tolerance,
    );
  });

  it('believes a JPEG stream rather than the header about its colours', async () => {
    const flat = Buffer.alloc(columns * rows * 3);
    for (let i = 0; i < flat.length; i += 3) flat.set([200, 40, 90], i);
    const jpeg = await sharp(flat, { raw: { width: columns, height: rows, channels: 3 } })
      .jpeg({ quality: 100 })
      .toBuffer();
    const jfif = Buffer.concat([
      jpeg.subarray(0, 2),
      Buffer.from('ffe000104a46494600010100000100010000', 'hex'),
      jpeg.subarray(2),
    ]);
    const cases = [
      ['YBR_FULL_422', jpeg],
      ['YBR_FULL', jpeg],
      ['RGB', jfif],
    ] as const;
    for (const [photometric, stream] of cases) {
      const decoded = await values(file('1.2.840.10008.1.2.4.50', stream, [...bits(8, 8, 0), ...colour(photometric)]));
      expect(decoded.slice(0, 3).map((value, i) => Math.abs(value - [200, 40, 90][i]!) <= 2)).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  it('finds frames however they are cut into fragments', async () => {
    const frames = [grey, grey.map((value) => 4095 - value)].map((data) =>
      encode('encodeJpeg2000', data, { lossy: false }),
    );
    const cut = (data: Uint8Array) => {
      const even = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)]);
      const half = Math.floor(even.length / 4) * 2;
      return [even.subarray(0, half), even.subarray(half)];
    };
    const [first, second] = frames as [Uint8Array, Uint8Array];
    const padded = (data: Uint8Array) => data.length + (data.length % 2);
    const changes: Change[] = [...bits(16, 12, 0), ...size(columns, rows), [0x00280008, 'IS', '2']];
    const multi = (fragments: Uint8Array[], offsets: number[]) =>
      compressedFile(imageElements(changes), encapsulated(fragments, offsets), '1.2.840.10008.1.2.4.90');
    const expected = [...grey].map((value) => 4095 - value);
    expect(await values(multi(frames, []), 1)).toEqual(expected);
    expect(await values(multi(frames, [0, padded(first) + 8]), 1)).toEqual(expected);
    const pieces = [...cut(first), ...cut(second)];
    expect(await values(multi(pieces, []), 1)).toEqual(expected);
    expect(await values(multi(pieces, [0, padded(first) + 16]), 1)).toEqual(expected);
    expect(await values(multi(pieces, [0, 4]), 1)).toEqual(expected); // a wrong table is not believed
    await expect(values(multi([...frames, first], []), 1)).rejects.toMatchObject({ code: 'bad-file' });
  });

  it('refuses a compressed stream whose header declares single bits', async () => {
    const stream = encode('encodeJpegLs', grey, { lossy: false });
    await expect(values(file('1.2.840.10008.1.2.4.80', stream, bits(1, 1, 0)))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/fewer pixels than it declares/),
    });
  });

  it('goes on decoding after a damaged frame', async () => {
    const good = encode('encodeJpeg2000', grey, { lossy: false });
    const damaged = Uint8Array.from(good);
    damaged.fill(0xff, 110);
    await expect(values(file('1.2.840.10008.1.2.4.90', damaged, bits(16, 12, 0)))).rejects.toMatchObject({
      name: 'Fault',
    });
    expect(await values(file('1.2.840.10008.1.2.4.90', good, bits(16, 12, 0)))).toEqual([...grey]);
  });
});

describe('photographs', () => {
  const grey = { width: 3, height: 2, channels: 1 } as const;

  it('reads grey and colour as stored', async () => {
    const levels = Buffer.from([0, 50, 100, 150, 200, 250]);
    const png = await sharp(levels, { raw: grey }).toColourspace('b-w').png().toBuffer();
    expect(await decodeFrame(png, 0)).toMatchObject({ samplesPerPixel: 1, photometric: 'MONOCHROME2' });
    expect(await values(png)).toEqual([...levels]);
    const rgb = Buffer.from(Array.from({ length: 18 }, (_, i) => i * 14));
    const tiff = await sharp(rgb, { raw: { width: 3, height: 2, channels: 3 } })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    expect(await values(tiff)).toEqual([...rgb]);
  });

  it('keeps 16 bits and drops an alpha channel', async () => {
    const alpha = await sharp({
      create: { width: 2, height: 1, channels: 4, background: { r: 9, g: 8, b: 7, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    expect(await values(alpha)).toEqual([9, 8, 7, 9, 8, 7]);
    const wide = await sharp(Uint16Array.of(0, 300, 65_535), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect(await values(wide)).toEqual([0, 300, 65_535]);
  });

  it.each([
    [24, [], [3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0]],
    [8, [30, 20, 10, 0, 60, 50, 40, 0], [0, 1, 0, 0, 1, 0, 0, 0]],
    [1, [30, 20, 10, 0, 60, 50, 40, 0], [0b01000000, 0, 0, 0, 0b10000000, 0, 0, 0]],
  ])('reads a BMP of %i bits per pixel', async (depth, palette, data) => {
    const header = Buffer.alloc(54);
    header.write('BM');
    header.writeUInt32LE(54 + palette.length, 10);
    header.writeUInt32LE(40, 14);
    header.writeInt32LE(2, 18);
    header.writeInt32LE(2, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(depth, 28);
    const bmp = Buffer.concat([header, Buffer.from(palette), Buffer.from(data)]);
    const expected =
      depth === 24 ? [7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6] : [40, 50, 60, 10, 20, 30, 10, 20, 30, 40, 50, 60];
    expect(await values(bmp)).toEqual(expected);
  });

  it('reads grey floats as they are, and shows their whole range', async () => {
    const grey = tiffOfFloats(
      Float32Array.from({ length: 6 }, (_, i) => i / 4 - 1),
      3,
      2,
    );
    expect(await values(grey)).toEqual([-1, -0.75, -0.5, -0.25, 0, 0.25]);
    const { header, decode } = await openImage(grey);
    expect(toDisplay(await decode(0), header)).toMatchObject({
      windows: [{ center: -0.375, width: 1.25 }],
      voiFunction: 'LINEAR_EXACT',
    });
  });

  it('refuses a TIFF whose pages differ in size', async () => {
    const whole = tiffOfFloats(Float32Array.of(0, 1), 2, 1);
    const page = (width: number) => tiffOfFloats(new Float32Array(width), width, 1, whole.length);
    const linked = (width: number) => {
      const both = Buffer.concat([whole, page(width)]);
      both.writeUInt32LE(whole.length + 8, NEXT_PAGE);
      return both;
    };
    expect((await openImage(linked(2))).image.frames).toBe(2);
    await expect(openImage(linked(3))).rejects.toThrow(/Page 2 of this TIFF differs/);
  });

  it('opens every page of a TIFF as a frame', async () => {
    const page = (level: number) =>
      sharp({ create: { width: 2, height: 2, channels: 3, background: { r: level, g: level, b: level } } })
        .png()
        .toBuffer();
    const tiff = await sharp([await page(10), await page(200)], { join: { animated: true } })
      .tiff()
      .toBuffer();
    const opened = await openImage(tiff);
    expect(opened.image.frames).toBe(2);
    expect((await opened.decode(1)).data[0]).toBe(200);
  });
});

const ENTRIES = 9;
/** Where the offset of the next page stands in what `tiffOfFloats` writes. */
const NEXT_PAGE = 8 + 2 + ENTRIES * 12;

/** A TIFF of one page and one strip of 32-bit floats (TIFF 6.0 section 2), or such a page for a file that holds others. */
function tiffOfFloats(values: Float32Array, width: number, height: number, base = 0): Buffer {
  const head = Buffer.alloc(NEXT_PAGE + 4);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(ENTRIES, 8);
  const fields = [
    [256, width],
    [257, height],
    [258, 32], // bits
    [259, 1], // not compressed
    [262, 1], // black is zero
    [273, base + head.length],
    [278, height], // rows of the strip
    [279, values.byteLength],
    [339, 3], // floats
  ];
  for (const [i, [tag, value]] of fields.entries()) {
    head.writeUInt16LE(tag as number, 10 + 12 * i);
    head.writeUInt16LE(4, 12 + 12 * i);
    head.writeUInt32LE(1, 14 + 12 * i);
    head.writeUInt32LE(value as number, 18 + 12 * i);
  }
  return Buffer.concat([head, Buffer.from(values.buffer)]);
}
