/** Pixel data as they may leave the house: the picture as it is, and nothing that was kept beside it. */
import { Fault } from '../../fault.ts';
import { type DicomDataset, EXPLICIT_BIG_ENDIAN, shortOf } from '../dataset.ts';
import { type Fragment, streamsOf } from '../fragments.ts';
import { blankStream } from './blank-stream.ts';
import type { OutElement } from './write-dataset.ts';

/** Null where there are none. @throws Fault `bad-file` where they are cut off or damaged */
export function cleanPixels(file: DicomDataset, frames: number, path?: string): OutElement | null {
  const element = file.dataset.elements.x7fe00010;
  if (!element) return null;
  const { tag, dataOffset: start } = element;
  const vr = element.vr ?? 'OW';
  if (element.hadUndefinedLength) return { tag, vr, value: { encapsulated: cleanFragments(file, frames, path) } };
  if (start + element.length > file.bytes.length)
    throw new Fault('bad-file', 'This DICOM file is cut off inside its pixels. Export or send it again.', {
      ...(path === undefined ? {} : { path }),
    });
  const bytes = Buffer.from(file.bytes.subarray(start, start + element.length));
  cleanUnusedBits(file, bytes);
  return { tag, vr, value: { bytes } };
}

const DELIMITER = Buffer.from('feffdde000000000', 'hex');

/** All items with their lengths, and the delimiter, which some writers forget. */
function cleanFragments(file: DicomDataset, frames: number, path?: string): Uint8Array {
  const { streams, end } = streamsOf(file, frames, path);
  const start = file.dataset.elements.x7fe00010?.dataOffset ?? end;
  const out = Buffer.concat([file.bytes.subarray(start, end), DELIMITER]);
  for (const fragments of streams) {
    const places = fragments.map((fragment) => ({ start: fragment.start - start, end: fragment.end - start }));
    const stream = Buffer.concat(places.map((place) => out.subarray(place.start, place.end)));
    blankStream(stream);
    putBack(out, stream, places);
  }
  return out;
}

function putBack(out: Buffer, stream: Buffer, places: readonly Fragment[]): void {
  let at = 0;
  for (const { start, end } of places) {
    stream.copy(out, start, at, at + end - start);
    at += end - start;
  }
}

/**
 * Bits outside Bits Stored, where old files keep overlays and anybody could keep anything, become what readers take them
 * for: the sign above, zeros below (PS3.5 section 8.1.1). The stored values stay. In place.
 */
function cleanUnusedBits({ dataset, transferSyntax }: DicomDataset, bytes: Buffer): void {
  const allocated = shortOf(dataset, 'x00280100') ?? 0;
  const stored = shortOf(dataset, 'x00280101') ?? allocated;
  const high = shortOf(dataset, 'x00280102') ?? stored - 1;
  const signed = shortOf(dataset, 'x00280103') === 1;
  const drop = high + 1 - stored;
  if (![8, 16, 32].includes(allocated) || stored < 1 || high >= allocated || drop < 0 || stored === allocated) return;
  const width = allocated / 8;
  const big = transferSyntax === EXPLICIT_BIG_ENDIAN;
  const left = 31 - high;
  const right = left + drop;
  for (let at = 0; at + width <= bytes.length; at += width) {
    const value = big ? bytes.readUIntBE(at, width) : bytes.readUIntLE(at, width);
    const kept = (signed ? (value << left) >> right : (value << left) >>> right) << drop;
    const clean = allocated === 32 ? kept >>> 0 : kept & (2 ** allocated - 1);
    if (clean === value) continue;
    if (big) bytes.writeUIntBE(clean, at, width);
    else bytes.writeUIntLE(clean, at, width);
  }
}
