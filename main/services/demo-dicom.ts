/** A phantom as a DICOM Part 10 file, as plainly fictional as its attributes can say. */
import dcmjs from 'dcmjs';
import type { Phantom } from '../phantoms/phantom.ts';

export interface PhantomIdentity {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
  readonly instanceNumber: number;
  /** PN */
  readonly patientName: string;
  readonly patientId: string;
  readonly studyDescription: string;
  /** mm between slices */
  readonly sliceSpacing: number;
  /** DA; the first day of 2026 where absent. */
  readonly studyDate?: string | undefined;
  /** 1 where absent. */
  readonly seriesNumber?: number | undefined;
}

const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
/** Of this application, below 2.25 as PS3.5 annex B.2 allows. */
const IMPLEMENTATION = '2.25.302847561029384756102938475610293847561';

const SOP_CLASSES: Readonly<Record<string, string>> = {
  CT: '1.2.840.10008.5.1.4.1.1.2',
  MR: '1.2.840.10008.5.1.4.1.1.4',
  DX: '1.2.840.10008.5.1.4.1.1.1.1',
  US: '1.2.840.10008.5.1.4.1.1.6.1',
};
const SECONDARY_CAPTURE = '1.2.840.10008.5.1.4.1.1.7';

/** Bytes of the file. Grey phantoms only. */
export function phantomFile(phantom: Phantom, identity: PhantomIdentity): Uint8Array {
  const { modality, side, pixelSpacing } = phantom;
  const sopClass = SOP_CLASSES[modality] ?? SECONDARY_CAPTURE;
  const tomographic = modality === 'CT' || modality === 'MR';
  const z = identity.instanceNumber * identity.sliceSpacing;
  const extent = (side * pixelSpacing) / 2;
  const file = dcmjs.data.datasetToBuffer({
    _meta: {
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: sopClass,
      MediaStorageSOPInstanceUID: identity.sopInstanceUid,
      TransferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
      ImplementationClassUID: IMPLEMENTATION,
      ImplementationVersionName: 'MEDICLIP_WS',
    },
    _vrMap: { PixelData: 'OW' },
    SOPClassUID: sopClass,
    SOPInstanceUID: identity.sopInstanceUid,
    StudyInstanceUID: identity.studyInstanceUid,
    SeriesInstanceUID: identity.seriesInstanceUid,
    FrameOfReferenceUID: identity.seriesInstanceUid,
    PatientName: identity.patientName,
    PatientID: identity.patientId,
    PatientBirthDate: '19000101',
    PatientSex: 'O',
    StudyDate: identity.studyDate ?? '20260101',
    StudyTime: '120000',
    StudyID: 'DEMO',
    AccessionNumber: identity.patientId,
    StudyDescription: identity.studyDescription,
    SeriesDescription: 'Fictional phantom',
    SeriesNumber: identity.seriesNumber ?? 1,
    InstanceNumber: identity.instanceNumber,
    Modality: modality,
    BodyPartExamined: phantom.bodyPart,
    Manufacturer: 'MediCLIP Workstation phantom',
    ImageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
    ImageComments: 'Drawn by a program. No patient.',
    ...(tomographic
      ? {
          ImagePositionPatient: [-extent, -extent, z].map(decimal),
          ImageOrientationPatient: [1, 0, 0, 0, 1, 0].map(decimal),
          SliceThickness: decimal(identity.sliceSpacing),
        }
      : {}),
    PixelSpacing: [decimal(pixelSpacing), decimal(pixelSpacing)],
    ...pixelAttributes(phantom),
  });
  return new Uint8Array(file);
}

/** Hounsfield units are stored with an offset, as scanners do, so that 12 unsigned bits hold them. */
function pixelAttributes({ side, unit, values, window }: Phantom): Record<string, unknown> {
  const offset = unit === 'HU' ? 1024 : 0;
  const stored = Uint16Array.from(values, (value) => Math.min(4095, Math.max(0, value + offset)));
  return {
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: side,
    Columns: side,
    BitsAllocated: 16,
    BitsStored: 12,
    HighBit: 11,
    PixelRepresentation: 0,
    WindowCenter: decimal(window.center),
    WindowWidth: decimal(window.width),
    RescaleIntercept: decimal(-offset),
    RescaleSlope: '1',
    RescaleType: unit === 'HU' ? 'HU' : 'US',
    PixelData: stored.buffer,
  };
}

/** DS: at most 16 characters. */
function decimal(value: number): string {
  return String(Number(value.toPrecision(10)));
}
