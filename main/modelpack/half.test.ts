import { describe, expect, test } from 'vitest';
import { bfloat16ToFloat32, float32ToBfloat16, float32ToHalf, halfToFloat32 } from './half.ts';

const halfOf = (value: number) => float32ToHalf(Float32Array.of(value))[0];

describe('half precision', () => {
  test('every half returns to the same bits, NaN to a NaN', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const values = halfToFloat32(all);
    const back = float32ToHalf(values);
    const changed = all.filter((bits, i) => back[i] !== bits && !Number.isNaN(values[i]));
    expect(changed).toHaveLength(0);
    expect(halfToFloat32(back.filter((_, i) => Number.isNaN(values[i]))).every(Number.isNaN)).toBe(true);
  });

  test('known values of IEEE 754 binary16', () => {
    expect(Array.from(halfToFloat32(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00)))).toEqual([
      1,
      -2,
      65504,
      2 ** -24,
      2 ** -14,
      Number.POSITIVE_INFINITY,
    ]);
  });

  test('rounds to nearest, ties to even, also among subnormals and into infinity', () => {
    expect(halfOf(1 + 2 ** -11)).toBe(0x3c00); // halfway, down to even
    expect(halfOf(1 + 3 * 2 ** -11)).toBe(0x3c02); // halfway, up to even
    expect(halfOf(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
    expect(halfOf(2 ** -25)).toBe(0); // half of the smallest subnormal: even is zero
    expect(halfOf(2 ** -25 * 1.001)).toBe(1);
    expect(halfOf(65519)).toBe(0x7bff);
    expect(halfOf(65520)).toBe(0x7c00);
    expect(halfOf(-1e30)).toBe(0xfc00);
  });

  test('the nearest half is found for values of every size', () => {
    const halves = halfToFloat32(Uint16Array.from({ length: 0x7c00 }, (_, i) => i));
    for (let i = 0; i + 1 < halves.length; i += 7) {
      const low = halves[i];
      const gap = halves[i + 1] - low;
      expect(halfOf(low + 0.4 * gap)).toBe(i);
      expect(halfOf(low + 0.6 * gap)).toBe(i + 1);
    }
  });
});

describe('bfloat16', () => {
  test('is the upper half of a float32, rounded to nearest even', () => {
    expect(Array.from(bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc000, 0x7f80)))).toEqual([
      1,
      -2,
      Number.POSITIVE_INFINITY,
    ]);
    expect(Array.from(float32ToBfloat16(Float32Array.of(1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38)))).toEqual([
      0x3f80, 0x3f80, 0x3f82, 0x7f80,
    ]);
    expect(bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(Number.NaN)))[0]).toBeNaN();
  });
});
