/**
 * The colours of the anomaly map, in the window, on paper and in exported pictures. One fixed scale for all pictures, studies and calibrations: the same value always has
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

/** Evenly spaced sRGB colours over the scale. */
export function mapStops(name: ColourMapName = 'inferno'): readonly Colour[] {
  return stopsOf[name];
}
