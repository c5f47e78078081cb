/** The report as a FHIR R4 Bundle: DiagnosticReport with Patient, ImagingStudy, Device and an Observation per finding. */
import { createHash } from 'node:crypto';
import * as codes from './codes.ts';
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
import { bySeries, type Code, NOT_FOR_DIAGNOSTIC_USE } from './dataset.ts';
import { quantitiesOf, quantityOf } from './measurements.ts';

type Resource = Readonly<Record<string, unknown>>;

/** JSON. Deterministic for a version of a report. */
export function fhirBundle(content: ResultContent): string {
  const { report, images, context } = content;
  const seed = `${context.header.study.uid}/${content.analysis?.id ?? ''}/${report.signedAt}/${report.version}`;
  const urn = (name: string) => urnOf(`${seed}/${name}`);
  const patient = { reference: urn('patient') };
  const study = { reference: urn('study') };
  const device = { reference: urn('device') };
  const findings = images.flatMap((image) => image.findings.map((finding) => ({ image, finding })));
  const observations = [
    ...findings.map(({ image, finding }) => ({
      url: urn(finding.id),
      resource: observation(content, image, finding, patient, study, device),
    })),
    ...content.measurements.map((measurement) => ({
      url: urn(measurement.trackingUid),
      resource: measurementObservation(content, measurement, patient, study),
    })),
  ];
  const entries = [
    {
      url: urn('report'),
      resource: diagnosticReport(
        content,
        patient,
        study,
        observations.map(({ url }) => ({ reference: url })),
      ),
    },
    { url: patient.reference, resource: patientResource(content) },
    { url: study.reference, resource: imagingStudy(content, patient) },
    { url: device.reference, resource: deviceResource(content) },
    ...observations,
  ];
  const bundle = {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: report.signedAt,
    entry: entries.map(({ url, resource }) => ({ fullUrl: url, resource })),
  };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/** A UUID of version 8 from SHA-256 (RFC 9562). */
function urnOf(seed: string): string {
  const hex = createHash('sha256').update(`mediclip-workstation/fhir/${seed}`).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const SYSTEMS: Readonly<Record<string, string>> = {
  SCT: 'http://snomed.info/sct',
  DCM: 'http://dicom.nema.org/resources/ontology/DCM',
  UCUM: 'http://unitsofmeasure.org',
  '99MEDICLIP': 'urn:mediclip-workstation',
};

const coding = ({ CodeValue, CodingSchemeDesignator, CodeMeaning }: Code) => ({
  system: SYSTEMS[CodingSchemeDesignator],
  code: CodeValue,
  display: CodeMeaning,
});
const concept = (code: Code) => ({ coding: [coding(code)], text: code.CodeMeaning });
const notice = { text: `${NOT_FOR_DIAGNOSTIC_USE}.` } as const;

function diagnosticReport(
  { report, context, analysis, images }: ResultContent,
  subject: Resource,
  imagingStudy: Resource,
  result: readonly Resource[],
): Resource {
  const newest = report.addenda.at(-1);
  const taken = report.addenda.some(({ reason }) => reason !== null);
  const sentences = images.flatMap(({ findings }) => findings.map(({ sentence }) => sentence));
  const said = { ...report, findings: [report.findings, ...sentences].join('\n').trim() };
  const whole = [`${NOT_FOR_DIAGNOSTIC_USE}.`, ...reportSections(said)];
  const conclusion = [`${NOT_FOR_DIAGNOSTIC_USE}.`, ...reportSections({ ...said, indication: '', technique: '' })];
  const started = dateOf(context.header.study.date);
  return {
    resourceType: 'DiagnosticReport',
    text: narrative([...whole, analysis ? '' : 'This study was not analysed.']),
    identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${context.header.study.uid}` }],
    status: newest ? (taken ? 'amended' : 'appended') : 'final',
    category: [
      { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD', display: 'Radiology' }] },
    ],
    code: { coding: [{ system: 'http://loinc.org', code: '18748-4', display: 'Diagnostic imaging study' }] },
    subject,
    ...(started === null ? {} : { effectiveDateTime: started }),
    issued: report.signedAt,
    resultsInterpreter: [{ display: report.signedBy }],
    ...(result.length > 0 ? { result } : {}),
    imagingStudy: [imagingStudy],
    conclusion: conclusion.join('\n\n'),
    // R4 has no elements for indication and technique, so the report as issued goes with it.
    presentedForm: [
      {
        contentType: 'text/plain; charset=utf-8',
        data: Buffer.from(whole.join('\n\n')).toString('base64'),
        title: 'Report',
        creation: report.signedAt,
      },
    ],
  };
}

/** What the reader wrote and accepted, each part below its name, without those left empty. */
function reportSections({ indication, technique, findings, impression, addenda }: ResultContent['report']) {
  const sections: readonly (readonly [string, string])[] = [
    ['Indication', indication],
    ['Technique', technique],
    ['Findings', findings],
    ['Impression', impression],
    ...addenda.map(({ text, signedAt, signedBy }) => [`Addendum by ${signedBy}, ${signedAt}`, text] as const),
  ];
  return sections.flatMap(([title, text]) => (text.trim() === '' ? [] : [`${title}: ${text}`]));
}

function observation(
  { report, analysis, context }: ResultContent,
  image: ResultImage,
  finding: NumberedFinding,
  subject: Resource,
  study: Resource,
  device: Resource,
): Resource {
  const { peakScore, pValue, sentence } = finding;
  const component = (code: Code, value: number | null, unit: Code) =>
    value === null
      ? []
      : [
          {
            code: concept(code),
            valueQuantity: { value, unit: unit.CodeMeaning, system: SYSTEMS.UCUM, code: unit.CodeValue },
          },
        ];
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${finding.trackingUid}` }],
    status: 'final',
    category: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'imaging' }],
      },
    ],
    code: { ...concept(codes.LESION), text: findingLabel(finding) },
    subject,
    issued: report.signedAt,
    ...(context.header.series.bodyPart === '' ? {} : { bodySite: { text: context.header.series.bodyPart } }),
    ...(finding.drawnBy === null
      ? { method: { text: methodOf(analysis) }, device }
      : { method: { text: 'Drawn by the reader' }, performer: [{ display: finding.drawnBy }] }),
    derivedFrom: [study],
    note: [
      notice,
      { text: `SOP Instance UID ${finding.sopInstanceUid}, frame ${finding.frame + 1}.` },
      { text: sentence },
      ...(lengthsOn(image) === 'detector' ? [{ text: AT_DETECTOR }] : []),
    ],
    component: [
      ...component(codes.ANOMALY_SCORE, peakScore, codes.NO_UNITS),
      ...component(codes.CONFORMAL_P, pValue, codes.NO_UNITS),
      ...quantitiesOf(finding).flatMap(({ code, value, unit }) => component(code, value, unit)),
    ],
  };
}

