/**
 * Comprehensive 3D SR by TID 1500 "Measurement Report" (PS3.16): the accepted findings with place, size, score and the
 * algorithm that drew attention to them, and what the reader made of the study.
 */
import * as codes from './codes.ts';
import { dcm, sct } from './codes.ts';
import {
  AT_DETECTOR,
  findingLabel,
  lengthsOn,
  measurementLabel,
  type NumberedFinding,
  type ReportedMeasurement,
  type ResultContent,
  type ResultImage,
  sourcesOf,
} from './content.ts';
import {
  codeItem,
  container,
  imageItem,
  measuredAtItem,
  numberItem,
  outlineItem,
  personItem,
  templateOf,
  textItem,
  uidItem,
} from './content-items.ts';
import {
  bySeries,
  commonModules,
  type Dataset,
  type Device,
  dicomMoment,
  type Identity,
  MANUFACTURER,
  MODEL_NAME,
  NOT_FOR_DIAGNOSTIC_USE,
  referenceTo,
} from './dataset.ts';
import { quantitiesOf, quantityOf } from './measurements.ts';

const COMPREHENSIVE_3D_SR_STORAGE = '1.2.840.10008.5.1.4.1.1.88.34';

/** An object of this application, as another refers to it. */
export interface ObjectReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
}

/** @param predecessor the SR of the report's earlier version, where one has left the workstation */
export function structuredReport(
  content: ResultContent,
  identity: Identity,
  predecessor: ObjectReference | null,
): Dataset {
  const { context, report, images } = content;
  const sources = sourcesOf(content);
  const groups = [
    ...images.flatMap((image) => measurementGroups(content, image)),
    ...content.measurements.map(freeMeasurementGroup),
  ];
  return {
    SOPClassUID: COMPREHENSIVE_3D_SR_STORAGE,
    ...commonModules(context, identity, { modality: 'SR', description: 'AI findings, accepted' }),
    ...codingSchemes(),
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    CompletionFlag: 'COMPLETE',
    VerificationFlag: 'VERIFIED',
    VerifyingObserverSequence: [
      {
        VerifyingObserverName: report.signedBy,
        VerifyingOrganization: report.organization,
        VerificationDateTime: dicomMoment(report.signedAt, context.timezone).both,
        VerifyingObserverIdentificationCodeSequence: [],
      },
    ],
    ...(predecessor ? { PredecessorDocumentsSequence: evidence(context.header.study.uid, [predecessor]) } : {}),
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: context.header.study.uid,
        ReferencedSeriesSequence: bySeries(sources).map(([uid, members]) => ({
          SeriesInstanceUID: uid,
          ReferencedSOPSequence: members.map((source) => referenceTo(source)),
        })),
      },
    ],
    ValueType: 'CONTAINER',
    ConceptNameCodeSequence: [dcm('126000', 'Imaging Measurement Report')],
    ContinuityOfContent: 'SEPARATE',
    ...templateOf('1500'),
    ContentSequence: [
      ...observationContext(content),
      codeItem('HAS CONCEPT MOD', dcm('121058', 'Procedure reported'), sct('363679005', 'Imaging procedure')),
      imageLibrary(sources),
      ...(groups.length > 0 ? [container(dcm('126010', 'Imaging Measurements'), groups)] : []),
      qualitativeEvaluations(content),
    ],
  };
}

/** Says who stands behind the private codes (PS3.3 C.12.1.1). */
const codingSchemes = (): Dataset => ({ CodingSchemeIdentificationSequence: [codes.OWN_SCHEME] });

/** References by study and series: Hierarchical SOP Instance Reference Macro (PS3.3 C.17.2.1). */
export function evidence(studyInstanceUid: string, objects: readonly ObjectReference[]): readonly Dataset[] {
  const series = [...new Set(objects.map(({ seriesInstanceUid }) => seriesInstanceUid))];
  return [
    {
      StudyInstanceUID: studyInstanceUid,
      ReferencedSeriesSequence: series.map((uid) => ({
        SeriesInstanceUID: uid,
        ReferencedSOPSequence: objects
          .filter(({ seriesInstanceUid }) => seriesInstanceUid === uid)
          .map(({ sopClassUid, sopInstanceUid }) => ({
            ReferencedSOPClassUID: sopClassUid,
            ReferencedSOPInstanceUID: sopInstanceUid,
          })),
      })),
    },
  ];
}

