/** Documents and pictures for viewers that know nothing better: Secondary Capture and Encapsulated PDF. */
import { type EdgeLetters, edgeLetters, namedEdgeLetters } from '../../preload/contract/edge-letters.ts';
import type { FramePixels } from '../../preload/contract/model.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import type { ResultContent, ResultImage } from './content.ts';
import {
  commonModules,
  type Dataset,
  type Identity,
  lossyAttributes,
  NOT_FOR_DIAGNOSTIC_USE,
  referenceTo,
} from './dataset.ts';
import { evidence, type ObjectReference } from './structured-report.ts';

const SECONDARY_CAPTURE_STORAGE = '1.2.840.10008.5.1.4.1.1.7';
const ENCAPSULATED_PDF_STORAGE = '1.2.840.10008.5.1.4.1.1.104.1';

/** 8-bit RGB, interleaved. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** How a frame, as it is stored, lies in the patient; null where its file does not say. */
export const lettersOf = ({ frames, patientOrientation }: SourceAttributes, frame: number): EdgeLetters | null =>
  edgeLetters(frames[frame]?.orientation ?? null) ?? namedEdgeLetters(patientOrientation);

/** A picture with the findings and the warning burned in (PS3.3 A.8.1). */
export function secondaryCapture(
  { source, frame, title }: ResultImage,
  picture: RgbPicture,
  identity: Identity,
): Dataset {
  const pixels = new Uint8Array(picture.data.length + (picture.data.length % 2));
  pixels.set(picture.data);
  const letters = lettersOf(source, frame);
  return {
    SOPClassUID: SECONDARY_CAPTURE_STORAGE,
    ...commonModules(source, identity, { modality: 'OT', description: 'AI findings, burned in' }),
    ConversionType: 'WSD',
    ImageType: ['DERIVED', 'SECONDARY'],
    DerivationDescription: `AI findings over ${title}. ${NOT_FOR_DIAGNOSTIC_USE}.`,
    SourceImageSequence: [
      {
        ...referenceTo(source, [frame]),
        PurposeOfReferenceCodeSequence: [
          {
            CodeValue: '121322',
            CodingSchemeDesignator: 'DCM',
            CodeMeaning: 'Source image for image processing operation',
          },
        ],
      },
    ],
    PatientOrientation: letters ? [letters.right, letters.bottom] : '',
    BurnedInAnnotation: 'YES',
    ImageComments: `AI, ${NOT_FOR_DIAGNOSTIC_USE.toLowerCase()}`,
    ...lossyAttributes([source]),
    SamplesPerPixel: 3,
    PhotometricInterpretation: 'RGB',
    PlanarConfiguration: 0,
    Rows: picture.height,
    Columns: picture.width,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: pixels.buffer,
    _vrMap: { PixelData: 'OB' },
  };
}

/**
 * A photograph as the DICOM image that the other objects refer to, under the UIDs that it was given when it was imported.
 */
export function photograph({ header, ...source }: SourceAttributes, pixels: FramePixels, identity: Identity): Dataset {
  const { data, samplesPerPixel, rows, columns } = pixels;
  const bits = 8 * data.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(data.byteLength + (data.byteLength % 2));
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const { modality, uid: seriesInstanceUid, number } = header.series;
  const own = {
    ...identity,
    sopInstanceUid: header.instance.uid,
    seriesInstanceUid,
    seriesNumber: number ?? 1,
    instanceNumber: header.instance.number ?? 1,
  };
  return {
    SOPClassUID: SECONDARY_CAPTURE_STORAGE,
    ...commonModules({ ...source, header }, own, { modality, description: 'Photograph' }),
    ConversionType: 'DI',
    ImageType: ['ORIGINAL', 'PRIMARY'],
    PatientOrientation: '',
    BurnedInAnnotation: 'NO',
    LossyImageCompression: header.image?.lossy ? '01' : '00',
    SamplesPerPixel: samplesPerPixel,
    PhotometricInterpretation: samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2',
    ...(samplesPerPixel === 3 ? { PlanarConfiguration: 0 } : {}),
    Rows: rows,
    Columns: columns,
    BitsAllocated: bits,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: 0,
    PixelData: bytes.buffer,
    _vrMap: { PixelData: bits === 8 ? 'OB' : 'OW' },
  };
}

/** The report's PDF as a DICOM document (PS3.3 A.45.1). */
export function encapsulatedPdf(
  content: ResultContent,
  pdf: Uint8Array,
  identity: Identity,
  predecessor: ObjectReference | null,
): Dataset {
  const bytes = new Uint8Array(pdf.length + (pdf.length % 2));
  bytes.set(pdf);
  const sources = content.images.map(({ source, frame }) => referenceTo(source, [frame]));
  return {
    SOPClassUID: ENCAPSULATED_PDF_STORAGE,
    ...commonModules(content.context, identity, { modality: 'DOC', description: 'AI report' }),
    ConversionType: 'WSD',
    BurnedInAnnotation: 'YES',
    RecognizableVisualFeatures: 'NO',
    AcquisitionDateTime: '',
    DocumentTitle: `Anomaly detection report. ${NOT_FOR_DIAGNOSTIC_USE}`,
    ConceptNameCodeSequence: [
      { CodeValue: '126000', CodingSchemeDesignator: 'DCM', CodeMeaning: 'Imaging Measurement Report' },
    ],
    VerificationFlag: 'VERIFIED',
    ...(predecessor ? { PredecessorDocumentsSequence: evidence(content.context.header.study.uid, [predecessor]) } : {}),
    ...(sources.length > 0 ? { SourceInstanceSequence: sources } : {}),
    MIMETypeOfEncapsulatedDocument: 'application/pdf',
    EncapsulatedDocument: bytes.buffer,
    EncapsulatedDocumentLength: pdf.length,
  };
}
