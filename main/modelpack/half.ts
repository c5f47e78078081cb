/**
 * The two 16-bit float formats in which checkpoints are stored, as bit patterns in a Uint16Array:
 * IEEE 754 binary16 ("half": 1 sign, 5 exponent, 10 fraction bits) and bfloat16 (the upper half of a float32).
 * Written out because Float16Array is missing in the older of the two runtimes that we support.
 */

const oneFloat = new Float32Array(1);
const oneFloatBits = new Uint32Array(oneFloat.buffer);

/** All 65,536 halves as float32, filled on first use: a table look-up is several times faster than arithmetic. */
let halfTable: Float32Array | undefined;

function halfBitsToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Halves as float32; every half is exact in float32. */
export function halfToFloat32(bits: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, i) => halfBitsToNumber(i));
  const table = halfTable;
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]];
  return out;
}

/** Float32 as halves, rounded to nearest, ties to even. Beyond 65,504 it becomes infinite, as in IEEE 754. */
export function float32ToHalf(values: Float32Array): Uint16Array {
  const source = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < source.length; i++) {
    const bits = source[i];
    const magnitude = bits & 0x7fffffff;
    // Nearly every weight is a normal half: the exponent's bias changes from 127 to 15, and 13 bits of fraction are
    // rounded away. A carry out of the fraction moves into the exponent, and from the largest half into infinity: both right.
    out[i] =
      magnitude >= 0x38800000 && magnitude < 0x47800000
        ? ((bits >>> 16) & 0x8000) | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
        : unusualHalfBits(bits);
  }
  return out;
}

/** Of whatever is no normal half: zero, subnormal, too large, infinite, no number. */
function unusualHalfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN stays NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65,536 and above, infinity included
  if (magnitude < 0x33000000) return sign; // below half of the smallest subnormal
  // Subnormal half: units of 2^-24. The float32 significand is in units of 2^(exponent - 150).
  const significand = (magnitude & 0x7fffff) | 0x800000;
  return sign | roundedShift(significand, 126 - (magnitude >>> 23));
}

/** `value / 2^shift` rounded to nearest, ties to even. */
function roundedShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const whole = value >>> shift;
  return rest > half || (rest === half && whole & 1) ? whole + 1 : whole;
}

/** Bfloat16 as float32, exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i] << 16;
  return new Float32Array(out.buffer);
}

/** Float32 as bfloat16, rounded to nearest, ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    oneFloat[0] = values[i];
    const bits = oneFloatBits[0];
    const notANumber = (bits & 0x7fffffff) > 0x7f800000;
    out[i] = notANumber ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}
