/** DICOM objects as plain datasets, what all of them have in common, and their bytes. */
import dcmjs from 'dcmjs';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import { validDataset } from './valid-values.ts';

/** Attributes by keyword. A sequence is a list of datasets; an empty string is an empty value (type 2). */
export type Dataset = Readonly<Record<string, unknown>>;

/** A code of a coding scheme (PS3.3 table 8.8-1). */
export interface Code {
  readonly CodeValue: string;
  readonly CodingSchemeDesignator: string;
  readonly CodeMeaning: string;
}

/** Who made the objects: this installation. */
export interface Device {
  readonly appVersion: string;
  /** One per data folder. */
  readonly uid: string;
}

/** What identifies an object and says when it was made. Nothing of it depends on the moment of the export. */
export interface Identity {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly seriesNumber: number;
  readonly instanceNumber: number;
  /** ISO 8601, UTC: when the report's version was signed. */
  readonly madeAt: string;
  readonly device: Device;
}

export const NOT_FOR_DIAGNOSTIC_USE = 'Not for diagnostic use';
export const MANUFACTURER = 'MediCLIP Workstation project';
export const MODEL_NAME = 'MediCLIP Workstation';

/** Of this application, below 2.25 as PS3.5 annex B.2 allows. */
const IMPLEMENTATION_UID = '2.25.302847561029384756102938475610293847561';
const IMPLEMENTATION_NAME = 'MEDICLIP_WS';
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';

/** A Part 10 file in explicit VR little endian. Text is UTF-8. */
export function encodeDataset(dataset: Dataset): Uint8Array {
  const { SOPClassUID, SOPInstanceUID } = dataset;
  return encodeFile(SOPClassUID, SOPInstanceUID, { ...validDataset(dataset), SpecificCharacterSet: 'ISO_IR 192' });
}

/**
 * A Part 10 file of this application, named as this class and instance.
 * @param asItIs also writes values that are too long for their representation
 * @throws Error for such a value otherwise
 */
export function encodeFile(
  sopClassUid: unknown,
  sopInstanceUid: unknown,
  dataset: Dataset,
  asItIs = false,
): Uint8Array {
  const { DicomDict, DicomMetaDictionary } = dcmjs.data;
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: sopClassUid,
      MediaStorageSOPInstanceUID: sopInstanceUid,
      TransferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
      ImplementationClassUID: IMPLEMENTATION_UID,
      ImplementationVersionName: IMPLEMENTATION_NAME,
    }),
  );
  file.dict = DicomMetaDictionary.denaturalizeDataset(dataset);
  return new Uint8Array(file.write({ allowInvalidVRLength: asItIs }));
}

/** Patient, study, equipment and SOP common modules, and the series that the object belongs to. */
export function commonModules(source: SourceAttributes, identity: Identity, series: SeriesOf): Dataset {
  const { date, time } = dicomMoment(identity.madeAt, source.timezone);
  return {
    ...patientAndStudy(source),
    Modality: series.modality,
    SeriesInstanceUID: identity.seriesInstanceUid,
    SeriesNumber: identity.seriesNumber,
    SeriesDate: date,
    SeriesTime: time,
    SeriesDescription: `${series.description}. ${NOT_FOR_DIAGNOSTIC_USE}`,
    ...(WITHOUT_SIDE.includes(series.modality) ? {} : { Laterality: lateralityOf(source) }),
    Manufacturer: MANUFACTURER,
    ManufacturerModelName: MODEL_NAME,
    DeviceSerialNumber: identity.device.uid,
    SoftwareVersions: identity.device.appVersion,
    SOPInstanceUID: identity.sopInstanceUid,
    InstanceNumber: identity.instanceNumber,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    // It would also hold for the study's date and time, which are the source's own.
    ...(source.timezone === '' ? {} : { TimezoneOffsetFromUTC: source.timezone }),
    ContentDate: date,
    ContentTime: time,
  };
}

export interface SeriesOf {
  readonly modality: string;
  /** At most 39 characters: the warning follows it. */
  readonly description: string;
}

