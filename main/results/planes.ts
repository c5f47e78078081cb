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

/**
 * Whether a plane lies in patient space: then objects can be placed by position, else only by their source image. One whose
 * spacing is the detector's does not: its pixels lie in the patient at distances that nobody knows.
 */
export function isPlaced(plane: Plane): boolean {
  const place = placeOf(plane);
  if (!place || isAtDetector(plane)) return false;
  return Boolean(place.position && place.orientation && plane.source.header.series.frameOfReferenceUid);
}

/** Whether the source gives the spacing on its detector alone (Imager Pixel Spacing). */
export const isAtDetector = (plane: Plane): boolean => placeOf(plane)?.pixelSpacing?.plane === 'detector';

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

/**
 * The groups that all planes of a group share. Planes without a place have none, not even the spacing of their source:
 * readers on GDCM take a spacing to mean that there is an orientation too, and end without one.
 */
export function sharedGroups(first: Plane): Dataset {
  const place = placeOf(first);
  if (!isPlaced(first) || !place?.orientation) return {};
  const { pixelSpacing, sliceThickness, orientation } = place;
  return {
    PixelMeasuresSequence: [
      {
        ...(pixelSpacing ? { PixelSpacing: [decimal(pixelSpacing.row), decimal(pixelSpacing.column)] } : {}),
        ...(sliceThickness ? { SliceThickness: decimal(sliceThickness) } : {}),
      },
    ],
    PlaneOrientationSequence: [{ ImageOrientationPatient: orientation.map(decimal) }],
  };
}

/** Groups of one frame: its place, and the source frame that it was derived from, pixel for pixel. */
export function frameGroups(plane: Plane, content: Dataset, derivation: Code): Dataset {
  const place = placeOf(plane);
  return {
    FrameContentSequence: [content],
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
 * Planes of a group as ones that lie in space. A Parametric Map must have a frame of reference and a place for every
 * frame; where the source has none, the group gets a frame of reference of its own, in which the frames lie one behind the
 * other. It says nothing of the patient: only the source images do, and no spacing is made up. Pixel Spacing is a distance in
 * the patient (PS3.3 C.7.6.16.2.1), so that of a detector has no place in it.
 */
export function placed<P extends Plane>(group: readonly P[]): readonly P[] {
  const [first] = group;
  if (!first || isPlaced(first)) return group;
  const frameOfReferenceUid = derivedUid('instance', `${first.source.header.instance.uid}/image-plane`);
  return group.map((plane, index) => {
    const { header, frames } = plane.source;
    const place = {
      position: [0, 0, index],
      orientation: [1, 0, 0, 0, 1, 0],
      ...(isAtDetector(plane) ? { pixelSpacing: null } : {}),
    } as const;
    return {
      ...plane,
      source: {
        ...plane.source,
        header: { ...header, series: { ...header.series, frameOfReferenceUid } },
        frames: frames.map((frame) => ({ ...frame, ...place })),
      },
    };
  });
}

const SOURCE_IMAGE: Code = {
  CodeValue: '121322',
  CodingSchemeDesignator: 'DCM',
  CodeMeaning: 'Source image for image processing operation',
};

/** One dimension of a multi-frame object: the attribute that is counted and the sequence that holds it. */
export interface Dimension {
  /** Tags, as numbers: dcmjs would take a string for a decimal one. */
  readonly index: number;
  readonly group: number;
  readonly label: string;
}

export const POSITION: Dimension = {
  index: 0x00200032,
  group: 0x00209113,
  label: 'Image Position Patient',
};
/** Tells frames apart that lie at one position, as those of a dynamic series do. */
const STACK: Dimension = { index: 0x00209056, group: 0x00209111, label: 'Stack ID' };

/** Where a frame stands among those of its object. */
export interface FramePlace {
  readonly stack: number;
  readonly position: number;
}

/** Counts stacks and positions of a group from 1: the n-th plane at a position belongs to the n-th stack. */
export function framePlaces(planes: readonly Plane[]): readonly FramePlace[] {
  const numbers = positionNumbers(planes);
  const seen = new Map<number, number>();
  return planes.map((plane) => {
    const position = numbers.get(positionKey(plane)) ?? 1;
    const stack = (seen.get(position) ?? 0) + 1;
    seen.set(position, stack);
    return { stack, position };
  });
}

/** What frames at these places are told apart by. */
export function placeDimensions(places: readonly FramePlace[]): readonly Dimension[] {
  return places.some(({ stack }) => stack > 1) ? [STACK, POSITION] : [POSITION];
}

/** The values of a frame in those dimensions, and what they count (PS3.3 C.7.6.16.2.2). */
export function placeContent(dimensions: readonly Dimension[], { stack, position }: FramePlace): Dataset {
  return dimensions.includes(STACK)
    ? { DimensionIndexValues: [stack, position], StackID: String(stack), InStackPositionNumber: position }
    : { DimensionIndexValues: [position] };
}

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

/** Numbers the distinct positions of a group from 1, along the normal of the planes. */
function positionNumbers(planes: readonly Plane[]): ReadonlyMap<string, number> {
  const keys = new Map(planes.map((plane) => [positionKey(plane), placeAlongNormal(plane)]));
  return new Map([...keys].sort(([, a], [, b]) => a - b).map(([key], index) => [key, index + 1]));
}

const positionKey = ({ source, frame }: Plane): string => JSON.stringify(source.frames[frame]?.position);

function placeAlongNormal({ source, frame }: Plane): number {
  const { position, orientation } = source.frames[frame] ?? {};
  if (!position || !orientation) return 0;
  const [rx, ry, rz, cx, cy, cz] = orientation;
  const [x, y, z] = position;
  return x * (ry * cz - rz * cy) + y * (rz * cx - rx * cz) + z * (rx * cy - ry * cx);
}