/** TID 1204 and TID 1001: language, the reader, and this device (TID 1003 and 1004). */
function observationContext({ device, report }: ResultContent): readonly Dataset[] {
  return [
    codeItem('HAS CONCEPT MOD', dcm('121049', 'Language of Content Item and Descendants'), {
      CodeValue: report.language,
      CodingSchemeDesignator: 'RFC5646',
      CodeMeaning: { en: 'English', de: 'German' }[report.language],
    }),
    ...personObserver(report.signedBy),
    ...deviceObserver(device),
  ];
}

const OBSERVER_TYPE = dcm('121005', 'Observer Type');

/** TID 1002 with TID 1003. */
export function personObserver(name: string): readonly Dataset[] {
  return [
    codeItem('HAS OBS CONTEXT', OBSERVER_TYPE, dcm('121006', 'Person')),
    personItem('HAS OBS CONTEXT', dcm('121008', 'Person Observer Name'), name),
  ];
}

/** TID 1002 with TID 1004. */
export function deviceObserver(device: Device): readonly Dataset[] {
  return [
    codeItem('HAS OBS CONTEXT', OBSERVER_TYPE, dcm('121007', 'Device')),
    uidItem('HAS OBS CONTEXT', dcm('121012', 'Device Observer UID'), device.uid),
    textItem(
      'HAS OBS CONTEXT',
      dcm('121013', 'Device Observer Name'),
      `${MODEL_NAME}, ${NOT_FOR_DIAGNOSTIC_USE.toLowerCase()}`,
    ),
    textItem('HAS OBS CONTEXT', dcm('121014', 'Device Observer Manufacturer'), MANUFACTURER),
    textItem('HAS OBS CONTEXT', dcm('121015', 'Device Observer Model Name'), `${MODEL_NAME} ${device.appVersion}`),
  ];
}

/** TID 1600: the images that the report is about. */
function imageLibrary(sources: readonly ResultContent['context'][]): Dataset {
  const groups = bySeries(sources).map(([, members]) =>
    container(dcm('126200', 'Image Library Group'), [
      codeItem(
        'HAS ACQ CONTEXT' as 'HAS CONCEPT MOD',
        dcm('121139', 'Modality'),
        codes.modalityCode(members[0]?.header.series.modality ?? ''),
      ),
      ...members.map((source) => imageItem('CONTAINS', null, referenceTo(source))),
    ]),
  );
  return container(dcm('111028', 'Image Library'), groups);
}

function measurementGroups(content: ResultContent, image: ResultImage): readonly Dataset[] {
  return image.findings.map((finding) => measurementGroup(content, image, finding));
}

/**
 * TID 1410 "Planar ROI Measurements and Qualitative Evaluations", measurements by TID 1419; one that a reader took says
 * where, as in TID 300. The comment is the report's own sentence.
 */
