/** Gathers what leaves the workstation of a study: the accepted findings of its signed report, nothing else. */
import { randomUUID } from 'node:crypto';
import type { Analysis, FrameRef, FrameResult, Report } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { derivedUid } from '../imaging/header.ts';
import type { SourceAttributes } from '../imaging/source-attributes.ts';
import type {
  NumberedFinding,
  ReportedMeasurement,
  ReportVersion,
  ResultContent,
  ResultImage,
} from '../results/content.ts';
import { type Device, MODEL_NAME } from '../results/dataset.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { getStudy, listFrames, listSeries } from '../store/studies.ts';
import { openLatestAnalysis, openMap } from './analysis.ts';
import { freeMeasurements, reportedFindings } from './finding-sentences.ts';
import { verifiedSource } from './images.ts';
import { readFile } from './reading.ts';
import { openReport } from './reports.ts';
import { frameKey, frameTitles } from './worklist.ts';
import type { Workstation } from './workstation.ts';

/**
 * @throws Fault `not-found`; `not-allowed` where the report is not signed; `bad-file` where a stored file was damaged
 */
export async function resultContent(
  station: Workstation,
  studyInstanceUid: string,
  signal?: AbortSignal,
): Promise<ResultContent> {
  const { db } = station.store;
  const report = openReport(station, studyInstanceUid);
  if (report.state !== 'signed')
    throw new Fault('not-allowed', 'Only a signed report leaves the workstation. Sign it first.');
  const analysis = openLatestAnalysis(station.store, studyInstanceUid);
  const [first] = listFrames(db, studyInstanceUid);
  if (!first) throw new Fault('bad-pixels', 'This study has no images.');
  const context = await sourceOf(station, studyInstanceUid, first, signal);
  const organization = station.policy.organization ?? (context.institution || MODEL_NAME);
  return {
    device: deviceOf(station),
    report: { ...versionOf(report), organization },
    analysis: analysis && {
      id: analysis.id,
      createdAt: analysis.createdAt,
      provider: analysis.provider,
      images: analysis.frames.length,
      calibration: analysis.calibration,
      profileSha256: getCalibration(db, analysis.calibration.id).profileSha256,
    },
    context,
    measurements: await takenMeasurements(station, studyInstanceUid, signal),
    images: analysis ? await acceptedImages(station, analysis, report, signal) : [],
    scores: analysis ? scoresToTell(analysis) : [],
  };
}

/** What a reader did not accept does not leave as a score either. */
function scoresToTell({ frames, findings }: Analysis): readonly FrameResult[] {
  const marked = new Set(findings.map(frameKey));
  const accepted = new Set(findings.filter(({ decision }) => decision === 'accepted').map(frameKey));
  return frames.filter((result) => accepted.has(frameKey(result)) || !marked.has(frameKey(result)));
}

/** This installation, which is named once and for all. */
export function deviceOf({ store, appVersion }: Workstation): Device {
  const name = 'device.uid';
  if (getSetting(store.db, name) === null) setSetting(store.db, name, derivedUid('instance', `device/${randomUUID()}`));
  return { appVersion, uid: getSetting(store.db, name) ?? '' };
}

/** The report as it stands, with its newest addendum. */
function versionOf({ addenda, ...report }: Report): Omit<ReportVersion, 'organization'> {
  const newest = addenda.at(-1);
  return {
    version: newest?.version ?? 1,
    indication: report.indication,
    technique: report.technique,
    findings: report.findings,
    impression: report.impression,
    language: report.language,
    addenda,
    signedBy: newest?.signedBy ?? report.signedBy ?? '',
    signedAt: newest?.signedAt ?? report.signedAt ?? '',
  };
}

async function acceptedImages(
  station: Workstation,
  analysis: Analysis,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<readonly ResultImage[]> {
  const titles = frameTitles(station.store.db, analysis.studyInstanceUid);
  const results = new Map(analysis.frames.map((result) => [frameKey(result), result]));
  const reported = new Map(
    reportedFindings(station, report.studyInstanceUid, report.language).map((one) => [one.findingId, one]),
  );
  const images: ResultImage[] = [];
  for (const [key, title] of titles) {
    const result = results.get(key);
    const here = analysis.findings.filter((finding) => frameKey(finding) === key);
    const findings = here.flatMap((finding): NumberedFinding[] => {
      const said = reported.get(finding.id);
      return said ? [{ ...finding, ...said, trackingUid: derivedUid('instance', `finding/${finding.id}`) }] : [];
    });
    if (!result || findings.length === 0) continue;
    images.push({
      title,
      source: await sourceOf(station, analysis.studyInstanceUid, result, signal),
      frame: result.frame,
      result,
      map: await openMap(station.store, analysis.id, result),
      findings,
      withheld: here.flatMap(({ decision, outline }) => (decision === 'accepted' ? [] : [outline])),
    });
  }
  return images;
}

async function takenMeasurements(
  station: Workstation,
  studyInstanceUid: string,
  signal: AbortSignal | undefined,
): Promise<readonly ReportedMeasurement[]> {
  const measurements: ReportedMeasurement[] = [];
  for (const { id, number, measured, sopInstanceUid, frame } of freeMeasurements(station, studyInstanceUid)) {
    const source = await sourceOf(station, studyInstanceUid, { sopInstanceUid, frame }, signal);
    const trackingUid = derivedUid('instance', `measurement/${id}`);
    measurements.push({ number, trackingUid, source, frame, measured });
  }
  return measurements;
}

/** What an image's file says of itself. A photo's own folder is gone: there the worklist knows. */
async function sourceOf(
  station: Workstation,
  studyInstanceUid: string,
  ref: FrameRef | FrameResult,
  signal: AbortSignal | undefined,
): Promise<SourceAttributes> {
  const file = await verifiedSource(station.store, ref);
  const source = await readFile(station, 'sourceAttributes', file, signal);
  if (source.header.source === 'dicom') return source;
  const { db } = station.store;
  const study = getStudy(db, studyInstanceUid);
  const uid = listFrames(db, studyInstanceUid).find(({ sopInstanceUid }) => sopInstanceUid === ref.sopInstanceUid);
  const series = listSeries(db, studyInstanceUid).find(
    ({ seriesInstanceUid }) => seriesInstanceUid === uid?.seriesInstanceUid,
  );
  return {
    ...source,
    header: {
      ...source.header,
      patient: {
        name: study.patientName,
        id: study.patientId,
        birthDate: study.patientBirthDate,
        sex: study.patientSex,
      },
      study: { ...source.header.study, uid: studyInstanceUid, description: study.studyDescription },
      series: { ...source.header.series, uid: series?.seriesInstanceUid ?? '' },
    },
  };
}
