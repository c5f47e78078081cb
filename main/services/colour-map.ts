/** The colours of the anomaly map as a table, for pictures of millions of pixels; see preload/contract/colour-map.ts. */
import { mapColour, mapRange } from '../../preload/contract/colour-map.ts';

const TABLE_SIZE = 4096;
let table: Uint8Array | null = null;

/** Offset of a value's three bytes in `colourTable()`. Values beyond the scale take its end colours. */
export function colourOffset(value: number): number {
  const share = Math.min(1, Math.max(0, (value - mapRange.low) / (mapRange.high - mapRange.low)));
  return Math.round(share * (TABLE_SIZE - 1)) * 3;
}

/** Red, green and blue of 4096 values over the scale. */
export function colourTable(): Uint8Array {
  const step = (mapRange.high - mapRange.low) / (TABLE_SIZE - 1);
  table ??= Uint8Array.from(
    Array.from({ length: TABLE_SIZE }, (_, index) => mapColour(mapRange.low + index * step)).flat(),
  );
  return table;
}