function measurementGroup(content: ResultContent, image: ResultImage, finding: NumberedFinding): Dataset {
  const { pValue, peakScore, sentence } = finding;
  const onImage = referenceTo(image.source, [image.frame]);
  return container(
    dcm('125007', 'Measurement Group'),
    [
      textItem('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), findingLabel(finding)),
      uidItem('HAS OBS CONTEXT', dcm('112040', 'Tracking Unique Identifier'), finding.trackingUid),
      codeItem('CONTAINS', sct('276214006', 'Finding category'), codes.ALTERED_STRUCTURE),
      codeItem('CONTAINS', dcm('121071', 'Finding'), codes.LESION),
      outlineItem(dcm('111030', 'Image Region'), finding.outline, onImage),
      ...(finding.drawnBy === null ? algorithm(content) : []),
      numberItem(codes.ANOMALY_SCORE, peakScore, codes.NO_UNITS),
      ...(pValue === null ? [] : [numberItem(codes.CONFORMAL_P, pValue, codes.NO_UNITS)]),
      ...quantitiesOf(finding).map(({ code, value, unit, linked }) =>
        numberItem(code, value, unit, linked ? [measuredAtItem('INFERRED FROM', PATH, linked, onImage)] : []),
      ),
      textItem('CONTAINS', COMMENT, sentence),
      ...(lengthsOn(image) === 'detector' ? [textItem('CONTAINS', COMMENT, AT_DETECTOR)] : []),
    ],
    '1410',
  );
}

/** TID 1410 again, for a measurement that belongs to no finding: what was measured is its region. */
function freeMeasurementGroup(measurement: ReportedMeasurement): Dataset {
  const { source, frame, measured, trackingUid } = measurement;
  const { code, value, unit } = quantityOf(measured);
  return container(
    dcm('125007', 'Measurement Group'),
    [
      textItem('HAS OBS CONTEXT', dcm('112039', 'Tracking Identifier'), measurementLabel(measurement)),
      uidItem('HAS OBS CONTEXT', dcm('112040', 'Tracking Unique Identifier'), trackingUid),
      measuredAtItem('CONTAINS', dcm('111030', 'Image Region'), measured, referenceTo(source, [frame])),
      numberItem(code, value, unit),
      ...(lengthsOn(measurement) === 'detector' ? [textItem('CONTAINS', COMMENT, AT_DETECTOR)] : []),
    ],
    '1410',
  );
}

const COMMENT = dcm('121106', 'Comment');
const PATH = dcm('121055', 'Path');

/** TID 4019: which algorithm, in which version, with which calibration. */
function algorithm({ device, analysis }: ResultContent): readonly Dataset[] {
  const { calibration, profileSha256, provider } = analysis ?? {};
  const parameters = [
    ...(calibration
      ? [`calibration "${calibration.name}" of ${calibration.createdAt}, preset ${calibration.preset}`]
      : []),
    ...(calibration ? [`model ${calibration.modelName}, SHA-256 ${calibration.modelSha256}`] : []),
    ...(calibration ? [`threshold ${calibration.threshold}`] : []),
    ...(profileSha256 ? [`profile SHA-256 ${profileSha256}`] : []),
    ...(provider ? [`computed on ${provider}`] : []),
  ];
  return [
    textItem('HAS CONCEPT MOD', dcm('111001', 'Algorithm Name'), 'MediCLIP'),
    textItem('HAS CONCEPT MOD', dcm('111003', 'Algorithm Version'), device.appVersion),
    ...parameters.map((parameter) => textItem('HAS CONCEPT MOD', dcm('111002', 'Algorithm Parameters'), parameter)),
  ];
}

/** What holds for the study as a whole, in words. */
function qualitativeEvaluations({ report, analysis, images }: ResultContent): Dataset {
  const count = images.reduce((sum, image) => sum + image.findings.length, 0);
  const texts: readonly (readonly [ReturnType<typeof dcm>, string])[] = [
    [COMMENT, `${NOT_FOR_DIAGNOSTIC_USE}.`],
    [dcm('121109', 'Indications for Procedure'), report.indication],
    [dcm('121065', 'Procedure Description'), report.technique],
    [dcm('121071', 'Finding'), report.findings],
    [dcm('121073', 'Impression'), report.impression],
    ...report.addenda.map(({ text, signedBy, signedAt }) => [ADDENDUM, `${signedBy}, ${signedAt}: ${text}`] as const),
    [
      COMMENT,
      analysis
        ? `${count} finding${count === 1 ? '' : 's'} accepted by the reader; ${analysis.images} images analysed.`
        : 'This study was not analysed.',
    ],
  ];
  return container(
    { CodeValue: 'C0034375', CodingSchemeDesignator: 'UMLS', CodeMeaning: 'Qualitative Evaluations' },
    texts.flatMap(([concept, text]) => (text.trim() === '' ? [] : [textItem('CONTAINS', concept, text)])),
  );
}

const ADDENDUM = dcm('121078', 'Addendum');
