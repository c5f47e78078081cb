/** Reads regions and maps that belong to images: measurement reports (TID 1500), Segmentations, Parametric Maps. */
import type { DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';
import {
  bytesOf,
  characterSetsOf,
  type DicomDataset,
  type FileContent,
  itemsOf,
  numberOf,
  parseDataset,
  pathOf,
  readFileBytes,
  shortOf,
  stringOf,
  textOf,
} from './dataset.ts';
import { frameCount } from './header.ts';

export type ResultKind = 'sr' | 'seg' | 'pmap';

/** A frame of an image in the same study; frames count from 0. */
interface SourceFrame {
  readonly sopInstanceUid: string;
  readonly frame: number;
}

export interface ReportRegion extends SourceFrame {
  readonly label: string;
  readonly trackingUid: string;
  readonly comment: string;
  /** Of what this application wrote; null elsewhere. */
  readonly score: number | null;
  /** Pixels of the image: x0, y0, x1, y1, ... */
  readonly outline: readonly number[];
}

export interface SegmentMask extends SourceFrame {
  readonly label: string;
  readonly trackingUid: string;
  readonly columns: number;
  readonly rows: number;
  /** 0 or 1, row by row. */
  readonly mask: Uint8Array;
}

export interface ValueMap extends SourceFrame {
  /** What its values are, e.g. `Anomaly score`. */
  readonly quantity: string;
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
}

/** What a rejection note, or a report that has predecessors, says of earlier objects. */
export interface Withdrawal {
  readonly how: 'rejected' | 'replaced';
  readonly sopInstanceUids: readonly string[];
}

export interface ResultFile {
  /** `kos`: a rejection note, which holds nothing of its own. */
  readonly kind: ResultKind | 'kos';
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  /** Series description. */
  readonly label: string;
  readonly regions: readonly ReportRegion[];
  readonly masks: readonly SegmentMask[];
  readonly maps: readonly ValueMap[];
  readonly withdraws: Withdrawal;
}

const KEY_OBJECTS = '1.2.840.10008.5.1.4.1.1.88.59';
/** Titles of notes that take objects out of use (IHE Imaging Object Change Management). */
const REJECTIONS = ['113001', '113037', '113038', '113039'];
const KINDS: Readonly<Record<string, ResultKind>> = {
  '1.2.840.10008.5.1.4.1.1.88.33': 'sr',
  '1.2.840.10008.5.1.4.1.1.88.34': 'sr',
  '1.2.840.10008.5.1.4.1.1.66.4': 'seg',
  '1.2.840.10008.5.1.4.1.1.30': 'pmap',
};

/**
 * Which kind of result a data set is; null for images and all else. Segmentations and maps that no image is named for, or
 * of a kind that cannot be laid over one, are images.
 */
export function resultKindOf({ dataset }: DicomDataset): ResultFile['kind'] | null {
  if (stringOf(dataset, 'x00080016') === KEY_OBJECTS) return REJECTIONS.includes(conceptOf(dataset)) ? 'kos' : null;
  const kind = KINDS[stringOf(dataset, 'x00080016')] ?? null;
  return kind === null || kind === 'sr' || canBePlaced(dataset, kind) ? kind : null;
}

/**
 * @param only leaves out masks and maps of other frames: those of a large study are many
 * @throws Fault `not-found`, `bad-file`, `unsupported` where it holds nothing that belongs to a frame of an image
 */
export function readResultFile(content: FileContent, only?: SourceFrame): ResultFile {
  const path = pathOf(content);
  const file = parseDataset(readFileBytes(content), path);
  const { dataset } = file;
  const kind = resultKindOf(file);
  if (kind === null) throw new Fault('unsupported', 'This is no report, segmentation or parametric map.', { path });
  const result: ResultFile = {
    kind,
    sopInstanceUid: stringOf(dataset, 'x00080018'),
    studyInstanceUid: stringOf(dataset, 'x0020000d'),
    label: textOf(dataset, 'x0008103e', characterSetsOf(dataset)),
    regions: kind === 'sr' ? reportRegions(dataset) : [],
    masks: kind === 'seg' ? segmentMasks(dataset, path, only) : [],
    maps: kind === 'pmap' ? valueMaps(dataset, path, only) : [],
    withdraws: withdrawalOf(dataset, kind),
  };
  const parts = [result.regions, result.masks, result.maps, result.withdraws.sopInstanceUids];
  if (!only && parts.every(({ length }) => length === 0))
    throw new Fault('unsupported', 'This file holds no outline, mask or map of an image that could be shown.', {
      path,
    });
  return result;
}

/** Objects that a rejection note names; of a report those that it replaces: Predecessor Documents Sequence. */
function withdrawalOf(dataset: DataSet, kind: ResultFile['kind']): Withdrawal {
  const named = (sequence: string, items: readonly DataSet[]) =>
    items.flatMap((item) => itemsOf(item, sequence)).map((reference) => stringOf(reference, 'x00081155'));
  if (kind === 'kos') return { how: 'rejected', sopInstanceUids: named('x00081199', contentOf(dataset)) };
  const series = itemsOf(dataset, 'x0040a360').flatMap((study) => itemsOf(study, 'x00081115'));
  return { how: 'replaced', sopInstanceUids: named('x00081199', series) };
}

/** Measurement groups (TID 1410) with an outline on an image. */
function reportRegions(root: DataSet): readonly ReportRegion[] {
  const sets = characterSetsOf(root);
  const groups = contentOf(root)
    .flatMap(contentOf)
    .filter((item) => conceptOf(item) === '125007');
  return groups.flatMap((group) => {
    const items = contentOf(group);
    const named = (concept: string) => items.find((item) => conceptOf(item) === concept);
    const words = (concept: string) => {
      const found = named(concept);
      return found ? textOf(found, 'x0040a160', sets) : '';
    };
    const trackingUid = stringOf(named('112040') ?? root, 'x0040a124');
    const measured = itemsOf(named('ANOMALY_SCORE'), 'x0040a300')[0];
    const score = measured ? numberOf(measured, 'x0040a30a') : null;
    return items
      .filter((item) => stringOf(item, 'x0040a040') === 'SCOORD' && stringOf(item, 'x00700023') === 'POLYLINE')
      .flatMap((region): ReportRegion[] => {
        const [image] = contentOf(region).flatMap((item) => itemsOf(item, 'x00081199'));
        if (!image) return [];
        const outline = [...littleEndianFloats(bytesOf(region, 'x00700022') ?? new Uint8Array())];
        return [{ ...sourceOf(image), label: words('112039'), trackingUid, comment: words('121106'), score, outline }];
      });
  });
}

const contentOf = (item: DataSet) => itemsOf(item, 'x0040a730');
const conceptOf = (item: DataSet) => stringOf(itemsOf(item, 'x0040a043')[0] ?? item, 'x00080100');

function sourceOf(reference: DataSet): SourceFrame {
  return {
    sopInstanceUid: stringOf(reference, 'x00081155'),
    frame: (numberOf(reference, 'x00081160') ?? 1) - 1,
  };
}

/** Little endian whatever the machine is, and wherever the bytes begin. */
function littleEndianFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(Math.floor(bytes.length / 4));
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * 4, true);
  return values;
}

