/**
 * The colours of the anomaly map. One fixed scale for all pictures, studies and calibrations: the same value always has
 * the same colour, and nothing is stretched per picture.
 *
 * The method's scores are a softmax over two cosines without temperature, so they lie between 1/(1+e^2) and 1/(1+e^-2):
 * that is the whole scale.
 */
export const mapRange = { low: 1 / (1 + Math.E ** 2), high: 1 / (1 + Math.E ** -2) } as const;

/**
 * Inferno (S. van der Walt and N. Smith, CC0): lightness grows evenly with the value, also for colour-blind readers.
 * 17 evenly spaced sRGB stops of the published 256; between them linear, at most 7 of 255 away from the original.
 */
const stops: readonly (readonly [number, number, number])[] = [
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

/** sRGB (0..255) of a map value; values beyond the scale take its end colours. */
export function mapColour(value: number): readonly [number, number, number] {
  const share = Math.min(1, Math.max(0, (value - mapRange.low) / (mapRange.high - mapRange.low)));
  const place = share * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(place));
  const [lower, upper] = [stops[below]!, stops[below + 1]!];
  const mix = (channel: 0 | 1 | 2) => Math.round(lower[channel] + (upper[channel] - lower[channel]) * (place - below));
  return [mix(0), mix(1), mix(2)];
}

/** The scale from low to high as a CSS gradient. */
export const mapGradient = `linear-gradient(to right, ${stops.map((stop) => `rgb(${stop.join(' ')})`).join(', ')})`;

/**
 * Colours a map (values 0..1) as RGBA pixels: transparent below the threshold, opaque from it on. Opacity is left to
 * whoever draws it, so that moving that slider costs nothing.
 */
export function colourMapPixels(values: Float32Array, threshold: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const [red, green, blue] = tableColour(value);
    pixels[index * 4] = red;
    pixels[index * 4 + 1] = green;
    pixels[index * 4 + 2] = blue;
    pixels[index * 4 + 3] = value >= threshold ? 255 : 0;
  }
  return pixels;
}

const tableSize = 1024;
let table: readonly (readonly [number, number, number])[] | null = null;

/** mapColour from a table of 1024 values over 0..1, because a map has some 50,000 pixels. */
function tableColour(value: number): readonly [number, number, number] {
  table ??= Array.from({ length: tableSize }, (_, index) => mapColour(index / (tableSize - 1)));
  return table[Math.min(tableSize - 1, Math.max(0, Math.round(value * (tableSize - 1))))] ?? stops[0]!;
}
