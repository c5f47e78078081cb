import type { DataSet } from 'dicom-parser';
import { bytesOf, shortsOf } from './dataset.ts';
import type { PixelArray } from './frame.ts';

/**
 * Full or partial range YCbCr to RGB (PS3.3 C.7.6.3.1.2: ITU-R BT.601), samples interleaved, in `bits` bits.
 * @returns a new array of the same kind.
 */
export function ybrToRgb(ybr: PixelArray, bits: number, partialRange: boolean): PixelArray {
  const rgb = ybr.slice();
  const max = 2 ** bits - 1;
  const middle = 2 ** (bits - 1);
  // Partial range: Y 16..235 and chroma 16..240 of 256, scaled to the full range first.
  const lumaScale = partialRange ? 255 / 219 : 1;
  const lumaFoot = partialRange ? middle / 8 : 0;
  const chromaScale = partialRange ? 255 / 224 : 1;
  const clamp = (value: number) => Math.min(Math.max(Math.round(value), 0), max);
  for (let i = 0; i + 2 < ybr.length; i += 3) {
    const y = ((ybr[i] as number) - lumaFoot) * lumaScale;
    const cb = ((ybr[i + 1] as number) - middle) * chromaScale;
    const cr = ((ybr[i + 2] as number) - middle) * chromaScale;
    rgb[i] = clamp(y + 1.402 * cr);
    rgb[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr);
    rgb[i + 2] = clamp(y + 1.772 * cb);
  }
  return rgb;
}

/**
 * Colours of an indexed image through its Palette Color Lookup Tables, segmented ones included
 * (PS3.3 C.7.6.3.1.5 and C.7.9.2). `signed`: the indices are. Null where the data set holds no usable tables.
 */
export function applyPalette(
  dataset: DataSet,
  indices: PixelArray,
  signed = false,
): { readonly data: Uint8Array | Uint16Array; readonly bits: number } | null {
  const tables = (['1101', '1102', '1103'] as const).map((descriptor, channel) =>
    paletteTable(dataset, `x0028${descriptor}`, `x0028120${channel + 1}`, `x0028122${channel + 1}`, signed),
  );
  const [red, green, blue] = tables;
  if (!red || !green || !blue) return null;
  // Declared as 16 bits, yet filled to 255 only: some writers keep 8-bit colours in 16-bit words.
  const bits = [red, green, blue].some((table) => table.entries.some((entry) => entry > 255)) ? 16 : 8;
  const data = bits === 8 ? new Uint8Array(indices.length * 3) : new Uint16Array(indices.length * 3);
  for (const [channel, { first, entries }] of [red, green, blue].entries())
    for (let i = 0; i < indices.length; i += 1) {
      const at = Math.min(Math.max((indices[i] as number) - first, 0), entries.length - 1);
      data[i * 3 + channel] = entries[at] as number;
    }
  return { data, bits };
}

interface PaletteTable {
  readonly first: number;
  readonly entries: readonly number[];
}

function paletteTable(
  dataset: DataSet,
  descriptorTag: string,
  dataTag: string,
  segmentedTag: string,
  signed: boolean,
): PaletteTable | null {
  const [declared, , bits] = shortsOf(dataset, descriptorTag);
  const first = shortsOf(dataset, descriptorTag, signed)[1]; // of the kind that the pixels are
  if (declared === undefined || first === undefined || bits === undefined) return null;
  const count = declared === 0 ? 65_536 : declared;
  const segmented = shortsOf(dataset, segmentedTag);
  const entries = segmented.length > 0 ? expandSegments(segmented, count) : plainEntries(dataset, dataTag, count, bits);
  return entries.length === 0 ? null : { first, entries: entries.slice(0, count) };
}

/** Entries of 8 bits may be packed two to a word or take a word each; the number of bytes tells. */
function plainEntries(dataset: DataSet, tag: string, count: number, bits: number): number[] {
  const bytes = bytesOf(dataset, tag);
  if (!bytes) return [];
  if (bits === 8 && bytes.length < count * 2) return [...bytes];
  return shortsOf(dataset, tag);
}

/** Segmented Palette Color Lookup Table Data: discrete, linear and indirect segments (PS3.3 C.7.9.2). */
function expandSegments(words: readonly number[], limit: number, depth = 0): number[] {
  const out: number[] = [];
  for (let at = 0; at + 1 < words.length && out.length < limit; ) {
    const opcode = words[at] as number;
    const length = words[at + 1] as number;
    at += 2;
    if (opcode === 0) {
      out.push(...words.slice(at, at + length));
      at += length;
    } else if (opcode === 1 && at < words.length) {
      const from = out.at(-1) ?? 0;
      const to = words[at] as number;
      for (let i = 1; i <= length; i += 1) out.push(Math.round(from + ((to - from) * i) / length));
      at += 1;
    } else if (opcode === 2 && depth === 0 && at + 1 < words.length) {
      // Indirect: `length` segments are read again from a byte offset into this table.
      const offset = ((words[at] as number) + (words[at + 1] as number) * 65_536) / 2;
      out.push(...expandSegments(segmentsFrom(words, offset, length), limit, depth + 1));
      at += 2;
    } else break;
  }
  return out.slice(0, limit);
}

/** The words of `count` segments from a word offset. */
function segmentsFrom(words: readonly number[], offset: number, count: number): number[] {
  let end = offset;
  for (let i = 0; i < count && end + 1 < words.length; i += 1) {
    const opcode = words[end] as number;
    end += opcode === 0 ? 2 + (words[end + 1] as number) : opcode === 1 ? 3 : 4;
  }
  return words.slice(offset, end);
}