const WITHOUT_SIDE: readonly string[] = ['SR', 'SEG', 'DOC', 'KO'];
/** Of image series: one side of a paired structure where the source says so, else empty; dciodvfy misses it otherwise. */
const lateralityOf = ({ header }: SourceAttributes): string =>
  /^[LR]$/.test(header.series.laterality) ? header.series.laterality : '';

/** Word for word what the source says, as far as it is valid (valid-values.ts); the first where it gives several. */
function patientAndStudy({ header, context }: SourceAttributes): Dataset {
  const { patient, study } = header;
  return {
    StudyID: '',
    ReferringPhysicianName: '',
    ...Object.fromEntries(Object.entries(context).map(([keyword, value]) => [keyword, firstOf(value)])),
    PatientName: patient.name,
    PatientID: firstOf(patient.id),
    PatientBirthDate: patient.birthDate,
    PatientSex: ['M', 'F', 'O'].includes(patient.sex) ? patient.sex : '',
    StudyInstanceUID: study.uid,
    StudyDate: study.date,
    StudyTime: study.time,
    StudyDescription: firstOf(study.description),
    AccessionNumber: firstOf(study.accessionNumber),
  };
}

const firstOf = (value: string) => value.split('\\')[0] ?? '';

/**
 * DA and TM of a moment in a time zone (`+0100`), or on this computer's clock where the zone is ''; `both` is a DT, which
 * names the zone.
 */
export function dicomMoment(
  iso: string,
  zone: string,
): { readonly date: string; readonly time: string; readonly both: string } {
  const moment = new Date(iso);
  const minutes = zone === '' ? -moment.getTimezoneOffset() : minutesOf(zone);
  const digits = new Date(moment.getTime() + minutes * 60_000).toISOString().replace(/[-:TZ]/g, '');
  const [date, time] = [digits.slice(0, 8), digits.slice(8)];
  return { date, time, both: `${date}${time}${zoneOf(minutes)}` };
}

const minutesOf = (zone: string) =>
  (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5)));

function zoneOf(minutes: number): string {
  const digits = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}${digits(size % 60)}`;
}

/** DS: at most 16 characters. */
export function decimal(value: number): string {
  for (let digits = 12; ; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
}

/** A reference to an instance, with the frames where it has several. Frames count from 0 here and from 1 in DICOM. */
export function referenceTo(source: SourceAttributes, frames: readonly number[] = []): Dataset {
  const { instance, image } = source.header;
  const several = (image?.frames ?? 1) > 1;
  return {
    ReferencedSOPClassUID: instance.sopClassUid,
    ReferencedSOPInstanceUID: instance.uid,
    ...(several && frames.length > 0 ? { ReferencedFrameNumber: frames.map((frame) => frame + 1) } : {}),
  };
}

/** Sources by series: Referenced Series Sequence (PS3.3 C.12.2). */
export function referencedSeries(sources: readonly SourceAttributes[]): readonly Dataset[] {
  return bySeries(sources).map(([uid, members]) => ({
    SeriesInstanceUID: uid,
    ReferencedInstanceSequence: members.map((source) => referenceTo(source)),
  }));
}

/** Each instance once, by series. */
export function bySeries(
  sources: readonly SourceAttributes[],
): readonly (readonly [string, readonly SourceAttributes[]])[] {
  const series = new Map<string, Map<string, SourceAttributes>>();
  for (const source of sources) {
    const uid = source.header.series.uid;
    const members = series.get(uid) ?? new Map<string, SourceAttributes>();
    series.set(uid, members.set(source.header.instance.uid, source));
  }
  return [...series].map(([uid, members]) => [uid, [...members.values()]] as const);
}

/** Lossy Image Compression (0028,2110) of what was derived from these. */
export function lossyAttributes(sources: readonly SourceAttributes[]): Dataset {
  const ratios = sources.flatMap(({ lossyRatio }) => (lossyRatio === null ? [] : [lossyRatio]));
  if (ratios.length === 0) return { LossyImageCompression: '00' };
  return { LossyImageCompression: '01', LossyImageCompressionRatio: decimal(Math.max(...ratios)) };
}
