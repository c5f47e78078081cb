import { createHash } from 'node:crypto';
import { basename, dirname, resolve } from 'node:path';
import type { DataSet } from 'dicom-parser';
import { Fault } from '../fault.ts';
import type { CharacterSets } from './charset.ts';
import { isAlwaysLossy } from './codecs.ts';
import {
  bytesOf,
  characterSetsOf,
  type DicomDataset,
  type FileContent,
  itemsOf,
  numberOf,
  numbersOf,
  pathOf,
  personNameOf,
  readDatasetHeader,
  readFileBytes,
  shortOf,
  shortsOf,
  stringOf,
  stringsOf,
  textOf,
} from './dataset.ts';
import { type FileKind, identify } from './identify.ts';
import type {
  FramePlace,
  ImageHeader,
  ImageRegion,
  InstanceHeader,
  PatientHeader,
  PixelSpacing,
  Rescale,
  SeriesHeader,
  StudyHeader,
  ValueRange,
  WindowPreset,
} from './instance.ts';
import { checkFrameCount, checkFrameSize } from './limits.ts';
import { checkPages, photoMetadata } from './photo.ts';
import { shuttersOf } from './shown-area.ts';

export type { InstanceHeader } from './instance.ts';

/** What the caller knows of a photo and its file does not. */
export interface PhotoOrigin {
  /** File name to show; by default that of the path. */
  readonly name?: string;
  /** What photos of one study have in common; by default the folder's absolute path. */
  readonly group?: string;
}

/**
 * Reads what one file says of itself. Pixels are not read, except of photos, whose identity is their content.
 * @throws Fault `not-found`, `bad-file` (not an image file, damaged, cut off), `bad-pixels` (sizes that no image has).
 */
export async function readHeader(file: FileContent, origin: PhotoOrigin = {}): Promise<InstanceHeader> {
  const path = pathOf(file);
  const kind = identify(file);
  if (kind === 'dicom') return dicomHeader(readDatasetHeader(file), path);
  if (kind === 'unknown' || kind === 'zip') throw notAnImage(path, kind);
  return photoHeader(path, readFileBytes(file), kind, origin);
}

/**
 * The image of a header, once its declared sizes are within bounds.
 * @throws Fault `bad-pixels` where there is none or its size is refused.
 */
export function requireImage(header: InstanceHeader, path?: string): ImageHeader {
  const about = path === undefined ? {} : { path };
  if (!header.image)
    throw new Fault('bad-pixels', `This DICOM file holds no image${objectName(header)}. Choose an image.`, about);
  checkFrameSize(header.image.columns, header.image.rows, header.image.samplesPerPixel, path);
  return header.image;
}

/** The header of a parsed DICOM file. @throws Fault `bad-file`, `bad-pixels`. */
export function dicomHeader(file: DicomDataset, path?: string): InstanceHeader {
  const { dataset } = file;
  if ('x00041220' in dataset.elements)
    throw new Fault('bad-file', 'This is the index of a DICOM folder (DICOMDIR), not an image.', aboutPath(path));
  const sets = characterSetsOf(dataset);
  const uids = identifyInstance(file);
  const header: InstanceHeader = {
    source: 'dicom',
    derivedUids: uids.derived,
    patient: patientOf(dataset, sets),
    study: studyOf(dataset, sets, uids.study),
    series: seriesOf(dataset, sets, uids.series),
    instance: {
      sopClassUid: stringOf(dataset, 'x00080016') || stringOf(dataset, 'x00020002'),
      uid: uids.instance,
      number: numberOf(dataset, 'x00200013'),
      transferSyntax: file.transferSyntax,
      imageType: stringsOf(dataset, 'x00080008'),
      label: textOf(dataset, 'x00204000', sets),
    },
    image: imageOf(dataset, file.transferSyntax),
  };
  if (header.image) {
    checkPixelsAreThere(file, requireImage(header, path), path);
    checkFrameCount(header.image.frames, path);
  }
  return header;
}

function patientOf(dataset: DataSet, sets: CharacterSets): PatientHeader {
  return {
    name: personNameOf(dataset, 'x00100010', sets),
    id: textOf(dataset, 'x00100020', sets),
    birthDate: stringOf(dataset, 'x00100030'),
    sex: stringOf(dataset, 'x00100040'),
  };
}

