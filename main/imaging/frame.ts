import type { PixelSpacing, Rescale, ValueRange, WindowPreset } from './instance.ts';

/** Stored values: integers as the data set declares them, or floats (Float and Double Float Pixel Data). */
export type PixelArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array;

/** A lookup table of PS3.3 C.11.1 and C.11.2: values below `first` take the first entry, beyond the end the last. */
export interface LookupTable {
  readonly first: number;
  readonly entries: Uint16Array;
  /** Bits of an entry: 8 to 16. */
  readonly bits: number;
  readonly explanation: string;
}

/** One frame, decompressed, before any grey-scale transformation. What the screen and the network both start from. */
export interface DecodedFrame {
  readonly rows: number;
  readonly columns: number;
  /** 3: interleaved RGB; palettes and YBR are already converted. */
  readonly samplesPerPixel: 1 | 3;
  readonly photometric: 'MONOCHROME1' | 'MONOCHROME2' | 'RGB';
  /** Bits of a sample that carry values. */
  readonly bitsStored: number;
  /** rows * columns * samplesPerPixel stored values, row by row. */
  readonly data: PixelArray;
  /** Modality value = stored value * slope + intercept. Identity where there is a modality LUT. */
  readonly rescale: Rescale;
  readonly modalityLut: LookupTable | null;
  /** In modality values. */
  readonly windows: readonly WindowPreset[];
  /** VOI LUT Function (0028,1056). */
  readonly voiFunction: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID';
  /** From modality values to grey levels of `bits`. */
  readonly voiLut: LookupTable | null;
  /** Stored values that mark pixels without image, inclusive. */
  readonly padding: ValueRange | null;
  readonly pixelSpacing: PixelSpacing | null;
  /** Unit of modality values: `HU`, `BQML` ...; null where unknown. */
  readonly units: string | null;
}

/** The modality value of every pixel of a one-channel frame (PS3.3 C.11.1). */
export function modalityValues(frame: DecodedFrame): Float32Array {
  const { data, modalityLut, rescale } = frame;
  const values = new Float32Array(data.length);
  if (modalityLut) for (let i = 0; i < data.length; i += 1) values[i] = lookUp(modalityLut, data[i] as number);
  else for (let i = 0; i < data.length; i += 1) values[i] = (data[i] as number) * rescale.slope + rescale.intercept;
  return values;
}

/** The entry of a lookup table for a value. */
export function lookUp(table: LookupTable, value: number): number {
  const index = Math.min(Math.max(Math.round(value) - table.first, 0), table.entries.length - 1);
  return table.entries[index] as number;
}

/**
 * Grey level 0..1 of a modality value within a window (PS3.3 C.11.2.1.2 and C.11.2.1.3).
 * @param width as DICOM: at least 1 for LINEAR, above 0 otherwise.
 */
export function windowLevel(
  value: number,
  window: { readonly center: number; readonly width: number },
  kind: DecodedFrame['voiFunction'],
): number {
  const { center, width } = window;
  if (kind === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width));
  const level =
    kind === 'LINEAR' && width > 1
      ? (value - (center - 0.5)) / (width - 1) + 0.5
      : width > 0 && kind === 'LINEAR_EXACT'
        ? (value - center) / width + 0.5
        : value <= center - 0.5
          ? 0
          : 1;
  return Math.min(Math.max(level, 0), 1);
}
