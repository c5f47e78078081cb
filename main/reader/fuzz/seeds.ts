/** What the fuzzer starts from: the development DICOM files where they are present, and small files of its own. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import dcmjsCodecs from 'dcmjs-codecs';
import { zipSync } from 'fflate';
import { compressedFile, dicomFile, type Element, encapsulated, imageElements } from '../../imaging/samples.ts';
import { sharp } from '../../imaging/sharp.ts';
import { type Seed, seedOf } from './mutate.ts';

/** Larger files take long to decode and break in the same places. */
const LARGEST_SEED = 600_000;

/** @param folder of real files, or null. */
export async function loadSeeds(folder: string | null): Promise<readonly Seed[]> {
  return [...(folder ? realSeeds(folder) : []), ...(await ownSeeds())];
}

function realSeeds(folder: string): Seed[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= LARGEST_SEED && statSync(path).size > 0)
    .sort()
    .map((path) => seedOf(relative(folder, path), readFileSync(path)));
}

/** 32 x 24 pixels of 8 bits, as `picture` and `encodedSample` draw them. */
const SAMPLE_IMAGE = imageElements([
  [0x00280010, 'US', 24],
  [0x00280011, 'US', 32],
  [0x00280100, 'US', 8],
  [0x00280101, 'US', 8],
  [0x00280102, 'US', 7],
  [0x00280103, 'US', 0],
]);

/** Of what the development files do not hold. */
const STREAMS = [
  ['jpeg-ls', '1.2.840.10008.1.2.4.80', 'encodeJpegLs'],
  ['jpeg-2000', '1.2.840.10008.1.2.4.90', 'encodeJpeg2000'],
  ['jpeg-xl', '1.2.840.10008.1.2.4.110', 'encodeJpegXl'],
  ['htj2k', '1.2.840.10008.1.2.4.201', 'encodeHtJpeg2000'],
] as const;

async function ownSeeds(): Promise<Seed[]> {
  const plain = Buffer.from(dicomFile(imageElements([[0x00081140, 'SQ', [[[0x00081155, 'UI', '2.25.9']]]]])));
  const jpeg = await picture('jpeg', 1);
  const compressed = compressedFile(SAMPLE_IMAGE, encapsulated([jpeg]), '1.2.840.10008.1.2.4.50');
  const streams = await Promise.all(
    STREAMS.map(async ([name, syntax, method]) => {
      const stream = await encodedSample(method);
      return seedOf(`own/${name}`, Buffer.from(compressedFile(SAMPLE_IMAGE, encapsulated([stream]), syntax)));
    }),
  );
  const photos = await Promise.all(
    (['png', 'jpeg', 'tiff'] as const).map(async (kind) => [kind, await picture(kind, 3)] as const),
  );
  return [
    seedOf('own/implicit', Buffer.from(dicomFile(imageElements(), { encoding: 'implicit-little' }))),
    seedOf('own/big-endian', Buffer.from(dicomFile(imageElements(), { encoding: 'explicit-big' }))),
    seedOf('own/explicit', plain),
    seedOf('own/jpeg', Buffer.from(compressed)),
    ...streams,
    seedOf('own/enhanced', Buffer.from(dicomFile(enhancedImage()))),
    ...photos.map(([kind, bytes]) => seedOf(`own/photo.${kind}`, bytes)),
    seedOf(
      'own/images.zip',
      Buffer.from(zipSync({ 'a/1.dcm': plain, 'a/2.dcm': compressed, 'b.png': photos[0]?.[1] ?? plain })),
    ),
    seedOf(
      'own/DICOMDIR',
      Buffer.from(
        dicomFile([
          [
            0x00041220,
            'SQ',
            [
              [
                [0x00041430, 'CS', 'IMAGE'],
                [0x00041500, 'CS', 'A\\1'],
              ],
            ],
          ],
        ]),
      ),
    ),
  ];
}

function picture(kind: 'png' | 'jpeg' | 'tiff', channels: 1 | 3): Promise<Buffer> {
  const [width, height] = [32, 24];
  const data = Buffer.from(Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 251));
  return sharp(data, { raw: { width, height, channels } }).toFormat(kind).toBuffer();
}

async function encodedSample(method: (typeof STREAMS)[number][2]): Promise<Uint8Array> {
  await dcmjsCodecs.NativeCodecs.initializeAsync();
  const context = new dcmjsCodecs.Context({
    width: 32,
    height: 24,
    bitsAllocated: 8,
    bitsStored: 8,
    samplesPerPixel: 1,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer: Uint8Array.from({ length: 32 * 24 }, (_, i) => (i * 37) % 251),
  });
  const codecs = dcmjsCodecs.NativeCodecs as unknown as Record<string, (of: object, how: object) => typeof context>;
  // The codec's next call writes into the same memory.
  return Uint8Array.from(codecs[method]?.(context, { lossy: false }).getEncodedBuffer() ?? []);
}

/** Three frames whose places, rescales and windows stand in functional groups. */
function enhancedImage(): Element[] {
  const group = (frame: number): Element[] => [
    [0x00209113, 'SQ', [[[0x00200032, 'DS', `0\\0\\${frame}`]]]],
    [
      0x00289132,
      'SQ',
      [
        [
          [0x00281050, 'DS', '40'],
          [0x00281051, 'DS', '400'],
          [0x00281056, 'CS', 'SIGMOID'],
        ],
      ],
    ],
    [
      0x00289145,
      'SQ',
      [
        [
          [0x00281052, 'DS', `-${1000 + frame}`],
          [0x00281053, 'DS', '1'],
          [0x00281054, 'LO', 'HU'],
        ],
      ],
    ],
  ];
  const shared: Element[] = [
    [0x00209116, 'SQ', [[[0x00200037, 'DS', '1\\0\\0\\0\\1\\0']]]],
    [0x00289110, 'SQ', [[[0x00280030, 'DS', '0.5\\0.5']]]],
  ];
  return imageElements([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2.1'],
    [0x00280008, 'IS', '3'],
    [0x52009229, 'SQ', [shared]],
    [0x52009230, 'SQ', [0, 1, 2].map(group)],
    [0x7fe00010, 'OW', new Uint8Array(3 * 12)],
  ]);
}
