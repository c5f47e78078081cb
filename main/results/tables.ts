/** Scores and findings for other software: CSV (RFC 4180) and JSON. */
import type { Lengths } from '../../preload/contract/measured-size.ts';
import { findingLabel, lengthsOn, measurementLabel, type NumberedFinding, type ResultContent } from './content.ts';
import { NOT_FOR_DIAGNOSTIC_USE } from './dataset.ts';

type Cell = string | number | boolean | null;
type Row = Readonly<Record<string, Cell>>;

/** One row for each image that was scored, each accepted finding and each measurement that belongs to none. Every row carries the warning. */
export function scoreTable(content: ResultContent): string {
  const rows = [...imageRows(content), ...findingRows(content), ...measurementRows(content)];
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column] ?? null))];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

const notice = { notice: NOT_FOR_DIAGNOSTIC_USE } as const;

function imageRows({ scores, context, analysis }: ResultContent): readonly Row[] {
  return scores.map(({ sopInstanceUid, frame, score, pValue, flagged }) => ({
    ...notice,
    kind: 'image',
    study_instance_uid: context.header.study.uid,
    sop_instance_uid: sopInstanceUid,
    frame: frame + 1,
    score,
    p_value: pValue,
    flagged,
    provider: analysis?.provider ?? null,
  }));
}

function findingRows({ images, context }: ResultContent): readonly Row[] {
  return images.flatMap((image) =>
    image.findings.map((finding) => ({
      ...notice,
      kind: 'finding',
      study_instance_uid: context.header.study.uid,
      sop_instance_uid: finding.sopInstanceUid,
      frame: finding.frame + 1,
      score: finding.peakScore,
      p_value: finding.pValue,
      finding: findingLabel(finding),
      tracking_uid: finding.trackingUid,
      drawn_by: drawnBy(finding),
      area_mm2: finding.areaMm2,
      longest_diameter_mm: finding.longestDiameterMm,
      lengths: lengthsOn(image),
      measured: finding.measured?.quantity ?? null,
      measured_value: finding.measured?.value ?? null,
      measured_unit: finding.measured?.unit ?? null,
      comment: finding.comment,
      sentence: finding.sentence,
    })),
  );
}

function measurementRows({ measurements, context, report }: ResultContent): readonly Row[] {
  return measurements.map((measurement) => ({
    ...notice,
    kind: 'measurement',
    study_instance_uid: context.header.study.uid,
    sop_instance_uid: measurement.source.header.instance.uid,
    frame: measurement.frame + 1,
    finding: measurementLabel(measurement),
    tracking_uid: measurement.trackingUid,
    drawn_by: report.signedBy,
    measured: measurement.measured.quantity,
    measured_value: measurement.measured.value,
    measured_unit: measurement.measured.unit,
    lengths: lengthsOn(measurement),
  }));
}

/** The algorithm, or the reader whose outline it is. */
const drawnBy = (finding: NumberedFinding): string => finding.drawnBy ?? 'MediCLIP';

/** Spreadsheets run what begins like a formula: an apostrophe before it keeps it text. */
function csvCell(value: Cell): string {
  if (value === null) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The same as one JSON object, with outlines, calibration and report. */
export function scoreDocument(content: ResultContent): string {
  const { report, analysis, device, context, images, scores } = content;
  const { header } = context;
  const document = {
    notice: NOT_FOR_DIAGNOSTIC_USE,
    software: { name: 'MediCLIP Workstation', version: device.appVersion },
    patient: { id: header.patient.id, name: header.patient.name },
    studyInstanceUid: header.study.uid,
    accessionNumber: header.study.accessionNumber,
    report,
    analysis: analysis && {
      createdAt: analysis.createdAt,
      provider: analysis.provider,
      calibration: analysis.calibration.name,
      preset: analysis.calibration.preset,
      threshold: analysis.calibration.threshold,
      modelSha256: analysis.calibration.modelSha256,
      profileSha256: analysis.profileSha256,
    },
    images: scores.map(({ sopInstanceUid, frame, score, pValue, flagged }) => ({
      sopInstanceUid,
      frame: frame + 1,
      score,
      pValue,
      flagged,
    })),
    findings: images.flatMap((image) => image.findings.map((finding) => findingEntry(finding, lengthsOn(image)))),
    measurements: content.measurements.map((measurement) => ({
      label: measurementLabel(measurement),
      trackingUid: measurement.trackingUid,
      sopInstanceUid: measurement.source.header.instance.uid,
      frame: measurement.frame + 1,
      measured: measurement.measured,
      lengths: lengthsOn(measurement),
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function findingEntry(finding: NumberedFinding, lengths: Lengths): object {
  return {
    label: findingLabel(finding),
    trackingUid: finding.trackingUid,
    drawnBy: drawnBy(finding),
    sopInstanceUid: finding.sopInstanceUid,
    frame: finding.frame + 1,
    score: finding.peakScore,
    pValue: finding.pValue,
    areaMm2: finding.areaMm2,
    longestDiameterMm: finding.longestDiameterMm,
    measured: finding.measured,
    /** Where mm hold: in the patient, or on the detector alone. */
    lengths,
    comment: finding.comment,
    sentence: finding.sentence,
    /** Pixels from the image's top left corner: x0, y0, x1, y1, ... */
    outline: finding.outline,
  };
}
