/**
 * Key Object Selection (PS3.3 A.35.4, TID 2010) that takes objects back: titled "Rejected for Quality Reasons" or
 * "Rejected for Patient Safety Reasons", as IHE's Imaging Object Change Management expects it.
 */
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import { dcm, REJECTED } from './codes.ts';
import { codeItem, templateOf, textItem } from './content-items.ts';
import { commonModules, type Dataset, type Identity, NOT_FOR_DIAGNOSTIC_USE } from './dataset.ts';
import { deviceObserver, evidence, type ObjectReference, personObserver } from './structured-report.ts';

const KEY_OBJECT_SELECTION_STORAGE = '1.2.840.10008.5.1.4.1.1.88.59';

const IMAGES = new Set([
  '1.2.840.10008.5.1.4.1.1.66.4', // Segmentation
  '1.2.840.10008.5.1.4.1.1.30', // Parametric Map
  '1.2.840.10008.5.1.4.1.1.7', // Secondary Capture
]);

/**
 * @param why what the reader wrote when taking them back
 * @param signedBy that reader
 */
export function rejectionNote(
  context: SourceAttributes,
  reason: keyof typeof REJECTED,
  why: string,
  signedBy: string,
  withdrawn: readonly ObjectReference[],
  identity: Identity,
): Dataset {
  const { SeriesDescription: _, ...common } = commonModules(context, identity, { modality: 'KO', description: '' });
  return {
    SOPClassUID: KEY_OBJECT_SELECTION_STORAGE,
    ...common,
    SeriesDescription: `AI results withdrawn. ${NOT_FOR_DIAGNOSTIC_USE}`,
    ReferencedPerformedProcedureStepSequence: [],
    CurrentRequestedProcedureEvidenceSequence: evidence(context.header.study.uid, withdrawn),
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [REJECTED[reason]],
    ContinuityOfContent: 'SEPARATE',
    ...templateOf('2010'),
    ContentSequence: [
      codeItem('HAS CONCEPT MOD', dcm('121049', 'Language of Content Item and Descendants'), {
        CodeValue: 'en',
        CodingSchemeDesignator: 'RFC5646',
        CodeMeaning: 'English',
      }),
      ...personObserver(signedBy),
      ...deviceObserver(identity.device),
      textItem('CONTAINS', dcm('113012', 'Key Object Description'), `${why} ${NOT_FOR_DIAGNOSTIC_USE}.`.trim()),
      ...withdrawn.map(({ sopClassUid, sopInstanceUid }) => ({
        RelationshipType: 'CONTAINS',
        ValueType: IMAGES.has(sopClassUid) ? 'IMAGE' : 'COMPOSITE',
        ReferencedSOPSequence: [{ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }],
      })),
    ],
  };
}
