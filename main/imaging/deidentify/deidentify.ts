/**
 * De-identifies one DICOM file by the Basic Application Level Confidentiality Profile (PS3.15 annex E). Table E.1-1 says
 * what happens to each attribute; beyond it everything that nobody knows is removed, every date moves, every UID that is
 * not DICOM's own is replaced, and every text that still holds a name, number or date of the original is emptied.
 */
import type { DataSet, Element } from 'dicom-parser';
import { Fault } from '../../fault.ts';
import { isCompressed } from '../codecs.ts';
import {
  bytesOf,
  DEFLATED_LITTLE_ENDIAN,
  type DicomDataset,
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
  itemsOf,
  parseDataset,
  stringOf,
  tagName,
} from '../dataset.ts';
import { frameCount } from '../header.ts';
import { cleanPixels } from './clean-pixels.ts';
import { vrOf } from './dictionary.ts';
import { type Identifiers, identifiersOf } from './identifiers.ts';
import { PATIENT_CHARACTERISTICS, PROFILE } from './profile-table.ts';
import { type Pseudonyms, pseudonymsOf, shiftDate } from './pseudonyms.ts';
import { type Encoding, type OutElement, writeFile } from './write-dataset.ts';

export interface DeidentifyOptions {
  /** Secret; the same key gives the same pseudonyms. */
  readonly key: Uint8Array;
  /** `shifted` keeps the days between a patient's dates (Retain Longitudinal Temporal Information Modified Dates). */
  readonly dates: 'shifted' | 'removed';
  /** Sex, age, size and weight stay (Retain Patient Characteristics). */
  readonly keepPatientCharacteristics: boolean;
}

export interface Deidentified {
  readonly bytes: Uint8Array;
  readonly patientId: string;
  readonly studyUid: string;
  readonly seriesUid: string;
  readonly instanceUid: string;
  /** What a person should look at before the file leaves the house. */
  readonly notes: readonly string[];
}

/** What the rewriting of one data set needs to know. */
interface Rewriting {
  readonly options: DeidentifyOptions;
  readonly pseudonyms: Pseudonyms;
  readonly patient: ReturnType<Pseudonyms['patient']>;
  readonly identifiers: Identifiers;
  /** Inside structured content, where any text may name somebody: only codes and numbers stay. */
  readonly strict: boolean;
}

/**
 * @throws Fault `bad-file` (not DICOM, damaged), `unsupported` (an index, a document, or an image that says that a
 * person's identity is drawn into its pixels).
 */
export function deidentify(bytes: Uint8Array, options: DeidentifyOptions, path?: string): Deidentified {
  const file = parseDataset(bytes, path);
  const { dataset } = file;
  refuseWhatCannotBeCleaned(dataset, path);
  const pseudonyms = pseudonymsOf(options.key);
  const patient = pseudonyms.patient(patientIdentity(dataset));
  const identifiers = identifiersOf(dataset);
  const elements = rewrite(dataset, { options, pseudonyms, patient, identifiers, strict: false });
  const { encoding, transferSyntax } = outputForm(file);
  const pixels = cleanPixels(file, frameCount(dataset), path);
  refusePixelsThatName(pixels, identifiers, path);
  const withPixels = [...elements, ...recordOf(options), ...(pixels ? [pixels] : [])];
  const uidOf = (tag: string) => pseudonyms.uid(stringOf(dataset, tag));
  const instanceUid = uidOf('x00080018');
  return {
    bytes: writeFile(metaOf(dataset, instanceUid, transferSyntax), withPixels, encoding),
    patientId: patient.id,
    studyUid: uidOf('x0020000d'),
    seriesUid: uidOf('x0020000e'),
    instanceUid,
    notes: [...notesOn(dataset), ...notesOnCodes(withPixels, identifiers)],
  };
}

function refuseWhatCannotBeCleaned(dataset: DataSet, path?: string): void {
  const about = path === undefined ? {} : { path };
  if (stringOf(dataset, 'x00080018') === '' || 'x00041220' in dataset.elements)
    throw new Fault('unsupported', 'This is not an image or report of a patient; it is left out.', about);
  if ('x00420011' in dataset.elements)
    throw new Fault('unsupported', 'This file holds a whole document, which cannot be de-identified here.', about);
  if (stringOf(dataset, 'x00280301').toUpperCase() === 'YES')
    throw new Fault(
      'unsupported',
      'This image says that text is drawn into its pixels (Burned In Annotation), which is not removed here.',
      about,
    );
}

