/** The colours of the anomaly map as the window draws them; preload/contract/colour-map.ts says which they are. */
import { type ColourMapName, mapColour, mapStops } from '../../preload/contract/colour-map.ts';

type Colour = ReturnType<typeof mapColour>;

/** The scale from low to high as a CSS gradient. */
export function mapGradient(name: ColourMapName): string {
  return `linear-gradient(to right, ${mapStops(name)
    .map((stop) => `rgb(${stop.join(' ')})`)
    .join(', ')})`;
}

/**
 * Colours a map (values 0..1) as RGBA pixels: transparent below the threshold, opaque from it on. Opacity is left to
 * whoever draws it, so that moving that slider costs nothing.
 */
export function colourMapPixels(
  values: Float32Array,
  threshold: number,
  name: ColourMapName = 'inferno',
): Uint8ClampedArray<ArrayBuffer> {
  const table = tableOf(name);
  const pixels = new Uint8ClampedArray(values.length * 4);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const [red, green, blue] = table[Math.min(tableSize - 1, Math.max(0, Math.round(value * (tableSize - 1))))]!;
    pixels[index * 4] = red;
    pixels[index * 4 + 1] = green;
    pixels[index * 4 + 2] = blue;
    pixels[index * 4 + 3] = value >= threshold ? 255 : 0;
  }
  return pixels;
}

const tableSize = 1024;
const tables = new Map<ColourMapName, readonly Colour[]>();

/** mapColour at 1024 values over 0..1, because a map has some 50,000 pixels. */
function tableOf(name: ColourMapName): readonly Colour[] {
  const known = tables.get(name);
  if (known) return known;
  const table = Array.from({ length: tableSize }, (_, index) => mapColour(index / (tableSize - 1), name));
  tables.set(name, table);
  return table;
}
