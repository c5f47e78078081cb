/** Content items of structured reports (PS3.3 C.17.3). */
import { type Code, type Dataset, decimal } from './dataset.ts';

type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'HAS PROPERTIES' | 'SELECTED FROM';

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

function closed(outline: readonly number[]): number[] {
  const same = outline[0] === outline.at(-2) && outline[1] === outline.at(-1);
  return same ? [...outline] : [...outline, ...outline.slice(0, 2)];
}
