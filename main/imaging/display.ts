import { type DecodedFrame, lookUp, modalityValues, type PixelArray } from './frame.ts';
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

type GreyScale = Pick<DisplayFrame, 'windows' | 'voiFunction'>;

/** Stored windows, else the range of a VOI LUT's input, else a CT preset, else the whole range of values. */
function greyScaleOf(frame: DecodedFrame, header: InstanceHeader, low: number, high: number): GreyScale {
  const linear = (window: WindowPreset): GreyScale => ({ windows: [window], voiFunction: 'LINEAR' });
  if (frame.samplesPerPixel === 3) return linear({ center: 128, width: 256, explanation: '' });
  if (frame.windows.length > 0) return { windows: [...frame.windows], voiFunction: frame.voiFunction };
  if (frame.voiLut) return linear(windowOfLut(frame.voiLut));
  if (header.series.modality === 'CT' && frame.units === 'HU') {
    const { name, center, width } = chooseCtWindow(header);
    return linear({ center, width, explanation: name });
  }
  const [from, to] = low < high ? [low, high] : [high, low];
  // LINEAR counts in whole values and knows no window narrower than one of them.
  if (frame.data instanceof Float32Array && to > from)
    return { windows: [{ center: (from + to) / 2, width: to - from, explanation: '' }], voiFunction: 'LINEAR_EXACT' };
  return linear({ center: (from + to + 1) / 2, width: Math.max(to - from + 1, 1), explanation: '' });
}

/** The input values between which a VOI LUT rises: the closest window to a table that is usually S-shaped. */
function windowOfLut(table: NonNullable<DecodedFrame['voiLut']>): WindowPreset {
  const top = 2 ** table.bits - 1;
  const last = table.first + table.entries.length - 1;
  let from = table.first;
  let to = last;
  while (from < last && lookUp(table, from) <= top * 0.01) from += 1;
  while (to > from && lookUp(table, to) >= top * 0.99) to -= 1;
  return { center: (from + to + 1) / 2, width: Math.max(to - from + 1, 1), explanation: table.explanation };
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
