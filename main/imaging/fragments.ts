import { Fault } from '../fault.ts';
import { bytesOf, type DicomDataset } from './dataset.ts';

/** One item of encapsulated pixel data: where its value lies in the file. */
export interface Fragment {
  readonly start: number;
  readonly end: number;
}

interface Encapsulated {
  /** Offsets of frames from the first fragment's item tag; empty where the writer left them out. */
  readonly offsets: readonly number[];
  readonly fragments: readonly Fragment[];
}

const ITEM = 0xe000fffe;
const SEQUENCE_DELIMITER = 0xe0ddfffe;

/**
 * The compressed bytes of one frame out of encapsulated pixel data (PS3.5 annex A.4), however its frames are cut into
 * fragments, with a basic or extended offset table or none.
 * @throws Fault `bad-file` where the fragments are cut off or cannot be told apart.
 */
export function extractFrame(file: DicomDataset, frames: number, frame: number, path?: string): Uint8Array {
  const index = indices.get(file) ?? indexFrames(file, frames, path);
  indices.set(file, index);
  const { fragments, starts } = index;
  return joined(file.bytes, fragments.slice(starts[frame], starts[frame + 1] ?? fragments.length));
}

interface FrameIndex {
  readonly fragments: readonly Fragment[];
  /** Index of the first fragment of every frame. */
  readonly starts: readonly number[];
}

/** Frames of one file are mostly asked for one after the other: its fragments are looked through once. */
const indices = new WeakMap<DicomDataset, FrameIndex>();

function indexFrames(file: DicomDataset, frames: number, path?: string): FrameIndex {
  const about = path === undefined ? {} : { path };
  const { offsets, fragments } = readFragments(file, about);
  const starts = frameStarts(file.bytes, fragments, extendedOffsets(file) ?? offsets, frames);
  if (starts === null)
    throw new Fault(
      'bad-file',
      `The ${fragments.length} fragments of this image do not match its ${frames} frames. Export or send it again.`,
      about,
    );
  return { fragments, starts };
}

/** The offset table and all fragments. */
function readFragments(file: DicomDataset, about: { path?: string }): Encapsulated {
  const element = file.dataset.elements.x7fe00010;
  const { bytes } = file;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: Fragment[] = [];
  let at = element?.dataOffset ?? bytes.length;
  for (;;) {
    if (at + 8 > bytes.length) {
      // Many writers forget the closing delimiter; a file that ends exactly behind a fragment is whole.
      if (at === bytes.length && items.length > 1) break;
      throw cutOff(about);
    }
    const tag = view.getUint32(at, true);
    const length = view.getUint32(at + 4, true);
    if (tag === SEQUENCE_DELIMITER) break;
    if (tag !== ITEM) throw new Fault('bad-file', 'The fragments of this image are damaged.', about);
    if (at + 8 + length > bytes.length) throw cutOff(about);
    items.push({ start: at + 8, end: at + 8 + length });
    at += 8 + length;
  }
  const [table, ...fragments] = items;
  if (!table || fragments.length === 0)
    throw new Fault('bad-pixels', 'This DICOM file declares an image but holds no pixels.', about);
  const offsets: number[] = [];
  for (let entry = table.start; entry + 4 <= table.end; entry += 4) offsets.push(view.getUint32(entry, true));
  return { offsets, fragments };
}

/**
 * The fragments of encapsulated pixel data as the compressed streams that they make: one a frame, as far as that can be
 * told. Positions are those of `file.bytes`.
 * @throws Fault `bad-file` where the fragments are cut off or damaged.
 */
export function streamsOf(
  file: DicomDataset,
  frames: number,
  path?: string,
): { readonly streams: readonly (readonly Fragment[])[]; readonly end: number } {
  const { offsets, fragments } = readFragments(file, path === undefined ? {} : { path });
  const starts =
    frameStarts(file.bytes, fragments, extendedOffsets(file) ?? offsets, frames) ??
    fragments.flatMap((fragment, i) => (i === 0 || beginsStream(file.bytes, fragment) ? [i] : []));
  const streams = starts.map((start, i) => fragments.slice(start, starts[i + 1] ?? fragments.length));
  return { streams, end: (fragments.at(-1) as Fragment).end };
}

/** Extended Offset Table (7FE0,0001): 64-bit offsets, for images beyond 4 GB. */
function extendedOffsets(file: DicomDataset): number[] | null {
  const table = bytesOf(file.dataset, 'x7fe00001');
  if (!table || table.length < 8) return null;
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const offsets: number[] = [];
  for (let at = 0; at + 8 <= table.length; at += 8) offsets.push(Number(view.getBigUint64(at, true)));
  return offsets;
}

/** Index of the first fragment of every frame, or null where that cannot be told. */
function frameStarts(
  bytes: Uint8Array,
  fragments: readonly Fragment[],
  offsets: readonly number[],
  frames: number,
): number[] | null {
  if (frames === 1) return [0];
  if (offsets.length === frames) {
    const base = (fragments[0] as Fragment).start;
    const byOffset = new Map(fragments.map(({ start }, i) => [start - base, i]));
    const starts = offsets.map((offset) => byOffset.get(offset) ?? -1);
    if (starts.every((start, i) => start >= 0 && (i === 0 || start > (starts[i - 1] as number)))) return starts;
  }
  if (fragments.length === frames) return fragments.map((_, i) => i);
  // Several fragments per frame and no table: a frame begins where a fragment begins a JPEG or JPEG 2000 stream.
  const starts = fragments.flatMap((fragment, i) => (beginsStream(bytes, fragment) ? [i] : []));
  return starts.length === frames ? starts : null;
}

function beginsStream(bytes: Uint8Array, { start, end }: Fragment): boolean {
  if (end - start < 3 || bytes[start] !== 0xff) return false;
  const isJpeg = bytes[start + 1] === 0xd8 && bytes[start + 2] === 0xff;
  const isJpeg2000 = bytes[start + 1] === 0x4f && bytes[start + 2] === 0xff;
  return isJpeg || isJpeg2000;
}

function joined(bytes: Uint8Array, fragments: readonly Fragment[]): Uint8Array {
  const [first] = fragments;
  if (fragments.length === 1 && first) return bytes.subarray(first.start, first.end);
  return Buffer.concat(fragments.map(({ start, end }) => bytes.subarray(start, end)));
}

function cutOff(about: { path?: string }): Fault {
  return new Fault('bad-file', 'This DICOM file is cut off inside its pixels. Export or send it again.', about);
}