function studyOf(dataset: DataSet, sets: CharacterSets, uid: string): StudyHeader {
  return {
    uid,
    date: stringOf(dataset, 'x00080020'),
    time: stringOf(dataset, 'x00080030'),
    description: textOf(dataset, 'x00081030', sets),
    accessionNumber: textOf(dataset, 'x00080050', sets),
  };
}

function seriesOf(dataset: DataSet, sets: CharacterSets, uid: string): SeriesHeader {
  return {
    uid,
    number: numberOf(dataset, 'x00200011'),
    modality: stringOf(dataset, 'x00080060'),
    bodyPart: stringOf(dataset, 'x00180015'),
    description: textOf(dataset, 'x0008103e', sets),
    manufacturer: textOf(dataset, 'x00080070', sets),
    protocol: textOf(dataset, 'x00181030', sets),
    technique: stringOf(dataset, 'x00180024') || stringsOf(dataset, 'x00181210').join(' '),
    laterality: stringOf(dataset, 'x00200062') || stringOf(dataset, 'x00200060'),
    view: stringOf(dataset, 'x00185101'),
    frameOfReferenceUid: stringOf(dataset, 'x00200052'),
  };
}

function imageOf(dataset: DataSet, transferSyntax: string): ImageHeader | null {
  if (!('x7fe00010' in dataset.elements) && !('x7fe00008' in dataset.elements) && !('x7fe00009' in dataset.elements))
    return null;
  const bitsAllocated = shortOf(dataset, 'x00280100') ?? 0;
  const attributes = frameAttributes(dataset, 0);
  return {
    rows: shortOf(dataset, 'x00280010') ?? 0,
    columns: shortOf(dataset, 'x00280011') ?? 0,
    frames: frameCount(dataset),
    samplesPerPixel: shortOf(dataset, 'x00280002') ?? 1,
    photometric: stringOf(dataset, 'x00280004') || 'MONOCHROME2',
    bitsAllocated,
    bitsStored: shortOf(dataset, 'x00280101') ?? bitsAllocated,
    signed: shortOf(dataset, 'x00280103') === 1,
    ...attributes,
    framePlaces: framePlacesOf(dataset),
    padding: paddingOf(dataset),
    regions: regionsOf(dataset),
    shutters: shuttersOf(dataset),
    lossy: stringOf(dataset, 'x00282110') === '01' || isAlwaysLossy(transferSyntax),
  };
}

/** Frames that a data set declares; one where it says nothing that makes sense. */
export function frameCount(dataset: DataSet): number {
  const frames = numberOf(dataset, 'x00280008') ?? 1;
  return Number.isInteger(frames) && frames > 0 ? frames : 1;
}

/** What may differ from frame to frame in enhanced multi-frame images, and is the same for all frames elsewhere. */
export type FrameAttributes = Pick<
  ImageHeader,
  'position' | 'orientation' | 'pixelSpacing' | 'sliceThickness' | 'windows' | 'rescale'
>;

/**
 * Attributes of one frame: from its per-frame functional groups, the shared ones (PS3.3 C.7.6.16), or the data set.
 * @param frame index from 0.
 */
export function frameAttributes(dataset: DataSet, frame: number): FrameAttributes {
  const macro = (tag: string) => functionalGroup(dataset, frame, tag);
  const measures = macro('x00289110');
  return {
    ...placeOf(macro('x00209113'), macro('x00209116')),
    pixelSpacing: spacingOf(measures, dataset),
    sliceThickness: numberOf(measures, 'x00180050'),
    windows: windowsOf(macro('x00289132')),
    rescale: rescaleOf(macro('x00289145')),
  };
}

/** The item of a functional group macro that holds for a frame; where there is none, the data set itself. */
export function functionalGroup(dataset: DataSet, frame: number, tag: string): DataSet {
  const item = (of: DataSet | undefined, sequence: string, index: number) =>
    of?.elements[sequence]?.items?.[index]?.dataSet;
  const perFrame = item(dataset, 'x52009230', frame);
  const shared = item(dataset, 'x52009229', 0);
  return item(perFrame, tag, 0) ?? item(shared, tag, 0) ?? dataset;
}

/** @param plane, direction hold Image Position and Image Orientation (Patient). */
function placeOf(plane: DataSet, direction: DataSet): FramePlace {
  const position = numbersOf(plane, 'x00200032');
  const orientation = numbersOf(direction, 'x00200037');
  return {
    position: position.length === 3 ? (position as unknown as ImageHeader['position']) : null,
    orientation: orientation.length === 6 ? (orientation as unknown as ImageHeader['orientation']) : null,
  };
}

