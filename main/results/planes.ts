/** What multi-frame objects say of their frames: functional groups (PS3.3 C.7.6.16) that segmentations and maps share. */
import { derivedUid } from '../imaging/header.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import { type Code, type Dataset, decimal, referenceTo } from './dataset.ts';

/** A frame of a source image. */
export interface Plane {
  readonly source: SourceAttributes;
  /** 0-based. */
  readonly frame: number;
}

const placeOf = ({ source, frame }: Plane) => source.frames[frame];

/** Whether a plane lies in patient space: then objects can be placed by position, else only by their source image. */
export function isPlaced(plane: Plane): boolean {
  const place = placeOf(plane);
  const { frameOfReferenceUid } = plane.source.header.series;
  return Boolean(place?.position && place.orientation && place.pixelSpacing && frameOfReferenceUid);
}

/** Planes of one object share series, size, frame of reference, orientation and spacing. */
export function groupPlanes<P extends Plane>(planes: readonly P[]): readonly (readonly P[])[] {
  const groups = new Map<string, P[]>();
  for (const plane of planes) {
    const { header } = plane.source;
    const place = placeOf(plane);
    const key = JSON.stringify([
      header.series.uid,
      header.series.frameOfReferenceUid,
      header.image?.rows,
      header.image?.columns,
      isPlaced(plane),
      place?.orientation,
      place?.pixelSpacing,
    ]);
    groups.set(key, [...(groups.get(key) ?? []), plane]);
  }
  return [...groups.values()];
}

/** Frame of reference of a group, where it has one. */
export function frameOfReference(first: Plane): Dataset {
  if (!isPlaced(first)) return {};
  return {
    FrameOfReferenceUID: first.source.header.series.frameOfReferenceUid,
    PositionReferenceIndicator: first.source.positionReference,
  };
}

/** The groups that all planes of a group share. */
export function sharedGroups(first: Plane): Dataset {
  const place = placeOf(first);
  const spacing = place?.pixelSpacing;
  const inPatient = spacing?.plane === 'patient' || isPlaced(first);
  return {
    ...(spacing && inPatient
      ? {
          PixelMeasuresSequence: [
            {
              PixelSpacing: [decimal(spacing.row), decimal(spacing.column)],
              ...(place.sliceThickness ? { SliceThickness: decimal(place.sliceThickness) } : {}),
            },
          ],
        }
      : {}),
    ...(isPlaced(first) && place?.orientation
      ? { PlaneOrientationSequence: [{ ImageOrientationPatient: place.orientation.map(decimal) }] }
      : {}),
  };
}

/** Groups of one frame: its place, and the source frame that it was derived from, pixel for pixel. */
export function frameGroups(plane: Plane, dimensions: readonly number[], derivation: Code): Dataset {
  const place = placeOf(plane);
  return {
    FrameContentSequence: [{ DimensionIndexValues: [...dimensions] }],
    ...(isPlaced(plane) && place?.position
      ? { PlanePositionSequence: [{ ImagePositionPatient: place.position.map(decimal) }] }
      : {}),
    DerivationImageSequence: [
      {
        DerivationCodeSequence: [derivation],
        SourceImageSequence: [
          {
            ...referenceTo(plane.source, [plane.frame]),
            SpatialLocationsPreserved: 'YES',
            PurposeOfReferenceCodeSequence: [SOURCE_IMAGE],
          },
        ],
      },
    ],
  };
}

/**
 * The plane as one that lies in patient space. A Parametric Map must have a frame of reference, a place and a spacing;
 * where the source has none, it gets a frame of reference of its own, in which its pixels lie 1 mm (or their known
 * spacing) apart and its frames one behind the other. Only the source image says where that is in the patient.
 */
export function placed<P extends Plane>(plane: P): P {
  if (isPlaced(plane)) {
    const frames = plane.source.frames.map((place) => ({ ...place, sliceThickness: place.sliceThickness ?? 1 }));
    return { ...plane, source: { ...plane.source, frames } };
  }
  const { header } = plane.source;
  const number = (header.instance.number ?? 0) + plane.frame;
  const pixelSpacing = placeOf(plane)?.pixelSpacing ?? { row: 1, column: 1, plane: 'detector' as const };
  const place = {
    position: [0, 0, number] as const,
    orientation: [1, 0, 0, 0, 1, 0] as const,
    pixelSpacing,
    sliceThickness: 1,
  };
  const series = {
    ...header.series,
    frameOfReferenceUid: derivedUid('instance', `${header.instance.uid}/image-plane`),
  };
  return {
    ...plane,
    source: { ...plane.source, header: { ...header, series }, frames: plane.source.frames.map(() => place) },
  };
}

const SOURCE_IMAGE: Code = {
  CodeValue: '121322',
  CodingSchemeDesignator: 'DCM',
  CodeMeaning: 'Source image for image processing operation',
};

/** One dimension of a multi-frame object: the attribute that is counted and the sequence that holds it, as tags. */
export interface Dimension {
  readonly index: string;
  readonly group: string;
  readonly label: string;
}

export const POSITION: Dimension = {
  index: '00200032',
  group: '00209113',
  label: 'Image Position Patient',
};

/** Multi-frame dimension module. */
export function dimensionModule(organizationUid: string, dimensions: readonly Dimension[]): Dataset {
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organizationUid }],
    DimensionIndexSequence: dimensions.map(({ index, group, label }) => ({
      DimensionOrganizationUID: organizationUid,
      DimensionIndexPointer: index,
      FunctionalGroupPointer: group,
      DimensionDescriptionLabel: label,
    })),
  };
}