interface PlacedFrame extends SourceFrame {
  readonly groups: DataSet;
  /** Among the frames of this object, from 0. */
  readonly index: number;
}

/** Frames with the source frame that each was derived from; those without one cannot be placed. */
function derivedFrames(dataset: DataSet, only: SourceFrame | undefined): readonly PlacedFrame[] {
  const isWanted = ({ sopInstanceUid, frame }: SourceFrame) =>
    !only || (sopInstanceUid === only.sopInstanceUid && frame === only.frame);
  // Some objects were cut down to fewer frames and kept the groups of all.
  const groups = itemsOf(dataset, 'x52009230').slice(0, frameCount(dataset));
  return groups.flatMap((group, index) => {
    const source = sourceImageOf(group);
    return source && isWanted(sourceOf(source)) ? [{ ...sourceOf(source), groups: group, index }] : [];
  });
}

/** The image that a frame was derived from, by its functional groups (PS3.3 C.7.6.16.2.6). */
function sourceImageOf(groups: DataSet): DataSet | undefined {
  const [derivation] = itemsOf(groups, 'x00089124');
  return itemsOf(derivation, 'x00082112')[0];
}

/** Whether frames of a Segmentation or map are of a kind that can be laid over the images that they name. */
function canBePlaced(dataset: DataSet, kind: 'seg' | 'pmap'): boolean {
  const isReadable =
    kind === 'pmap'
      ? 'x7fe00008' in dataset.elements
      : stringOf(dataset, 'x00620001') === 'BINARY' && !dataset.elements.x7fe00010?.hadUndefinedLength;
  return isReadable && itemsOf(dataset, 'x52009230').some((groups) => sourceImageOf(groups) !== undefined);
}

