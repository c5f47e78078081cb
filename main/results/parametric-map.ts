/** DICOM Parametric Map (PS3.3 A.75): the anomaly map in 32-bit floats, on the pixels of its source image. */
import type { AnomalyMap } from '../../preload/contract/model.ts';
import { derivedUid } from '../imaging/header.ts';
import { ANOMALY_SCORE, CONFORMAL_P, dcm, NO_UNITS } from './codes.ts';
import type { ResultContent, ResultImage } from './content.ts';
import {
  type Code,
  commonModules,
  type Dataset,
  type Identity,
  lossyAttributes,
  MANUFACTURER,
  MODEL_NAME,
  NOT_FOR_DIAGNOSTIC_USE,
  referencedSeries,
} from './dataset.ts';
import { maskOfOutline } from './mask.ts';
import {
  dimensionModule,
  type FramePlace,
  frameGroups,
  frameOfReference,
  framePlaces,
  isAtDetector,
  placeContent,
  placeDimensions,
  placed,
  sharedGroups,
} from './planes.ts';

const PARAMETRIC_MAP_STORAGE = '1.2.840.10008.5.1.4.1.1.30';

/** A value in no range of scores or p-values: the pixel's value stays in the workstation. */
const WITHHELD = -1;

export interface Quantity {
  readonly code: Code;
  /** At most 16 characters. */
  readonly label: string;
  /** Of a map's value. */
  readonly of: (score: number) => number;
}

export const SCORE: Quantity = { code: ANOMALY_SCORE, label: 'Anomaly score', of: (score) => score };
/** `pValue` of a score, by the highest points of the normals' maps. */
export const pValueQuantity = (pValue: (score: number) => number): Quantity => ({
  code: CONFORMAL_P,
  label: 'p-value',
  of: pValue,
});

/** The map of a group of images (segmentationGroups) in one quantity. */
export function parametricMap(
  content: ResultContent,
  group: readonly ResultImage[],
  quantity: Quantity,
  identity: Identity,
): Dataset {
  const images = placed(group);
  const [first] = images as [ResultImage, ...ResultImage[]];
  const { rows, columns } = first.source.header.image as { rows: number; columns: number };
  const sources = group.map(({ source }) => source);
  const places = framePlaces(images);
  const dimensions = placeDimensions(places);
  const frames = images.map((image) => mapFrame(image, quantity, columns, rows));
  return {
    SOPClassUID: PARAMETRIC_MAP_STORAGE,
    ...commonModules(first.source, identity, { modality: 'OT', description: 'AI maps' }),
    ...frameOfReference(first),
    ContributingEquipmentSequence: computedOn(content),
    ImageType: ['DERIVED', 'PRIMARY', 'MIXED', 'NONE'],
    PixelPresentation: 'MONOCHROME',
    VolumetricProperties: volumetric(group[0] ?? first),
    VolumeBasedCalculationTechnique: 'NONE',
    PresentationLUTShape: 'IDENTITY',
    ContentQualification: 'RESEARCH',
    BurnedInAnnotation: 'NO',
    RecognizableVisualFeatures: 'NO',
    ContentLabel: quantity.code === ANOMALY_SCORE ? 'ANOMALY_SCORE' : 'P_VALUE',
    ContentDescription: `${quantity.label} of a few-shot detector. ${NOT_FOR_DIAGNOSTIC_USE}`,
    ContentCreatorName: content.report.signedBy,
    AcquisitionContextSequence: [],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 32,
    Rows: rows,
    Columns: columns,
    NumberOfFrames: images.length,
    FloatPixelPaddingValue: WITHHELD,
    FloatPixelPaddingRangeLimit: WITHHELD,
    ...(group.some(isAtDetector) ? { ImageComments: NO_SPACING } : {}),
    ...lossyAttributes(sources),
    ...dimensionModule(derivedUid('instance', `${identity.sopInstanceUid}/dimensions`), dimensions),
    ReferencedSeriesSequence: referencedSeries(sources),
    SharedFunctionalGroupsSequence: [
      {
        ...sharedGroups(first),
        ParametricMapFrameTypeSequence: [{ FrameType: ['DERIVED', 'PRIMARY', 'MIXED', 'NONE'] }],
        FrameVOILUTSequence: [{ WindowCenter: '0.5', WindowWidth: '1', VOILUTFunction: 'LINEAR_EXACT' }],
        PixelValueTransformationSequence: [{ RescaleIntercept: '0', RescaleSlope: '1', RescaleType: 'US' }],
        RealWorldValueMappingSequence: [realWorldValues(quantity)],
      },
    ],
    PerFrameFunctionalGroupsSequence: images.map((image, index) =>
      frameGroups(image, placeContent(dimensions, places[index] as FramePlace), dcm('110004', 'Image processing')),
    ),
    FloatPixelData: concatenate(frames).buffer,
  };
}