function measurementObservation(
  { report }: ResultContent,
  measurement: ReportedMeasurement,
  subject: Resource,
  study: Resource,
): Resource {
  const { source, frame, trackingUid } = measurement;
  const { code, value, unit } = quantityOf(measurement.measured);
  return {
    resourceType: 'Observation',
    identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${trackingUid}` }],
    status: 'final',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'imaging' }] }],
    code: { ...concept(code), text: measurementLabel(measurement) },
    subject,
    issued: report.signedAt,
    performer: [{ display: report.signedBy }],
    method: { text: 'Measured by the reader' },
    derivedFrom: [study],
    valueQuantity: { value, unit: unit.CodeMeaning, system: SYSTEMS.UCUM, code: unit.CodeValue },
    note: [
      notice,
      { text: `SOP Instance UID ${source.header.instance.uid}, frame ${frame + 1}.` },
      ...(lengthsOn(measurement) === 'detector' ? [{ text: AT_DETECTOR }] : []),
    ],
  };
}

const methodOf = (analysis: ResultContent['analysis']) =>
  `MediCLIP${analysis ? `, calibration profile ${analysis.profileSha256}, computed on ${analysis.provider}` : ''}`;

const GENDERS: Readonly<Record<string, string>> = { M: 'male', F: 'female', O: 'other' };

function patientResource({ context }: ResultContent): Resource {
  const { name, id, birthDate, sex } = context.header.patient;
  const names = name.split('=').flatMap((group) => {
    const [family = '', ...given] = group.split('^').map((part) => part.trim());
    const others = given.filter((part) => part !== '');
    if (family === '' && others.length === 0) return [];
    return [{ ...(family === '' ? {} : { family }), ...(others.length > 0 ? { given: others } : {}) }];
  });
  const born = dateOf(birthDate);
  return {
    resourceType: 'Patient',
    ...(id === '' ? {} : { identifier: [{ value: id }] }),
    ...(names.length > 0 ? { name: names } : {}),
    gender: GENDERS[sex] ?? 'unknown',
    ...(born === null ? {} : { birthDate: born }),
  };
}

function imagingStudy(content: ResultContent, subject: Resource): Resource {
  const { study } = content.context.header;
  const started = dateOf(study.date);
  return {
    resourceType: 'ImagingStudy',
    identifier: [
      { system: 'urn:dicom:uid', value: `urn:oid:${study.uid}` },
      ...(study.accessionNumber === '' ? [] : [{ type: { text: 'Accession number' }, value: study.accessionNumber }]),
    ],
    status: 'available',
    subject,
    ...(started === null ? {} : { started }),
    ...(study.description === '' ? {} : { description: study.description }),
    series: bySeries(sourcesOf(content)).map(([uid, members]) => ({
      uid,
      modality: coding(codes.modalityCode(members[0]?.header.series.modality ?? '')),
      instance: members.map(({ header }) => ({
        uid: header.instance.uid,
        sopClass: { system: 'urn:ietf:rfc:3986', code: `urn:oid:${header.instance.sopClassUid}` },
      })),
    })),
  };
}

function deviceResource({ device }: ResultContent): Resource {
  return {
    resourceType: 'Device',
    identifier: [{ system: 'urn:dicom:uid', value: `urn:oid:${device.uid}` }],
    deviceName: [{ name: 'MediCLIP Workstation', type: 'model-name' }],
    version: [{ value: device.appVersion }],
    note: [notice],
  };
}

/** FHIR date of a DA; null where it is none. The time stays out: DICOM's has no zone, FHIR's must have one. */
function dateOf(da: string): string | null {
  return /^\d{8}$/.test(da) ? `${da.slice(0, 4)}-${da.slice(4, 6)}-${da.slice(6)}` : null;
}

function narrative(paragraphs: readonly string[]): Resource {
  const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const body = paragraphs.flatMap((text) => (text.trim() === '' ? [] : [`<p>${escaped(text)}</p>`])).join('');
  return { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${body}</div>` };
}
