/**
 * The colours of the anomaly map. One fixed scale for all pictures, studies and calibrations: the same value always has
 * the same colour, and nothing is stretched per picture.
 *
 * The method's scores are a softmax over two cosines without temperature, so they lie between 1/(1+e^2) and 1/(1+e^-2):
 * that is the whole scale.
 */
export const mapRange = { low: 1 / (1 + Math.E ** 2), high: 1 / (1 + Math.E ** -2) } as const;

type Colour = readonly [number, number, number];

/**
 * Maps whose lightness grows evenly with the value, also for colour-blind readers: 17 evenly spaced sRGB stops of the
 * published 256, linear between them (at most 7 of 255 away from the original). Inferno and Viridis by S. van der Walt
 * and N. Smith (CC0); Cividis by J. Nuñez, C. Anderton and R. Renslow (2018), optimised for colour vision deficiency.
 */
const stopsOf = {
  inferno: [
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
  ],
  viridis: [
    [68, 1, 84],
    [72, 24, 106],
    [71, 45, 123],
    [66, 64, 134],
    [59, 82, 139],
    [51, 99, 141],
    [44, 114, 142],
    [38, 129, 142],
    [33, 144, 140],
    [31, 159, 136],
    [40, 174, 128],
    [62, 188, 116],
    [93, 201, 99],
    [130, 211, 76],
    [171, 220, 50],
    [213, 226, 26],
    [253, 231, 37],
  ],
  cividis: [
    [0, 32, 81],
    [1, 43, 101],
    [17, 54, 108],
    [38, 66, 110],
    [60, 77, 110],
    [81, 88, 110],
    [98, 100, 111],
    [114, 112, 113],
    [127, 124, 117],
    [140, 136, 119],
    [154, 148, 120],
    [169, 161, 119],
    [187, 175, 113],
    [206, 189, 104],
    [226, 203, 92],
    [243, 218, 79],
    [253, 234, 69],
  ],
} as const satisfies Readonly<Record<string, readonly Colour[]>>;

export type ColourMapName = keyof typeof stopsOf;
export const colourMapNames = Object.keys(stopsOf) as readonly ColourMapName[];

/** sRGB (0..255) of a map value; values beyond the scale take its end colours. */
export function mapColour(value: number, name: ColourMapName = 'inferno'): Colour {
  const stops = stopsOf[name];
  const share = Math.min(1, Math.max(0, (value - mapRange.low) / (mapRange.high - mapRange.low)));
  const place = share * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(place));
  const [lower, upper] = [stops[below]!, stops[below + 1]!];
  const mix = (channel: 0 | 1 | 2) => Math.round(lower[channel] + (upper[channel] - lower[channel]) * (place - below));
  return [mix(0), mix(1), mix(2)];
}

/** The scale from low to high as a CSS gradient. */
export function mapGradient(name: ColourMapName): string {
  return `linear-gradient(to right, ${stopsOf[name].map((stop) => `rgb(${stop.join(' ')})`).join(', ')})`;
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