/** What all files of one patient have in common. */
function patientIdentity(dataset: DataSet): string {
  const id = [stringOf(dataset, 'x00100020'), stringOf(dataset, 'x00100021')].join('|');
  if (id !== '|') return id;
  return [stringOf(dataset, 'x00100010'), stringOf(dataset, 'x00100030'), stringOf(dataset, 'x0020000d')].join('|');
}

function rewrite(dataset: DataSet, rewriting: Rewriting): OutElement[] {
  return Object.values(dataset.elements).flatMap((element) => {
    const vr = vrOf(element);
    if (vr === null || isLeftOut(element.tag)) return [];
    return rewriteElement(dataset, element, vr, rewriting);
  });
}

/** Written by `recordOf`. */
const RECORD = new Set(['x00120062', 'x00120063', 'x00120064', 'x00280303']);

/** Group lengths, file meta, private elements, curves, overlays, and the pixels with what follows them. */
function isLeftOut(tag: string): boolean {
  if (RECORD.has(tag)) return true;
  const group = Number.parseInt(tag.slice(1, 5), 16);
  const isCurveOrOverlay = (group & 0xff00) === 0x5000 || (group & 0xff00) === 0x6000;
  return group % 2 === 1 || group <= 0x0004 || tag.endsWith('0000') || isCurveOrOverlay || tag >= 'x7fe00010';
}

