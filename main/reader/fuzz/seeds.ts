/** What the fuzzer starts from: the development DICOM files where they are present, and small files of its own. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { zipSync } from 'fflate';
import { compressedFile, dicomFile, encapsulated, imageElements } from '../../imaging/samples.ts';
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

async function ownSeeds(): Promise<Seed[]> {
  const plain = Buffer.from(dicomFile(imageElements([[0x00081140, 'SQ', [[[0x00081155, 'UI', '2.25.9']]]]])));
  const jpeg = await picture('jpeg', 1);
  const compressed = compressedFile(
    imageElements([
      [0x00280010, 'US', 24],
      [0x00280011, 'US', 32],
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
      [0x00280103, 'US', 0],
    ]),
    encapsulated([jpeg]),
    '1.2.840.10008.1.2.4.50',
  );
  const photos = await Promise.all(
    (['png', 'jpeg', 'tiff'] as const).map(async (kind) => [kind, await picture(kind, 3)] as const),
  );
  return [
    seedOf('own/implicit', Buffer.from(dicomFile(imageElements(), { encoding: 'implicit-little' }))),
    seedOf('own/big-endian', Buffer.from(dicomFile(imageElements(), { encoding: 'explicit-big' }))),
    seedOf('own/explicit', plain),
    seedOf('own/jpeg', Buffer.from(compressed)),
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
