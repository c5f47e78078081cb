/** Reads regions and maps that belong to images: measurement reports (TID 1500), Segmentations, Parametric Maps. */
import type { DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';
import {
  bytesOf,
  characterSetsOf,
  type DicomDataset,
  itemsOf,
  numberOf,
  parseDataset,
  readFileBytes,
  shortOf,
  stringOf,
  textOf,
} from './dataset.ts';

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

export interface ResultFile {
  readonly kind: ResultKind;
  readonly sopInstanceUid: string;
  readonly studyInstanceUid: string;
  /** Series description. */
  readonly label: string;
  readonly regions: readonly ReportRegion[];
  readonly masks: readonly SegmentMask[];
  readonly maps: readonly ValueMap[];
}

const KINDS: Readonly<Record<string, ResultKind>> = {
  '1.2.840.10008.5.1.4.1.1.88.33': 'sr',
  '1.2.840.10008.5.1.4.1.1.88.34': 'sr',
  '1.2.840.10008.5.1.4.1.1.66.4': 'seg',
  '1.2.840.10008.5.1.4.1.1.30': 'pmap',
};

/** Which kind of result a data set is; null for images and all else. */
export const resultKindOf = ({ dataset }: DicomDataset): ResultKind | null =>
  KINDS[stringOf(dataset, 'x00080016')] ?? null;

/** @throws Fault `not-found`, `bad-file`, `unsupported` where it holds nothing that belongs to a frame of an image */
export function readResultFile(path: string): ResultFile {
  const file = parseDataset(readFileBytes(path), path);
  const { dataset } = file;
  const kind = resultKindOf(file);
  if (kind === null) throw new Fault('unsupported', 'This is no report, segmentation or parametric map.', { path });
  const result: ResultFile = {
    kind,
    sopInstanceUid: stringOf(dataset, 'x00080018'),
    studyInstanceUid: stringOf(dataset, 'x0020000d'),
    label: textOf(dataset, 'x0008103e', characterSetsOf(dataset)),
    regions: kind === 'sr' ? reportRegions(dataset) : [],
    masks: kind === 'seg' ? segmentMasks(dataset, path) : [],
    maps: kind === 'pmap' ? valueMaps(dataset, path) : [],
  };
  if (result.regions.length + result.masks.length + result.maps.length === 0)
    throw new Fault('unsupported', 'This file holds no outline, mask or map of an image that could be shown.', {
      path,
    });
  return result;
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
        const outline = floatsOf(region, 'x00700022');
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

/** Little endian whatever the machine is, and wherever the element begins. */
function floatsOf(dataset: DataSet, tag: string): number[] {
  const bytes = bytesOf(dataset, tag) ?? new Uint8Array();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true));
}

interface PlacedFrame extends SourceFrame {
  readonly groups: DataSet;
}

/** Frames with the source frame that each was derived from; those without one cannot be placed. */
function derivedFrames(dataset: DataSet): readonly (PlacedFrame | null)[] {
  return itemsOf(dataset, 'x52009230').map((groups) => {
    const [derivation] = itemsOf(groups, 'x00089124');
    const [source] = itemsOf(derivation, 'x00082112');
    return source ? { ...sourceOf(source), groups } : null;
  });
}

function segmentMasks(dataset: DataSet, path: string): readonly SegmentMask[] {
  const [columns, rows] = [shortOf(dataset, 'x00280011') ?? 0, shortOf(dataset, 'x00280010') ?? 0];
  const frames = derivedFrames(dataset);
  const bits = bytesOf(dataset, 'x7fe00010') ?? new Uint8Array();
  if (stringOf(dataset, 'x00620001') !== 'BINARY' || dataset.elements.x7fe00010?.hadUndefinedLength)
    throw new Fault('unsupported', 'Only binary, uncompressed segmentations can be shown.', { path });
  if (bits.length * 8 < columns * rows * frames.length) throw tooShort(path);
  const sets = characterSetsOf(dataset);
  const segments = new Map(itemsOf(dataset, 'x00620002').map((item) => [shortOf(item, 'x00620004'), item]));
  return frames.flatMap((frame, index): SegmentMask[] => {
    if (!frame) return [];
    const segment = segments.get(shortOf(itemsOf(frame.groups, 'x0062000a')[0] ?? dataset, 'x0062000b'));
    return [
      {
        sopInstanceUid: frame.sopInstanceUid,
        frame: frame.frame,
        label: segment ? textOf(segment, 'x00620005', sets) : '',
        trackingUid: segment ? stringOf(segment, 'x00620021') : '',
        columns,
        rows,
        mask: unpackBits(bits, index * columns * rows, columns * rows),
      },
    ];
  });
}

/** The first pixel is the lowest bit; frames follow each other without gaps (PS3.5 8.1.1). */
function unpackBits(bytes: Uint8Array, from: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (Number(bytes[(from + i) >> 3]) >> ((from + i) & 7)) & 1);
}

function valueMaps(dataset: DataSet, path: string): readonly ValueMap[] {
  const [columns, rows] = [shortOf(dataset, 'x00280011') ?? 0, shortOf(dataset, 'x00280010') ?? 0];
  const frames = derivedFrames(dataset);
  const values = Float32Array.from(floatsOf(dataset, 'x7fe00008'));
  if (values.length < columns * rows * frames.length) throw tooShort(path);
  const [shared] = itemsOf(dataset, 'x52009229');
  const [mapping] = itemsOf(shared, 'x00409096');
  const quantity = mapping ? textOf(mapping, 'x00283003', characterSetsOf(dataset)) : '';
  return frames.flatMap((frame, index): ValueMap[] => {
    if (!frame) return [];
    const { sopInstanceUid, frame: number } = frame;
    const from = index * columns * rows;
    return [
      { sopInstanceUid, frame: number, quantity, columns, rows, values: values.slice(from, from + columns * rows) },
    ];
  });
}

const tooShort = (path: string) =>
  new Fault('bad-file', 'This file holds fewer pixels than it declares. Export or send it again.', { path });