/** Where every frame lies by its functional groups (PS3.3 C.7.6.16.2.3 and .4), or null where there are none. */
function framePlacesOf(dataset: DataSet): ImageHeader['framePlaces'] {
  const groups = itemsOf(dataset, 'x52009230');
  if (groups.length === 0) return null;
  return groups.map((_, frame) =>
    placeOf(functionalGroup(dataset, frame, 'x00209113'), functionalGroup(dataset, frame, 'x00209116')),
  );
}

function spacingOf(measures: DataSet, dataset: DataSet): PixelSpacing | null {
  const calibrated = numbersOf(measures, 'x00280030');
  const detector = numbersOf(dataset, 'x00181164');
  const [row, column] = calibrated.length === 2 ? calibrated : detector;
  if (row === undefined || column === undefined || !(row > 0) || !(column > 0)) return null;
  return { row, column, plane: calibrated.length === 2 ? 'patient' : 'detector' };
}

function windowsOf(dataset: DataSet): WindowPreset[] {
  const centers = numbersOf(dataset, 'x00281050');
  const widths = numbersOf(dataset, 'x00281051');
  const explanations = textOf(dataset, 'x00281055', characterSetsOf(dataset)).split('\\');
  return centers.flatMap((center, i) => {
    const width = widths[i];
    return width === undefined || !(width > 0) ? [] : [{ center, width, explanation: explanations[i]?.trim() ?? '' }];
  });
}

function rescaleOf(dataset: DataSet): Rescale {
  const slope = numberOf(dataset, 'x00281053');
  return {
    slope: slope === null || slope === 0 ? 1 : slope,
    intercept: numberOf(dataset, 'x00281052') ?? 0,
    type: stringOf(dataset, 'x00281054'),
  };
}

/** Pixel Padding Value and Range Limit, also those of float and double pixels (PS3.3 C.7.5.1.1.2, C.7.6.24). */
function paddingOf(dataset: DataSet): ValueRange | null {
  const float = floatOf(dataset, 'x00280122') ?? floatOf(dataset, 'x00280123');
  if (float !== null) {
    const limit = floatOf(dataset, 'x00280124') ?? floatOf(dataset, 'x00280125') ?? float;
    return { from: Math.min(float, limit), to: Math.max(float, limit) };
  }
  const signed = shortOf(dataset, 'x00280103') === 1;
  const value = shortsOf(dataset, 'x00280120', signed)[0];
  if (value === undefined) return null;
  const limit = shortsOf(dataset, 'x00280121', signed)[0] ?? value;
  return { from: Math.min(value, limit), to: Math.max(value, limit) };
}

/** A float, or a double as the 32-bit float that its pixels become; null where absent. */
function floatOf(dataset: DataSet, tag: string): number | null {
  const length = bytesOf(dataset, tag)?.length ?? 0;
  const value = length === 4 ? dataset.float(tag) : length === 8 ? dataset.double(tag) : undefined;
  return value === undefined ? null : Math.fround(value);
}

/** Sequence of Ultrasound Regions (PS3.3 C.8.5.5): where the scan lies among text and scales. */
function regionsOf(dataset: DataSet): ImageRegion[] {
  return itemsOf(dataset, 'x00186011').flatMap((item) => {
    const edges = ['x00186018', 'x0018601a', 'x0018601c', 'x0018601e'].map((tag) =>
      (bytesOf(item, tag)?.length ?? 0) >= 4 ? item.uint32(tag) : undefined,
    );
    const [left, top, right, bottom] = edges;
    if (left === undefined || top === undefined || right === undefined || bottom === undefined) return [];
    return left < right && top < bottom ? [{ left, top, right, bottom }] : [];
  });
}

/** Uncompressed pixel data must lie within the file and suffice for the declared frames, or it was cut off. */
function checkPixelsAreThere(file: DicomDataset, image: ImageHeader, path?: string): void {
  const element = file.dataset.elements.x7fe00010;
  if (!element || element.hadUndefinedLength) return;
  const missing = element.dataOffset + element.length - file.totalBytes;
  if (missing > 0)
    throw new Fault('bad-file', `This DICOM file is cut off: ${missing} bytes of its pixels are missing.`, {
      ...aboutPath(path),
    });
  if (image.frames * uncompressedFrameBits(image) > element.length * 8) throw tooFewPixels(path);
}

