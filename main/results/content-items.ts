/** Content items of structured reports (PS3.3 C.17.3). */
import type { LinkedMeasurement } from '../../preload/contract/results.ts';
import { type Code, type Dataset, decimal } from './dataset.ts';

type Relationship =
  | 'CONTAINS'
  | 'HAS OBS CONTEXT'
  | 'HAS CONCEPT MOD'
  | 'HAS PROPERTIES'
  | 'INFERRED FROM'
  | 'SELECTED FROM';

const item = (
  relationship: Relationship,
  type: string,
  concept: Code | null,
  value: Dataset,
  children: readonly Dataset[] = [],
): Dataset => ({
  RelationshipType: relationship,
  ValueType: type,
  ...(concept ? { ConceptNameCodeSequence: [concept] } : {}),
  ...value,
  ...(children.length > 0 ? { ContentSequence: children } : {}),
});

export const container = (concept: Code, children: readonly Dataset[], template?: string): Dataset =>
  item(
    'CONTAINS',
    'CONTAINER',
    concept,
    { ContinuityOfContent: 'SEPARATE', ...(template ? templateOf(template) : {}) },
    children,
  );

export const templateOf = (identifier: string): Dataset => ({
  ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: identifier }],
});

export const codeItem = (
  relationship: Relationship,
  concept: Code,
  value: Code,
  children: readonly Dataset[] = [],
): Dataset => item(relationship, 'CODE', concept, { ConceptCodeSequence: [value] }, children);

export const textItem = (relationship: Relationship, concept: Code, value: string): Dataset =>
  item(relationship, 'TEXT', concept, { TextValue: value });

export const uidItem = (relationship: Relationship, concept: Code, value: string): Dataset =>
  item(relationship, 'UIDREF', concept, { UID: value });

export const personItem = (relationship: Relationship, concept: Code, value: string): Dataset =>
  item(relationship, 'PNAME', concept, { PersonName: value });

/** A measured value with its unit. */
export const numberItem = (concept: Code, value: number, unit: Code, children: readonly Dataset[] = []): Dataset =>
  item(
    'CONTAINS',
    'NUM',
    concept,
    {
      MeasuredValueSequence: [
        { NumericValue: decimal(value), FloatingPointValue: value, MeasurementUnitsCodeSequence: [unit] },
      ],
    },
    children,
  );

/** `reference`: of dataset.ts. */
export const imageItem = (
  relationship: Relationship,
  concept: Code | null,
  reference: Dataset,
  children: readonly Dataset[] = [],
): Dataset => item(relationship, 'IMAGE', concept, { ReferencedSOPSequence: [reference] }, children);

/** A closed outline on an image, in pixels from its top left corner (PS3.3 C.18.6.1.1). */
export const outlineItem = (concept: Code, outline: readonly number[], image: Dataset): Dataset =>
  item('CONTAINS', 'SCOORD', concept, { GraphicType: 'POLYLINE', GraphicData: closed(outline) }, [
    imageItem('SELECTED FROM', null, image),
  ]);

/** Where a measurement was taken: for its value to be inferred from (TID 320), or as the region of its group (TID 1410). */
export const measuredAtItem = (
  relationship: 'CONTAINS' | 'INFERRED FROM',
  concept: Code,
  { tool, points }: LinkedMeasurement,
  image: Dataset,
): Dataset =>
  item(
    relationship,
    'SCOORD',
    concept,
    tool === 'ellipse'
      ? { GraphicType: 'ELLIPSE', GraphicData: axesOf(points) }
      : { GraphicType: 'POLYLINE', GraphicData: tool === 'rectangle' ? closed(aroundOf(points)) : [...points] },
    [imageItem('SELECTED FROM', null, image)],
  );

/** Ends of the major axis, then of the minor one; an annotation names bottom and top, left and right. */
function axesOf(points: readonly number[]): number[] {
  const [vertical, horizontal] = [points.slice(0, 4), points.slice(4, 8)];
  const length = ([x0 = 0, y0 = 0, x1 = 0, y1 = 0]: readonly number[]) => Math.hypot(x1 - x0, y1 - y0);
  return length(vertical) >= length(horizontal) ? [...vertical, ...horizontal] : [...horizontal, ...vertical];
}

/** Corners one after the other around a rectangle; an annotation names them row by row. */
const aroundOf = (points: readonly number[]) => [...points.slice(0, 4), ...points.slice(6, 8), ...points.slice(4, 6)];

function closed(outline: readonly number[]): number[] {
  const same = outline[0] === outline.at(-2) && outline[1] === outline.at(-1);
  return same ? [...outline] : [...outline, ...outline.slice(0, 2)];
}
