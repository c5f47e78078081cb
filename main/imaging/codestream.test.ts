import dcmjsCodecs from 'dcmjs-codecs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJpegXlSize } from './codestream.ts';
import { decodeFrame } from './pixels.ts';
import { compressedFile, encapsulated, imageElements } from './samples.ts';

function jpegXl(width: number, height: number): Uint8Array {
  const context = new dcmjsCodecs.Context({
    width,
    height,
    bitsAllocated: 8,
    bitsStored: 8,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 251),
  });
  const codecs = dcmjsCodecs.NativeCodecs as unknown as Record<string, (of: object, how: object) => typeof context>;
  // The codec's next call writes into the same memory.
  return Uint8Array.from(codecs.encodeJpegXl?.(context, { lossy: false }).getEncodedBuffer() ?? []);
}

/** A box of a JPEG XL file: length, type, content. */
function box(type: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

describe('the size in a JPEG XL stream', () => {
  beforeAll(() => dcmjsCodecs.NativeCodecs.initializeAsync());

  it.each([
    [32, 24],
    [24, 24],
    [33, 77],
    [1, 300],
    [640, 480],
    [513, 9],
  ])('is found at %i x %i, bare and in boxes', (columns, rows) => {
    const stream = jpegXl(columns, rows);
    expect(readJpegXlSize(stream)).toEqual({ columns, rows });
    const signature = box('JXL ', Buffer.from('0d0a870a', 'hex'));
    const part = Buffer.concat([Buffer.alloc(4), stream]);
    expect(readJpegXlSize(Buffer.concat([signature, box('jxlc', stream)]))).toEqual({ columns, rows });
    expect(readJpegXlSize(Buffer.concat([signature, box('jxlp', part)]))).toEqual({ columns, rows });
  });

  it('is compared with the header before anything is decoded', async () => {
    const file = (rows: number, stream: Uint8Array) =>
      compressedFile(
        imageElements([
          [0x00280010, 'US', rows],
          [0x00280011, 'US', 32],
          [0x00280100, 'US', 8],
          [0x00280101, 'US', 8],
          [0x00280102, 'US', 7],
          [0x00280103, 'US', 0],
        ]),
        encapsulated([stream]),
        '1.2.840.10008.1.2.4.110',
      );
    const stream = jpegXl(32, 24);
    expect((await decodeFrame(file(24, stream), 0)).data[1]).toBe(37);
    await expect(decodeFrame(file(25, stream), 0)).rejects.toThrow(/compressed pixels are 32 x 24/);
    await expect(decodeFrame(file(24, Buffer.from('no picture')), 0)).rejects.toThrow(/do not start as they must/);
  });
});