const FREE_TEXT = new Set(['LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'UR', 'PN', 'AE', 'AS', 'UN', 'OB']);
const DATES = new Set(['DA', 'DT']);
/** Numbers and codes are read by machines: `M`, `1` or `MR` in them is no name, and without them the image is lost. */
const MAY_NAME = new Set(['LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'UR', 'AE', 'UN']);
const BYTES = new Set(['OB', 'OW']);
/** Texts of a few defined words, without which pixel values mean nothing: Rescale Type and Modality LUT Type (`HU`). */
const UNITS = new Set(['x00281054', 'x00283004']);
/** Codes say what kind of thing is meant, never who (PS3.3 section 8): value, scheme, meaning, version. */
const CODES = new Set(['x00080100', 'x00080102', 'x00080103', 'x00080104', 'x0040a040', 'x0040a010', 'x0040db00']);
const IDENTIFYING_CODES = new Set(['x00401101', 'x0040a088']);

function rewriteElement(dataset: DataSet, element: Element, vr: string, rewriting: Rewriting): OutElement[] {
  const { tag } = element;
  const { options, patient, identifiers } = rewriting;
  const kept = options.keepPatientCharacteristics && PATIENT_CHARACTERISTICS.has(tag);
  const action = kept ? undefined : PROFILE.get(tag);
  const text = (value: string): OutElement[] => [{ tag, vr, value: { bytes: Buffer.from(value, 'latin1') } }];
  if (tag === 'x00100010') return text(patient.name);
  if (tag === 'x00100020') return text(patient.id);
  if (tag === 'x00100030') return text('');
  if (tag === 'x00100032') return [];
  if (DATES.has(vr)) return rewriteDate(dataset, element, vr, rewriting);
  if (vr === 'TM' && options.dates === 'shifted') return rewriteTime(dataset, element);
  if (vr === 'UI') return rewriteUids(dataset, tag, action, rewriting);
  if (action === 'X') return [];
  if (vr === 'SQ') return rewriteSequence(dataset, element, action, rewriting);
  if (action === 'Z' || action === 'X/Z') return text('');
  if (action !== undefined) return text(dummyOf(vr));
  const bytes = bytesOf(dataset, tag) ?? new Uint8Array();
  const suspect = rewriting.strict && FREE_TEXT.has(vr) && !CODES.has(tag);
  return suspect || vr === 'PN' || naming(tag, vr, bytes, identifiers) ? text('') : [{ tag, vr, value: { bytes } }];
}

function naming(tag: string, vr: string, bytes: Uint8Array, identifiers: Identifiers): boolean {
  if (MAY_NAME.has(vr) && !UNITS.has(tag)) return identifiers.areInText(bytes, !CODES.has(tag));
  return BYTES.has(vr) && identifiers.areInBytes(bytes);
}

/** Dates move or go, whatever their attribute: under the Modified Dates Option the table says C for all of them. */
function rewriteDate(dataset: DataSet, { tag }: Element, vr: string, { options, patient }: Rewriting): OutElement[] {
  const values = stringOf(dataset, tag) === '' ? [] : readValues(dataset, tag);
  const moved = options.dates === 'shifted' ? values.map((value) => shiftDate(value, patient.shiftDays) ?? '') : [];
  return [{ tag, vr, value: { bytes: Buffer.from(moved.join('\\'), 'latin1') } }];
}

/** Dates move by whole days, so that times of day go on telling what came before what. */
function rewriteTime(dataset: DataSet, { tag }: Element): OutElement[] {
  const times = readValues(dataset, tag).map((value) => (/^[\d:.\- ]*$/.test(value) ? value : ''));
  return [{ tag, vr: 'TM', value: { bytes: Buffer.from(times.join('\\'), 'latin1') } }];
}

const readValues = (dataset: DataSet, tag: string): string[] =>
  Buffer.from(bytesOf(dataset, tag) ?? [])
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .split('\\');

/** DICOM's own UIDs, and those of classes and coding schemes, name kinds of things and no patient. */
const KINDS = new Set(['x00080016', 'x0008001a', 'x0008001b', 'x00081150', 'x0008010c', 'x00080117', 'x0008001d']);

function rewriteUids(
  dataset: DataSet,
  tag: string,
  action: string | undefined,
  { pseudonyms }: Rewriting,
): OutElement[] {
  if (action === 'X') return [];
  const bytes = bytesOf(dataset, tag) ?? new Uint8Array();
  if (KINDS.has(tag)) return [{ tag, vr: 'UI', value: { bytes } }];
  const uids = readValues(dataset, tag).map((uid) =>
    uid === '' || uid.startsWith('1.2.840.10008.') ? uid : pseudonyms.uid(uid),
  );
  return [{ tag, vr: 'UI', value: { bytes: Buffer.from(uids.join('\\'), 'latin1') } }];
}

/** Sequences that stay are cleaned item by item. Those to be replaced keep their structure and lose their text. */
function rewriteSequence(
  dataset: DataSet,
  { tag, items, length }: Element,
  action: string | undefined,
  rewriting: Rewriting,
): OutElement[] {
  if (action === 'X/Z' || action === 'Z' || action === 'X/D' || action === 'X/Z/D')
    return [{ tag, vr: 'SQ', value: { items: [] } }];
  // Of a length but without items: nobody looked inside, so nothing of it may stay.
  if (!items && length > 0) return [];
  if (IDENTIFYING_CODES.has(tag)) return [{ tag, vr: 'SQ', value: { items: [] } }];
  const inside = { ...rewriting, strict: rewriting.strict || action === 'D' };
  return [{ tag, vr: 'SQ', value: { items: itemsOf(dataset, tag).map((item) => rewrite(item, inside)) } }];
}

/** A value that says nothing, for attributes that may not be empty. */
function dummyOf(vr: string): string {
  if (vr === 'TM') return '000000'; // where times are removed
  if (vr === 'AS') return '000Y';
  if (vr === 'PN') return 'Anonymous';
  if (['LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'CS', 'AE'].includes(vr)) return 'ANONYMOUS';
  return ['IS', 'DS'].includes(vr) ? '0' : '';
}

/** Deflated files are written plainly; all others keep their encoding, and compressed pixels theirs. */
function outputForm({ transferSyntax, dataset }: DicomDataset): { encoding: Encoding; transferSyntax: string } {
  if (transferSyntax === EXPLICIT_BIG_ENDIAN) return { encoding: 'explicit-big', transferSyntax };
  const explicit = Object.values(dataset.elements).some(({ vr }) => vr !== undefined);
  // Some writers leave out the VRs of compressed files, which no transfer syntax allows: they get them here.
  if (isCompressed(transferSyntax)) return { encoding: 'explicit-little', transferSyntax };
  if (!explicit) return { encoding: 'implicit-little', transferSyntax: IMPLICIT_LITTLE_ENDIAN };
  const plain = transferSyntax === DEFLATED_LITTLE_ENDIAN || transferSyntax === IMPLICIT_LITTLE_ENDIAN;
  return { encoding: 'explicit-little', transferSyntax: plain ? EXPLICIT_LITTLE_ENDIAN : transferSyntax };
}

/** Of this application, below 2.25 as PS3.5 annex B.2 allows. */
const IMPLEMENTATION = '2.25.302847561029384756102938475610293847561';

function metaOf(dataset: DataSet, instanceUid: string, transferSyntax: string): OutElement[] {
  const sopClass = stringOf(dataset, 'x00080016') || stringOf(dataset, 'x00020002');
  const text = (tag: string, vr: string, value: string): OutElement => ({
    tag,
    vr,
    value: { bytes: Buffer.from(value) },
  });
  return [
    { tag: 'x00020001', vr: 'OB', value: { bytes: Uint8Array.of(0, 1) } },
    text('x00020002', 'UI', sopClass),
    text('x00020003', 'UI', instanceUid),
    text('x00020010', 'UI', transferSyntax),
    text('x00020012', 'UI', IMPLEMENTATION),
    text('x00020013', 'SH', 'MEDICLIP_WS'),
  ];
}

/** That and how identity was removed: codes of PS3.16 CID 7050 in (0012,0064). */
function recordOf({ dates, keepPatientCharacteristics }: DeidentifyOptions): OutElement[] {
  const text = (tag: string, vr: string, value: string): OutElement => ({
    tag,
    vr,
    value: { bytes: Buffer.from(value) },
  });
  const codes: [string, string][] = [
    ['113100', 'Basic Application Confidentiality Profile'],
    ...(keepPatientCharacteristics ? [['113108', 'Retain Patient Characteristics Option'] as [string, string]] : []),
    ...(dates === 'shifted'
      ? [['113107', 'Retain Longitudinal Temporal Information Modified Dates Option'] as [string, string]]
      : []),
  ];
  const items = codes.map(([value, meaning]) => [
    text('x00080100', 'SH', value),
    text('x00080102', 'SH', 'DCM'),
    text('x00080104', 'LO', meaning),
  ]);
  return [
    text('x00120062', 'CS', 'YES'),
    // The text of reports is gone, and with it what they said of their use.
    text('x00120063', 'LO', 'PS3.15 annex E, table E.1-1 of 2024b; not for diagnostic use'),
    { tag: 'x00120064', vr: 'SQ', value: { items } },
    text('x00280303', 'CS', dates === 'shifted' ? 'MODIFIED' : 'REMOVED'),
  ];
}

/** Modalities that draw names and dates into their pixels as a habit. */
const DRAWS_TEXT = ['US', 'SC', 'OT', 'XC', 'ES', 'GM', 'OP', 'SM', 'XA', 'RF'];

function notesOn(dataset: DataSet): string[] {
  const modality = stringOf(dataset, 'x00080060');
  const said = stringOf(dataset, 'x00280301').toUpperCase();
  if (said === 'NO' || !('x7fe00010' in dataset.elements)) return [];
  return DRAWS_TEXT.includes(modality)
    ? [
        `Images of modality ${modality} often have names drawn into their pixels, and this one does not say that it has none.`,
      ]
    : [];
}

/** Comments and hidden bits are gone: what still names somebody stands where this version does not look. */
function refusePixelsThatName(pixels: OutElement | null, identifiers: Identifiers, path?: string): void {
  if (pixels === null || 'items' in pixels.value) return;
  const bytes = 'bytes' in pixels.value ? pixels.value.bytes : pixels.value.encapsulated;
  if (identifiers.areInBytes(bytes))
    throw new Fault('unsupported', 'The pixels of this image hold a name, number or date of the patient as text.', {
      ...(path === undefined ? {} : { path }),
    });
}

/** Codes stay for the sake of the image; one that is spelled like the patient's name or number is worth a look. */
function notesOnCodes(elements: readonly OutElement[], identifiers: Identifiers): string[] {
  return elements.flatMap(({ tag, vr, value }): string[] => {
    if ('items' in value) return value.items.flatMap((item) => notesOnCodes(item, identifiers));
    if (!('bytes' in value) || !['CS', 'DS', 'IS', 'TM', 'AS'].includes(vr)) return [];
    return identifiers.areValues(value.bytes)
      ? [`${tagName(tag)} holds a value that is spelled like a name or number of the patient.`]
      : [];
  });
}