function segmentMasks(
  dataset: DataSet,
  path: string | undefined,
  only: SourceFrame | undefined,
): readonly SegmentMask[] {
  const [columns, rows] = [shortOf(dataset, 'x00280011') ?? 0, shortOf(dataset, 'x00280010') ?? 0];
  const bits = bytesOf(dataset, 'x7fe00010') ?? new Uint8Array();
  if (stringOf(dataset, 'x00620001') !== 'BINARY' || dataset.elements.x7fe00010?.hadUndefinedLength)
    throw new Fault('unsupported', 'Only binary, uncompressed segmentations can be shown.', { path });
  if (bits.length * 8 < columns * rows * frameCount(dataset)) throw tooShort(path);
  const sets = characterSetsOf(dataset);
  const segments = new Map(itemsOf(dataset, 'x00620002').map((item) => [shortOf(item, 'x00620004'), item]));
  return derivedFrames(dataset, only).map(({ sopInstanceUid, frame, groups, index }) => {
    const segment = segments.get(shortOf(itemsOf(groups, 'x0062000a')[0] ?? dataset, 'x0062000b'));
    return {
      sopInstanceUid,
      frame,
      label: segment ? textOf(segment, 'x00620005', sets) : '',
      trackingUid: segment ? stringOf(segment, 'x00620021') : '',
      columns,
      rows,
      mask: unpackBits(bits, index * columns * rows, columns * rows),
    };
  });
}

/** The first pixel is the lowest bit; frames follow each other without gaps (PS3.5 8.1.1). */
function unpackBits(bytes: Uint8Array, from: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (Number(bytes[(from + i) >> 3]) >> ((from + i) & 7)) & 1);
}

function valueMaps(dataset: DataSet, path: string | undefined, only: SourceFrame | undefined): readonly ValueMap[] {
  const [columns, rows] = [shortOf(dataset, 'x00280011') ?? 0, shortOf(dataset, 'x00280010') ?? 0];
  const bytes = bytesOf(dataset, 'x7fe00008') ?? new Uint8Array();
  const size = 4 * columns * rows;
  if (bytes.length < size * frameCount(dataset)) throw tooShort(path);
  const [shared] = itemsOf(dataset, 'x52009229');
  const [mapping] = itemsOf(shared, 'x00409096');
  const quantity = mapping ? textOf(mapping, 'x00283003', characterSetsOf(dataset)) : '';
  return derivedFrames(dataset, only).map(({ sopInstanceUid, frame, index }) => {
    const values = littleEndianFloats(bytes.subarray(index * size, (index + 1) * size));
    return { sopInstanceUid, frame, quantity, columns, rows, values };
  });
}

const tooShort = (path: string | undefined) =>
  new Fault('bad-file', 'This file holds fewer pixels than it declares. Export or send it again.', { path });
