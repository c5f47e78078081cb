/** DICOM Segmentation (PS3.3 A.51): one segment per accepted finding, on the pixels of its source image. */
import { derivedUid } from '../imaging/header.ts';
import { ALTERED_STRUCTURE, ARTIFICIAL_INTELLIGENCE, dcm, LESION } from './codes.ts';
import { findingLabel, type NumberedFinding, type ResultContent, type ResultImage } from './content.ts';
import {
  commonModules,
  type Dataset,
  type Identity,
  lossyAttributes,
  NOT_FOR_DIAGNOSTIC_USE,
  referencedSeries,
} from './dataset.ts';
import { maskOfOutline } from './mask.ts';
import {
  type Dimension,
  dimensionModule,
  frameGroups,
  frameOfReference,
  framePlaces,
  groupPlanes,
  isPlaced,
  type Plane,
  POSITION,
  sharedGroups,
} from './planes.ts';

const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4';

interface Segment extends Plane {
  readonly finding: NumberedFinding;
}

/** Images that one Segmentation can hold: of one series, size, orientation and spacing. */
export const segmentationGroups = ({ images }: Pick<ResultContent, 'images'>): readonly (readonly ResultImage[])[] =>
  groupPlanes(images);

/** The Segmentation of a group of images. */
export function segmentation(content: ResultContent, group: readonly ResultImage[], identity: Identity): Dataset {
  const segments = group.flatMap(({ source, frame, findings }) =>
    findings.map((finding): Segment => ({ source, frame, finding })),
  );
  const [first] = segments as [Segment, ...Segment[]];
  const { rows, columns } = first.source.header.image as { rows: number; columns: number };
  const sources = group.map(({ source }) => source);
  const places = framePlaces(segments);
  return {
    SOPClassUID: SEGMENTATION_STORAGE,
    ...commonModules(first.source, identity, { modality: 'SEG', description: 'AI findings, accepted' }),
    ...frameOfReference(first),
    ImageType: ['DERIVED', 'PRIMARY'],
    ...(isPlaced(first) ? {} : { PatientOrientation: '' }),
    ContentLabel: 'FINDINGS',
    ContentDescription: `Regions that a reader accepted. ${NOT_FOR_DIAGNOSTIC_USE}`,
    ContentCreatorName: content.report.signedBy,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    PixelRepresentation: 0,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    Rows: rows,
    Columns: columns,
    NumberOfFrames: segments.length,
    SegmentationType: 'BINARY',
    ...lossyAttributes(sources),
    ...dimensionModule(
      derivedUid('instance', `${identity.sopInstanceUid}/dimensions`),
      isPlaced(first) ? [SEGMENT, POSITION] : [SEGMENT],
    ),
    SegmentSequence: segments.map(({ finding }, index) => segmentItem(content, finding, index + 1)),
    ReferencedSeriesSequence: referencedSeries(sources),
    SharedFunctionalGroupsSequence: [sharedGroups(first)],
    PerFrameFunctionalGroupsSequence: segments.map((segment, index) => ({
      ...frameGroups(
        segment,
        { DimensionIndexValues: isPlaced(first) ? [index + 1, places[index]?.position ?? 1] : [index + 1] },
        dcm('113076', 'Segmentation'),
      ),
      SegmentIdentificationSequence: [{ ReferencedSegmentNumber: index + 1 }],
    })),
    PixelData: packBits(segments.map(({ finding }) => maskOfOutline(finding.outline, columns, rows))).buffer,
    _vrMap: { PixelData: 'OB' },
  };
}

const SEGMENT: Dimension = { index: 0x0062000b, group: 0x0062000a, label: 'Segment' };

function segmentItem({ device, analysis }: ResultContent, finding: NumberedFinding, number: number): Dataset {
  const algorithm = {
    SegmentAlgorithmType: 'SEMIAUTOMATIC',
    SegmentAlgorithmName: 'MediCLIP',
    SegmentationAlgorithmIdentificationSequence: [
      {
        AlgorithmFamilyCodeSequence: [ARTIFICIAL_INTELLIGENCE],
        AlgorithmName: 'MediCLIP',
        AlgorithmVersion: device.appVersion,
        AlgorithmParameters: analysis ? `profile ${analysis.profileSha256}, computed on ${analysis.provider}` : '',
      },
    ],
  };
  return {
    SegmentNumber: number,
    SegmentLabel: findingLabel(finding),
    SegmentDescription: `Peak anomaly score ${finding.peakScore.toFixed(3)}. ${NOT_FOR_DIAGNOSTIC_USE}`,
    ...(finding.drawnBy === null ? algorithm : { SegmentAlgorithmType: 'MANUAL' }),
    SegmentedPropertyCategoryCodeSequence: [ALTERED_STRUCTURE],
    SegmentedPropertyTypeCodeSequence: [LESION],
    TrackingID: findingLabel(finding),
    TrackingUID: finding.trackingUid,
  };
}

/** Masks as one stream of bits, the first pixel lowest, without gaps between frames; of even length (PS3.5 8.1.1). */
function packBits(masks: readonly Uint8Array[]): Uint8Array {
  const bits = masks.reduce((sum, mask) => sum + mask.length, 0);
  const bytes = new Uint8Array(Math.ceil(bits / 16) * 2);
  let at = 0;
  for (const mask of masks)
    for (const value of mask) {
      if (value !== 0) bytes[at >> 3] = Number(bytes[at >> 3]) | (1 << (at & 7));
      at++;
    }
  return bytes;
}
