import { type DecodedFrame, type LookupTable, lookUp, modalityValues, type PixelArray } from './frame.ts';
import type { InstanceHeader, PixelSpacing, WindowPreset } from './instance.ts';
import { chooseCtWindow } from './model-image.ts';

/** A frame as the viewer needs it: the same decoded values that the network's input comes from. */
export interface DisplayFrame {
  readonly rows: number;
  readonly columns: number;
  /** True: `pixels` are 8-bit interleaved RGB. */
  readonly color: boolean;
  /** Stored values, or modality values where a modality LUT had to be applied. */
  readonly pixels: PixelArray;
  readonly minPixelValue: number;
  readonly maxPixelValue: number;
  readonly slope: number;
  readonly intercept: number;
  /** The first is shown at first. Never empty. */
  readonly windows: readonly WindowPreset[];
  readonly voiFunction: DecodedFrame['voiFunction'];
  /**
   * Where a VOI LUT (0028,3010) says how grey follows from values: levels 0..1 at even steps over the first window. Null
   * where it is `voiFunction`.
   */
  readonly voiCurve: Float32Array | null;
  /** True: high values are shown dark (MONOCHROME1). */
  readonly invert: boolean;
  readonly pixelSpacing: PixelSpacing | null;
  readonly units: string | null;
}

/** What the viewer shows of a decoded frame, at first with the window that suits the modality. */
export function toDisplay(frame: DecodedFrame, header: InstanceHeader): DisplayFrame {
  const color = frame.samplesPerPixel === 3;
  const pixels = color ? eightBit(frame) : frame.modalityLut ? modalityValues(frame) : frame.data;
  const [minPixelValue, maxPixelValue] = rangeOf(pixels);
  const slope = frame.modalityLut ? 1 : frame.rescale.slope;
  const intercept = frame.modalityLut ? 0 : frame.rescale.intercept;
  return {
    rows: frame.rows,
    columns: frame.columns,
    color,
    pixels,
    minPixelValue,
    maxPixelValue,
    slope,
    intercept,
    ...greyScaleOf(frame, header, minPixelValue * slope + intercept, maxPixelValue * slope + intercept),
    invert: frame.photometric === 'MONOCHROME1',
    pixelSpacing: frame.pixelSpacing,
    units: frame.units,
  };
}

type GreyScale = Pick<DisplayFrame, 'windows' | 'voiFunction' | 'voiCurve'>;

/** Stored windows, else a VOI LUT, else a CT preset, else the whole range of values. */
function greyScaleOf(frame: DecodedFrame, header: InstanceHeader, low: number, high: number): GreyScale {
  const linear = (window: WindowPreset): GreyScale => ({ windows: [window], voiFunction: 'LINEAR', voiCurve: null });
  if (frame.samplesPerPixel === 3) return linear({ center: 128, width: 256, explanation: '' });
  if (frame.windows.length > 0) return { windows: [...frame.windows], voiFunction: frame.voiFunction, voiCurve: null };
  if (frame.voiLut) return curveOf(frame.voiLut);
  if (header.series.modality === 'CT' && frame.units === 'HU') {
    const { name, center, width } = chooseCtWindow(header);
    return linear({ center, width, explanation: name });
  }
  const [from, to] = low < high ? [low, high] : [high, low];
  // LINEAR counts in whole values and knows no window narrower than one of them.
  if (frame.data instanceof Float32Array && to > from) {
    const windows = [{ center: (from + to) / 2, width: to - from, explanation: '' }];
    return { windows, voiFunction: 'LINEAR_EXACT', voiCurve: null };
  }
  return linear({ center: (from + to + 1) / 2, width: Math.max(to - from + 1, 1), explanation: '' });
}

/** Levels of a curve at most: as many as the screen's own table of colours tells apart. */
const MOST_CURVE_LEVELS = 1024;

/** A VOI LUT (PS3.3 C.11.2.1.1) without its flat ends, as a curve over the window that is left. */
function curveOf(table: LookupTable): GreyScale {
  const { entries, first, bits, explanation } = table;
  let [from, to] = [0, entries.length - 1];
  while (from < to && entries[from + 1] === entries[0]) from += 1;
  while (to > from && entries[to - 1] === entries.at(-1)) to -= 1;
  const window = { center: first + (from + to + 1) / 2, width: to - from + 1, explanation };
  const steps = Math.min(to - from, MOST_CURVE_LEVELS - 1);
  if (steps === 0) return { windows: [window], voiFunction: 'LINEAR', voiCurve: null };
  const top = 2 ** bits - 1;
  const levelAt = (step: number) => lookUp(table, first + from + (step / steps) * (to - from)) / top;
  return {
    windows: [window],
    voiFunction: 'LINEAR',
    voiCurve: Float32Array.from({ length: steps + 1 }, (_, step) => Math.min(levelAt(step), 1)),
  };
}

function eightBit(frame: DecodedFrame): Uint8Array {
  const { data, bitsStored } = frame;
  if (data instanceof Uint8Array && bitsStored === 8) return data;
  const top = 2 ** bitsStored - 1;
  return Uint8Array.from(data, (value) => Math.min(Math.max(Math.round((value / top) * 255), 0), 255));
}

function rangeOf(pixels: PixelArray): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of pixels) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : [0, 0];
}
