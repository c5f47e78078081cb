/**
 * Colours of anomaly maps on paper; the window's are the same (renderer/design/colour-map.ts, compared in the test).
 *
 * The scale is fixed: the same value has the same colour in every picture. It spans what the method can give: a softmax
 * of two cosines without temperature lies between 1 / (1 + e^2) and 1 / (1 + e^-2).
 */
export const SCALE = { low: 1 / (1 + Math.E ** 2), high: 1 / (1 + Math.E ** -2) } as const;

/** Evenly spaced sRGB stops of Inferno (van der Walt and Smith, CC0), whose lightness grows evenly with the value. */
export const STOPS: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [11, 7, 36],
  [33, 12, 74],
  [61, 9, 101],
  [87, 16, 110],
  [113, 25, 110],
  [138, 34, 106],
  [163, 44, 97],
  [188, 55, 84],
  [208, 69, 69],
  [227, 89, 51],
  [241, 113, 31],
  [249, 140, 10],
  [252, 170, 15],
  [249, 201, 50],
  [242, 232, 101],
  [252, 255, 164],
];

const TABLE_SIZE = 4096;
let table: Uint8Array | null = null;

/** Offset of a value's three bytes in `colourTable()`. Values beyond the scale take its end colours. */
export function colourOffset(value: number): number {
  const share = Math.min(1, Math.max(0, (value - SCALE.low) / (SCALE.high - SCALE.low)));
  return Math.round(share * (TABLE_SIZE - 1)) * 3;
}

/** Red, green and blue of 4096 values over the scale, linear between the stops. */
export function colourTable(): Uint8Array {
  if (table) return table;
  table = new Uint8Array(TABLE_SIZE * 3);
  for (let i = 0; i < TABLE_SIZE; i++) {
    const place = (i / (TABLE_SIZE - 1)) * (STOPS.length - 1);
    const below = Math.min(STOPS.length - 2, Math.floor(place));
    for (let channel = 0; channel < 3; channel++) {
      const lower = STOPS[below]?.[channel] ?? 0;
      const upper = STOPS[below + 1]?.[channel] ?? 0;
      table[i * 3 + channel] = Math.round(lower + (upper - lower) * (place - below));
    }
  }
  return table;
}
