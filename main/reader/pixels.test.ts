import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { dicomFile, imageElements, type Value } from '../imaging/samples.ts';
import { readerHandlers } from './handlers.ts';

type Change = readonly [number, string, Value | null];

async function pixelsOf(...changes: Change[]) {
  const path = join(freshFolder(), 'image.dcm');
  writeFileSync(path, dicomFile(imageElements(changes)));
  return await readerHandlers.pixels({ path, frame: 0 }, { signal: new AbortController().signal, progress: () => {} });
}

const window: Change[] = [
  [0x00281050, 'DS', '40'],
  [0x00281051, 'DS', '400'],
];

describe('what the window is given of a frame', () => {
  it.each(['LINEAR', 'LINEAR_EXACT', 'SIGMOID'] as const)('says that grey follows %s', async (name) => {
    const pixels = await pixelsOf(...window, [0x00281056, 'CS', name]);
    expect(pixels).toMatchObject({ windowCenter: 40, windowWidth: 400, voiFunction: name });
  });

  it('gives the windows that the file offers besides the first, with their names', async () => {
    const several: Change[] = [
      [0x00281050, 'DS', '40\\-600'],
      [0x00281051, 'DS', '400\\1500'],
      [0x00281055, 'LO', 'SOFT\\LUNG'],
    ];
    const pixels = await pixelsOf(...several);
    expect(pixels).toMatchObject({ windowCenter: 40, windowWidth: 400 });
    expect(pixels.furtherWindows).toEqual([{ center: -600, width: 1500, explanation: 'LUNG' }]);
    expect((await pixelsOf(...window)).furtherWindows).toEqual([]);
  });
});
