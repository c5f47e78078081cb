import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { colourOffset, colourTable } from './colour-map.ts';
import { type Overlay, renderOverlay } from './overlay.ts';

const grey = { width: 64, height: 32, channels: 1 as const, data: new Uint8Array(64 * 32).fill(100) };
/** The left half abnormal. */
const map = { width: 4, height: 2, data: Float32Array.of(0.8, 0.8, 0.2, 0.2, 0.8, 0.8, 0.2, 0.2) };

async function pixelsOf(overlay: Overlay) {
  const { data, info } = await sharp(await renderOverlay(overlay))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 640, height: 320, channels: 3 });
  return (x: number, y: number) => [...data.subarray((y * 640 + x) * 3, (y * 640 + x) * 3 + 3)];
}

describe('a picture with its map', () => {
  it('is coloured from the threshold on, by value alone', async () => {
    const at = await pixelsOf({ image: grey, map, threshold: 0.5 });
    const table = colourTable();
    const offset = colourOffset(0.8);
    const mixed = [0, 1, 2].map((channel) => Math.floor(100 * 0.45 + Number(table[offset + channel]) * 0.55));
    for (const [channel, value] of at(40, 160).entries())
      expect(Math.abs(value - Number(mixed[channel]))).toBeLessThanOrEqual(1);
    expect(at(600, 160)).toEqual([100, 100, 100]);
  });

  it('is the picture where there is no map', async () => {
    const at = await pixelsOf({ image: grey, map: null, threshold: 0.5 });
    expect(at(40, 160)).toEqual([100, 100, 100]);
  });

  it('says at its edges how it lies in the patient, in white letters with a black rim', async () => {
    const at = await pixelsOf({
      image: grey,
      map: null,
      threshold: 0.5,
      letters: { top: 'A', right: 'L', bottom: 'P', left: 'R' },
    });
    /** Rows of a letter of 5 x 7 cells of 3 pixels, told apart from its rim. */
    const letterAt = (left: number, top: number) =>
      Array.from({ length: 7 }, (_, y) =>
        Array.from({ length: 5 }, (__, x) => (at(left + 3 * x + 1, top + 3 * y + 1)[0] === 255 ? '#' : ' ')).join(''),
      );
    expect(letterAt(8, 150)).toEqual(
      ['####', '#   #', '#   #', '####', '# #', '#  #', '#   #'].map((row) => row.padEnd(5)),
    );
    expect(letterAt(640 - 18 - 8, 150).map((row) => row.trimEnd())).toEqual(['#', '#', '#', '#', '#', '#', '#####']);
    expect(at(8 + 3 * 2 + 1, 150 + 3 + 1)).toEqual([0, 0, 0]);
  });

  it('shows outlined regions only, where asked', async () => {
    // The left quarter of the picture, in its own pixels.
    const outline = [0, 0, 16, 0, 16, 32, 0, 32, 0, 0];
    const at = await pixelsOf({ image: grey, map, threshold: 0.5, outlines: [outline], onlyInside: true });
    expect(at(80, 160)).not.toEqual([100, 100, 100]);
    expect(at(240, 160)).toEqual([100, 100, 100]);
    const [red = 0, green = 0, blue = 0] = at(160, 160);
    expect(Math.min(green, blue)).toBeGreaterThan(red); // the line's light blue
  });
});
