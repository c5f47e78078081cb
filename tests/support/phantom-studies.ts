/** Small fictional studies as DICOM files, and files that are wrong in one way each. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { derivedUid } from '../../main/imaging/header.ts';
import { drawPhantom, HELD_OUT_SEEDS, type PhantomKind } from '../../main/phantoms/phantom.ts';
import { phantomFile } from '../../main/services/demo-dicom.ts';

export interface PhantomStudy {
  /** Distinguishes studies, and draws another patient. */
  readonly number: number;
  readonly kind?: PhantomKind;
  readonly slices?: number;
  /** A name from `lesionKinds`; on every slice. */
  readonly lesion?: string;
  /** Pixels */
  readonly side?: number;
  /** Of the same slices each; 1 when absent. */
  readonly series?: number;
  /** Whose study it is; a patient of its own when absent. */
  readonly patient?: number;
  /** DA */
  readonly date?: string;
}

export interface WrittenStudy {
  readonly studyInstanceUid: string;
  readonly patientId: string;
  readonly folder: string;
  readonly paths: readonly string[];
}

/** Writes `slices` files (1 when absent) of each series into a folder of their own below `folder`. */
export function writePhantomStudy(folder: string, study: PhantomStudy): WrittenStudy {
  const { number, slices = 1, series = 1 } = study;
  const kind = study.kind ?? 'ct-head';
  const own = join(folder, `${kind}-${number}`);
  mkdirSync(own, { recursive: true });
  const paths = Array.from({ length: series * slices }, (_, place) => join(own, `${place + 1}.dcm`));
  for (const [place, path] of paths.entries())
    writeFileSync(path, phantomSlice(study, place % slices, Math.floor(place / slices) + 1));
  const studyInstanceUid = derivedUid('study', `test/${kind}/${number}`);
  return { studyInstanceUid, patientId: patientId(study), folder: own, paths };
}

const patientId = ({ kind = 'ct-head', number, patient = number }: PhantomStudy) =>
  `TEST-${kind.toUpperCase()}-${patient}`;

function phantomSlice(study: PhantomStudy, slice: number, seriesNumber = 1): Uint8Array {
  const { number, kind = 'ct-head', slices = 1, lesion = null, side = 96, patient = number } = study;
  const level = slices === 1 ? 0.5 : 0.4 + (0.3 * slice) / (slices - 1);
  const phantom = drawPhantom(kind, HELD_OUT_SEEDS + patient, { size: side, lesion, level });
  const key = `test/${kind}/${number}`;
  const seriesKey = seriesNumber === 1 ? key : `${key}/series ${seriesNumber}`;
  return phantomFile(phantom, {
    studyInstanceUid: derivedUid('study', key),
    seriesInstanceUid: derivedUid('series', seriesKey),
    sopInstanceUid: derivedUid('instance', `${seriesKey}/${slice}`),
    instanceNumber: slice + 1,
    patientName: `FICTIONAL^${lesion === null ? 'NORMAL' : 'CASE'} ${patient}`,
    patientId: patientId(study),
    studyDescription: `Fictional phantom ${number}`,
    sliceSpacing: 5,
    studyDate: study.date,
    seriesNumber,
  });
}

/** A bad file, and what the sentence about it must say. */
export interface BadFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly says: RegExp;
}

/** One file for every way of being bad that an import must survive. */
export function badFiles(): readonly BadFile[] {
  const good = phantomSlice({ number: 900 }, 0);
  const pixelData = indexOfTag(good, 0x7fe0, 0x0010);
  return [
    {
      name: 'letter.dcm',
      bytes: Buffer.from('Dear colleague,\nthank you for the images.\n'.repeat(20)),
      says: /DICOM/,
    },
    { name: 'truncated.dcm', bytes: good.subarray(0, pixelData + 2000), says: /truncated|cut off|incomplete|ends/i },
    { name: 'no-pixels.dcm', bytes: good.subarray(0, pixelData), says: /no (image|pixel|picture)/i },
    { name: 'zero.dcm', bytes: withSides(good, 0, 0), says: /0 x 0 pixels/ },
    { name: 'huge.dcm', bytes: withSides(good, 40_000, 40_000), says: /40,?000 x 40,?000 pixels/ },
    { name: 'zero.png', bytes: pngOf(0, 0), says: /PNG|pixels|damaged/ },
    { name: 'huge.png', bytes: pngOf(40_000, 40_000), says: /40,?000 x 40,?000 pixels/ },
  ];
}

/** The same file with other Rows (0028,0010) and Columns (0028,0011). */
function withSides(file: Uint8Array, rows: number, columns: number): Uint8Array {
  const changed = Buffer.from(file);
  // Explicit VR little endian: tag, 'US', length 2, value.
  changed.writeUInt16LE(rows, indexOfTag(file, 0x0028, 0x0010) + 8);
  changed.writeUInt16LE(columns, indexOfTag(file, 0x0028, 0x0011) + 8);
  return changed;
}

function indexOfTag(file: Uint8Array, group: number, element: number): number {
  const tag = Buffer.alloc(4);
  tag.writeUInt16LE(group, 0);
  tag.writeUInt16LE(element, 2);
  const at = Buffer.from(file).indexOf(tag, 132);
  if (at < 0) throw new Error('The file has no such element.');
  return at;
}

/** A PNG of one bit per pixel, all black (PNG specification, 5.3 and 11.2). */
function pngOf(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))), { level: 1 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}