/** Size of one uncompressed frame. YBR_FULL_422 and its kind store four samples for every two pixels. */
export function uncompressedFrameBits(image: ImageHeader): number {
  const samplesPerPixel = isStored422(image) ? 2 : image.samplesPerPixel;
  return image.rows * image.columns * samplesPerPixel * image.bitsAllocated;
}

export function isStored422(image: ImageHeader): boolean {
  return image.samplesPerPixel === 3 && /^YBR_(FULL|PARTIAL)_422$/.test(image.photometric);
}

export function tooFewPixels(path: string | undefined): Fault {
  const sentence = 'This DICOM file holds fewer pixels than it declares. Export or send it again.';
  return new Fault('bad-file', sentence, aboutPath(path));
}

interface InstanceUids {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly derived: boolean;
}

/** UIDs as given; an absent one is derived from what there is, so that the same file always gets the same. */
function identifyInstance(file: DicomDataset): InstanceUids {
  const { dataset } = file;
  const study = stringOf(dataset, 'x0020000d');
  const series = stringOf(dataset, 'x0020000e');
  const instance = stringOf(dataset, 'x00080018') || stringOf(dataset, 'x00020003');
  if (study !== '' && series !== '' && instance !== '') return { study, series, instance, derived: false };
  const seed = instance || createHash('sha256').update(file.bytes).digest('hex');
  return {
    study: study || derivedUid('study', series || seed),
    series: series || derivedUid('series', `${study}|${seed}`),
    instance: instance || derivedUid('instance', seed),
    derived: true,
  };
}

/** A UID below 2.25 (PS3.5 annex B.2) whose 128 bits come from SHA-256: the same for the same input, everywhere. */
export function derivedUid(kind: 'study' | 'series' | 'instance', seed: string): string {
  const digest = createHash('sha256').update(`mediclip-workstation/${kind}/${seed}`).digest('hex');
  return `2.25.${BigInt(`0x${digest.slice(0, 32)}`)}`;
}

/** Secondary Capture Image Storage, which a photo comes closest to. */
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';

/** The header of a photo: identity from its content, study and series from its folder. @throws Fault. */
export async function photoHeader(
  path: string | undefined,
  bytes: Uint8Array,
  kind: Exclude<FileKind, 'dicom' | 'zip' | 'unknown'>,
  origin: PhotoOrigin = {},
): Promise<InstanceHeader> {
  const photo = await photoMetadata(bytes, kind, path);
  if (kind === 'tiff') await checkPages(bytes, photo, path);
  const content = createHash('sha256').update(bytes).digest('hex');
  const absolute = path === undefined ? '' : resolve(path);
  const group = origin.group ?? dirname(absolute);
  const groupName = basename(group) || 'photos';
  const groupHash = createHash('sha256').update(group).digest('hex');
  return {
    source: 'photo',
    derivedUids: true,
    patient: { name: groupName, id: `PHOTO-${groupHash.slice(0, 8).toUpperCase()}`, birthDate: '', sex: '' },
    study: { uid: derivedUid('study', group), date: '', time: '', description: groupName, accessionNumber: '' },
    series: {
      uid: derivedUid('series', group),
      number: 1,
      modality: 'OT',
      bodyPart: '',
      description: groupName,
      manufacturer: '',
      protocol: '',
      technique: '',
      laterality: '',
      view: '',
      frameOfReferenceUid: '',
    },
    instance: {
      sopClassUid: SECONDARY_CAPTURE,
      uid: derivedUid('instance', content),
      number: null,
      transferSyntax: '',
      imageType: [],
      label: origin.name ?? basename(absolute),
    },
    image: photo,
  };
}

/** The sentence for a file that is none of the kinds we read. */
export function notAnImage(path: string | undefined, kind: FileKind): Fault {
  if (kind === 'zip')
    return new Fault(
      'bad-file',
      'This is a zip archive: import it, and its images are taken out of it.',
      aboutPath(path),
    );
  const named = path !== undefined && /\.(dcm|dicom|ima|png|jpe?g|tiff?|bmp)$/i.test(path);
  const sentence = named
    ? 'This file is not the image that its name promises: it is neither DICOM, PNG, JPEG, TIFF nor BMP.'
    : 'This file is neither DICOM, PNG, JPEG, TIFF nor BMP.';
  return new Fault('bad-file', `${sentence} Choose the image itself.`, aboutPath(path));
}

function objectName(header: InstanceHeader): string {
  const { modality } = header.series;
  return modality === '' ? '' : ` (its modality is ${modality})`;
}

function aboutPath(path: string | undefined): { path?: string } {
  return path === undefined ? {} : { path };
}
