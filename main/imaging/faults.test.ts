import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../fault.ts';
import { readHeader } from './header.ts';
import { decodeFrame, openImage } from './pixels.ts';
import { compressedFile, dicomFile, encapsulated, imageElements } from './samples.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mediclip-faults-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function store(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The Fault that decoding a file ends in. */
async function faultOf(path: string): Promise<Fault> {
  try {
    await decodeFrame(path, 0);
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('was read without complaint');
}

describe('bad input gives one clear sentence', () => {
  it.each([
    [
      'a text file named .dcm',
      'notes.dcm',
      'Nothing to see here, only words.',
      'bad-file',
      /not the image that its name promises/,
    ],
    ['an empty file', 'empty.dcm', '', 'bad-file', /empty/],
    [
      'a file cut off in its pixels',
      'cut.dcm',
      dicomFile(imageElements()).subarray(0, -5),
      'bad-file',
      /cut off: 5 bytes/,
    ],
    [
      'a file cut off in its header',
      'short.dcm',
      dicomFile(imageElements()).subarray(0, 233),
      'bad-file',
      /damaged or cut off/,
    ],
    [
      'a picture of no width',
      'zero.dcm',
      dicomFile(imageElements([[0x00280011, 'US', 0]])),
      'bad-pixels',
      /0 x 2 pixels/,
    ],
    [
      'a picture of 40,000 pixels a side',
      'huge.dcm',
      dicomFile(
        imageElements([
          [0x00280010, 'US', 40_000],
          [0x00280011, 'US', 40_000],
        ]),
      ),
      'bad-pixels',
      /40000 x 40000/,
    ],
    [
      'a report without image',
      'report.dcm',
      dicomFile(
        imageElements([
          [0x7fe00010, 'OW', null],
          [0x00080060, 'CS', 'SR'],
        ]),
      ),
      'bad-pixels',
      /holds no image.*SR/,
    ],
    [
      'fewer pixels than declared',
      'few.dcm',
      dicomFile(imageElements([[0x00280010, 'US', 200]])),
      'bad-file',
      /fewer pixels than it declares/,
    ],
    [
      'more frames than pixels',
      'frames.dcm',
      dicomFile(imageElements([[0x00280008, 'IS', '2000000000']])),
      'bad-file',
      /fewer pixels/,
    ],
    [
      'more frames than fragments',
      'fragments.dcm',
      compressedFile(imageElements([[0x00280008, 'IS', '3']]), encapsulated([Buffer.alloc(80)]), '1.2.840.10008.1.2.5'),
      'bad-file',
      /1 fragments of this image do not match its 3 frames/,
    ],
    [
      'more frames than anyone can look at',
      'endless.dcm',
      compressedFile(
        imageElements([[0x00280008, 'IS', '2000000000']]),
        encapsulated([Buffer.alloc(80)]),
        '1.2.840.10008.1.2.5',
      ),
      'bad-pixels',
      /2000000000 frames; more than 100000/,
    ],
    [
      'an odd number of bits',
      'bits.dcm',
      dicomFile(
        imageElements([
          [0x00280100, 'US', 24],
          [0x7fe00010, 'OW', new Uint8Array(18)],
        ]),
      ),
      'unsupported',
      /16 bits stored in 24/,
    ],
    [
      'a palette image without palette',
      'palette.dcm',
      dicomFile(imageElements([[0x00280004, 'CS', 'PALETTE COLOR']])),
      'bad-pixels',
      /palette/,
    ],
    [
      'a video',
      'video.dcm',
      compressedFile(imageElements(), encapsulated([Buffer.alloc(8)]), '1.2.840.10008.1.2.4.102'),
      'unsupported',
      /MPEG-4/,
    ],
    [
      'an unknown syntax',
      'alien.dcm',
      dicomFile(imageElements(), { transferSyntax: '1.2.3.4' }),
      'unsupported',
      /1\.2\.3\.4/,
    ],
    [
      'compressed pixels of another size',
      'jpeg.dcm',
      compressedFile(
        imageElements(),
        encapsulated([Buffer.from('ffd8ffc0000b080200020001011100ffd9', 'hex')]),
        '1.2.840.10008.1.2.4.50',
      ),
      'bad-pixels',
      /512 x 512 x 1/,
    ],
    [
      'rubbish for compressed pixels',
      'rubbish.dcm',
      compressedFile(imageElements(), encapsulated([Buffer.alloc(50, 3)]), '1.2.840.10008.1.2.5'),
      'bad-file',
      /damaged|incomplete/,
    ],
    [
      'no fragments',
      'hollow.dcm',
      compressedFile(imageElements(), encapsulated([]), '1.2.840.10008.1.2.4.90'),
      'bad-pixels',
      /holds no pixels/,
    ],
    ['the index of a disc', 'DICOMDIR', dicomFile([[0x00041220, 'SQ', []]]), 'bad-file', /DICOMDIR/],
  ])('%s', async (_, name, bytes, code, sentence) => {
    const path = store(name, bytes);
    const fault = await faultOf(path);
    expect(fault).toMatchObject({ code, path });
    expect(fault.message).toMatch(sentence);
    expect(fault.message).toMatch(/^[A-Z].*\.$/s);
  });

  it('a path that is not there', async () => {
    expect(await faultOf(join(folder, 'missing.dcm'))).toMatchObject({ code: 'not-found' });
    await expect(readHeader(join(folder, 'missing.dcm'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('a frame that is not there', async () => {
    const opened = await openImage(dicomFile(imageElements()));
    await expect(opened.decode(1)).rejects.toMatchObject({ code: 'bad-pixels' });
    await expect(opened.decode(-1)).rejects.toMatchObject({ code: 'bad-pixels' });
  });

  it('photographs that are cut off, or of 40,000 pixels a side', async () => {
    const jpeg = await sharp({
      create: {
        width: 200,
        height: 200,
        channels: 3,
        background: '#808080',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    expect(await faultOf(store('cut.jpg', jpeg.subarray(0, jpeg.length / 2)))).toMatchObject({ code: 'bad-file' });
    const png = await sharp({ create: { width: 40_000, height: 8, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    expect(await faultOf(store('wide.png', png))).toMatchObject({ code: 'bad-pixels' });
    await expect(readHeader(store('wide.png', png))).rejects.toMatchObject({ code: 'bad-pixels' });
  });
});
