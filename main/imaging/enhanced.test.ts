/** Enhanced multi-frame images as another program writes them: each frame keeps what its own slice said. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enhancedOf, hasPixelMed } from '../../tests/support/dicom-tools.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { modalityValues } from './frame.ts';
import { readHeader } from './header.ts';
import { openImage } from './pixels.ts';
import { dicomFile, imageElements } from './samples.ts';

const SLICES = 4;

/** Slices that differ in position, rescale, window and pixels. */
function slice(index: number): Uint8Array {
  const pixels = Int16Array.from({ length: 6 }, (_, at) => 10 * index + at);
  return dicomFile(
    imageElements([
      [0x00080018, 'UI', `2.25.9.${index}`],
      [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
      [0x00180050, 'DS', '2.5'],
      [0x00200013, 'IS', String(index + 1)],
      [0x00200032, 'DS', `1\\2\\${-5 + 2.5 * index}`],
      [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
      [0x00200052, 'UI', '2.25.8'],
      [0x00280030, 'DS', '0.5\\0.25'],
      [0x00281050, 'DS', String(40 + index)],
      [0x00281051, 'DS', String(400 + index)],
      [0x00281052, 'DS', String(-1024 + index)],
      [0x00281053, 'DS', String(1 + index)],
      [0x7fe00010, 'OW', new Uint8Array(pixels.buffer)],
    ]),
  );
}

describe.skipIf(!hasPixelMed)('an enhanced multi-frame file (needs libpixelmed-java)', () => {
  it('gives of every frame the place, window and modality values of the slice that it was made of', async () => {
    const root = freshFolder();
    const [slices, into] = [join(root, 'slices'), join(root, 'enhanced')];
    for (const folder of [slices, into]) mkdirSync(folder);
    const paths = Array.from({ length: SLICES }, (_, index) => join(slices, `${index}.dcm`));
    for (const [index, path] of paths.entries()) writeFileSync(path, slice(index));
    const path = await enhancedOf(slices, into);

    const { image, instance } = await readHeader(path);
    expect(instance.sopClassUid).toBe('1.2.840.10008.5.1.4.1.1.2.2');
    expect(image).toMatchObject({ frames: SLICES, sliceThickness: 2.5, pixelSpacing: { row: 0.5, column: 0.25 } });
    const enhanced = await openImage(path);
    for (const [index, single] of paths.entries()) {
      const alone = await readHeader(single);
      expect(image?.framePlaces?.[index]).toEqual({
        orientation: alone.image?.orientation,
        position: alone.image?.position,
      });
      const [ours, theirs] = [await enhanced.decode(index), await (await openImage(single)).decode(0)];
      expect(modalityValues(ours)).toEqual(modalityValues(theirs));
      expect(ours.windows).toMatchObject(theirs.windows);
      expect(ours).toMatchObject({ pixelSpacing: theirs.pixelSpacing, units: 'HU' });
    }
  });
});