/** Why a map of radiographs names no spacing. */
const NO_SPACING =
  'No Pixel Spacing: the source images give that of the detector alone (Imager Pixel Spacing), and the anatomy is ' +
  'magnified by an unknown factor.';

/**
 * Sampled planes need a thickness (PS3.3 C.7.6.16.2.1). Without one, and on a detector, nothing is said of what may be
 * measured; and then no spacing is needed.
 */
const volumetric = (image: ResultImage) =>
  image.source.frames[image.frame]?.sliceThickness && !isAtDetector(image) ? 'SAMPLED' : 'DISTORTED';

/** A map has no place for an algorithm's parameters: what computed it, and with which calibration. */
function computedOn({ analysis, device }: ResultContent): readonly Dataset[] {
  if (!analysis) return [];
  const words = `Calibration profile ${analysis.profileSha256}, computed on ${analysis.provider}`;
  return [
    {
      PurposeOfReferenceCodeSequence: [dcm('109102', 'Processing Equipment')],
      Manufacturer: MANUFACTURER,
      ManufacturerModelName: MODEL_NAME,
      SoftwareVersions: device.appVersion,
      ContributionDescription: words.slice(0, 1024), // ST
    },
  ];
}

function realWorldValues({ code, label }: Quantity): Dataset {
  return {
    LUTExplanation: label,
    LUTLabel: label.toUpperCase().replace(/[^A-Z]/g, '_'),
    MeasurementUnitsCodeSequence: [NO_UNITS],
    DoubleFloatRealWorldValueFirstValueMapped: 0,
    DoubleFloatRealWorldValueLastValueMapped: 1,
    RealWorldValueIntercept: 0,
    RealWorldValueSlope: 1,
    QuantityDefinitionSequence: [
      {
        ValueType: 'CODE',
        ConceptNameCodeSequence: [{ CodeValue: '246205007', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Quantity' }],
        ConceptCodeSequence: [code],
      },
    ],
  };
}

/** `(rows * columns)` values of a map stretched over its picture, without the regions that nobody accepted. */
function mapFrame({ map, withheld }: ResultImage, quantity: Quantity, columns: number, rows: number): Float32Array {
  const values = stretch(map, columns, rows);
  for (let i = 0; i < values.length; i++) values[i] = quantity.of(Number(values[i]));
  for (const outline of withheld) {
    const mask = maskOfOutline(outline, columns, rows);
    for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) values[i] = WITHHELD;
  }
  return values;
}

/** Bilinear between the centres of map pixels, nearest at the border: as the window and the report draw it. */
function stretch({ width, height, data }: AnomalyMap, columns: number, rows: number): Float32Array {
  const across = neighbours(width, columns);
  const down = neighbours(height, rows);
  const values = new Float32Array(columns * rows);
  for (const [y, [top, bottom, v]] of down.entries())
    for (const [x, [left, right, u]] of across.entries()) {
      const upper = Number(data[top * width + left]) * (1 - u) + Number(data[top * width + right]) * u;
      const lower = Number(data[bottom * width + left]) * (1 - u) + Number(data[bottom * width + right]) * u;
      values[y * columns + x] = upper * (1 - v) + lower * v;
    }
  return values;
}

/** For each of `to` positions: the two of `from` that it lies between, and its share of the second. */
function neighbours(from: number, to: number): readonly (readonly [number, number, number])[] {
  return Array.from({ length: to }, (_, index) => {
    const place = ((index + 0.5) / to) * from - 0.5;
    const first = Math.min(Math.max(Math.floor(place), 0), from - 1);
    return [first, Math.min(first + 1, from - 1), Math.min(Math.max(place - first, 0), 1)] as const;
  });
}

function concatenate(frames: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    all.set(frame, at);
    at += frame.length;
  }
  return all;
}
