import { describe, expect, it } from 'vitest';
import { hasGolden, readGolden, withoutGolden } from '../../tests/support/synthesis-golden.ts';
import { Fault } from '../fault.ts';
import type { Image8 } from './image.ts';
import { clipNormalisation, normalise, resize, toGrey, toRgb, toTestRgb, toTrainingGrey } from './resize.ts';

/** Byte i is (31 i^2 + 7 i) mod 256: rough enough to tell filters apart, and easy to make in Python. */
function rough(width: number, height: number, channels: 1 | 3): Image8 {
  const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * i * 31 + i * 7) % 256);
  return { width, height, channels, data };
}

// Pillow 12.3.0: Image.fromarray(...).resize(size, Image.BILINEAR)[.convert('L')].ravel()
const shrunk = [66, 89, 99, 139, 115, 117, 146, 154, 169, 145, 144, 154];
const grown = [
  0, 25, 82, 117, 44, 19, 29, 73, 134, 24, 138, 129, 54, 85, 164, 170, 169, 191, 31, 145, 143, 80, 110, 188, 158, 156,
  234, 122, 121, 128, 133, 112, 140, 119, 114, 149, 233, 131, 127, 163, 92, 119, 145, 127, 62, 180, 168, 182, 173, 56,
  187, 210, 210, 234,
];
const trained = [64, 100, 150, 148, 113, 134, 181, 124, 106];
const tested = [
  87, 37, 140, 90, 89, 186, 163, 151, 114, 179, 122, 201, 116, 101, 164, 132, 136, 129, 183, 196, 96, 131, 124, 109, 90,
  109, 132,
];

describe('resize', () => {
  it('shrinks and grows to the bytes that Pillow gives', () => {
    expect(Array.from(resize(rough(7, 5, 1), 4, 3).data)).toEqual(shrunk);
    expect(Array.from(resize(rough(7, 5, 1), 9, 6).data)).toEqual(grown);
  });

  it('resizes before grey for training, in RGB for testing', () => {
    expect(Array.from(toTrainingGrey(rough(6, 4, 3), 3).data)).toEqual(trained);
    expect(Array.from(toTestRgb(rough(6, 4, 3), 3).data)).toEqual(tested);
  });

  it('keeps a flat image flat, whatever the sizes', () => {
    for (const side of [1, 3, 224, 301]) {
      const flat: Image8 = { width: 97, height: 31, channels: 1, data: new Uint8Array(97 * 31).fill(255) };
      expect(new Set(toTestRgb(flat, side).data)).toEqual(new Set([255]));
    }
  });

  it('refuses an image without pixels', () => {
    const none: Image8 = { width: 0, height: 5, channels: 1, data: new Uint8Array(0) };
    expect(() => resize(none, 4, 4)).toThrowError(Fault);
  });

  it('gives every channel of a test image the grey value', () => {
    const rgb = toTestRgb(rough(7, 5, 1), 6);
    expect(rgb.channels).toBe(3);
    expect(toGrey(rgb).data).toEqual(resize(rough(7, 5, 1), 6, 6).data);
  });

  it.skipIf(!hasGolden)(`agrees with the recorded resizes, every byte (${withoutGolden})`, () => {
    const golden = readGolden();
    for (let k = 0; k < 6; k++) {
      const input = golden.get(`resize.${k}.in`)!;
      const [height, width, channels] = input.shape as [number, number, 3 | undefined];
      const image: Image8 = { width, height, channels: channels ?? 1, data: input.data as Uint8Array };
      expect(toTrainingGrey(image, 224).data).toEqual(golden.get(`resize.${k}.train`)!.data);
      expect(toTestRgb(image, 224).data).toEqual(golden.get(`resize.${k}.test`)!.data);
    }
  });
});

describe('normalise', () => {
  it('writes channel by channel, into a batch where one is given', () => {
    const image: Image8 = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 51, 102, 153, 204, 255) };
    const batch = new Float32Array(12);
    expect(normalise(image, clipNormalisation, batch, 6)).toBe(batch);
    const expected = [0, 0.6, 0.2, 0.8, 0.4, 1].map((value, i) => {
      const channel = i >> 1;
      return (value - clipNormalisation.mean[channel]!) / clipNormalisation.deviation[channel]!;
    });
    expect(Array.from(batch.subarray(0, 6))).toEqual([0, 0, 0, 0, 0, 0]);
    expected.forEach((value, i) => {
      expect(batch[6 + i]).toBeCloseTo(value, 6);
    });
  });

  it('treats grey as three equal channels', () => {
    const grey = rough(5, 4, 1);
    expect(normalise(grey)).toEqual(normalise(toRgb(grey)));
  });
});
