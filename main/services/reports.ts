/** Reports: a draft that a signature closes, and its PDF. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { Analysis, Finding, FrameRef, FrameResult, Report } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getReport, saveReport as storeReport } from '../store/reports.ts';
import { getStudy } from '../store/studies.ts';
import { openLatestAnalysis, openMap } from './analysis.ts';
import { verifiedSource } from './images.ts';
import { renderOverlay } from './overlay.ts';
import { readFile } from './reading.ts';
import { type ReportContent, type ReportFigure, reportDocument } from './report-page.ts';
import { openStudy } from './worklist.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** The report of a study, or an empty draft where there is none yet. @throws Fault `not-found` */
export function openReport(station: Workstation, studyInstanceUid: string): Report {
  getStudy(station.store.db, studyInstanceUid);
  return (
    getReport(station.store.db, studyInstanceUid) ?? {
      studyInstanceUid,
      indication: '',
      impression: '',
      state: 'draft',
      signedBy: null,
      signedAt: null,
      updatedAt: timestamp(station),
    }
  );
}

/** @throws Fault `not-found`, `not-allowed` once it is signed */
export function saveReport(
  station: Workstation,
  change: { readonly studyInstanceUid: string; readonly indication: string; readonly impression: string },
): Report {
  const draft = requireDraft(station, change.studyInstanceUid);
  const report: Report = { ...draft, ...change, updatedAt: timestamp(station) };
  storeReport(station.store.db, report);
  record(station, 'report.save', report.studyInstanceUid);
  return report;
}

/** Closes the report and the study's findings for good. @throws Fault `not-found`, `not-allowed` once it is signed */
export function signReport(station: Workstation, studyInstanceUid: string): Report {
  const draft = requireDraft(station, studyInstanceUid);
  const now = timestamp(station);
  const report: Report = { ...draft, state: 'signed', signedBy: station.user, signedAt: now, updatedAt: now };
  storeReport(station.store.db, report);
  record(station, 'report.sign', studyInstanceUid);
  return report;
}

function requireDraft(station: Workstation, studyInstanceUid: string): Report {
  const report = openReport(station, studyInstanceUid);
  if (report.state === 'signed') throw new Fault('not-allowed', 'This report is signed, so it cannot change.');
  return report;
}

/**
 * Writes the report as PDF; the file appears whole or not at all.
 * @throws Fault `not-found`, `disk-full`, `bad-file` where a stored file was damaged
 */
export async function exportReportPdf(
  station: Workstation,
  studyInstanceUid: string,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const pdf = await station.print(reportDocument(await reportContent(station, studyInstanceUid, signal)));
    await writeWhole(path, pdf);
    record(station, 'report.export', studyInstanceUid, { format: 'pdf' });
  } catch (thrown) {
    record(station, 'report.export', studyInstanceUid, { format: 'pdf' }, 'failure');
    throw thrown;
  }
}

/** Writes a file beside its place and renames it. @throws Fault `disk-full`, `not-found` */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    const file = await open(unfinished, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (thrown) {
    await rm(unfinished, { force: true });
    throw Fault.from(thrown, { path });
  }
}

/** Highest-scoring images that a report shows beside those with accepted findings. */
const HIGHEST = 6;

async function reportContent(
  station: Workstation,
  studyInstanceUid: string,
  signal: AbortSignal | undefined,
): Promise<ReportContent> {
  const { db } = station.store;
  const { study, series } = openStudy(db, studyInstanceUid, []);
  const titles = new Map(
    series.flatMap(({ seriesNumber, frames }, index) =>
      frames.map((frame, place) => [
        keyOf(frame),
        `Series ${seriesNumber ?? index + 1}, image ${place + 1} of ${frames.length}`,
      ]),
    ),
  );
  const analysis = openLatestAnalysis(station.store, studyInstanceUid);
  const figure = (result: FrameResult, findings: readonly Finding[]) =>
    drawFigure(station, analysis as Analysis, titles.get(keyOf(result)) ?? 'Image', result, findings, signal);
  const on = (result: FrameRef, decision: Finding['decision']) =>
    analysis?.findings.filter((finding) => keyOf(finding) === keyOf(result) && finding.decision === decision) ?? [];
  const results = [...(analysis?.frames ?? [])].sort((a, b) => b.score - a.score);

  const figures: ReportFigure[] = [];
  const accepted = results.filter((result) => on(result, 'accepted').length > 0);
  for (const result of accepted) figures.push(await figure(result, on(result, 'accepted')));
  // What the reader rejected does not come back as a high score.
  const others = results.filter((result) => !accepted.includes(result) && on(result, 'rejected').length === 0);
  const highest: ReportFigure[] = [];
  for (const result of others.slice(0, HIGHEST)) highest.push(await figure(result, []));
  return {
    study,
    report: openReport(station, studyInstanceUid),
    analysis: analysis && {
      createdAt: analysis.createdAt,
      provider: analysis.provider,
      images: analysis.frames.length,
      flagged: analysis.frames.filter((frame) => frame.flagged).length,
      undecided: analysis.findings.filter((finding) => finding.decision === 'open').length,
      calibration: analysis.calibration,
      profileSha256: getCalibration(db, analysis.calibration.id).profileSha256,
    },
    figures,
    highest,
    appVersion: station.appVersion,
    createdAt: timestamp(station),
  };
}

async function drawFigure(
  station: Workstation,
  analysis: Analysis,
  title: string,
  { sopInstanceUid, frame, score, pValue, flagged }: FrameResult,
  findings: readonly Finding[],
  signal: AbortSignal | undefined,
): Promise<ReportFigure> {
  const ref = { sopInstanceUid, frame };
  const image = await readFile(station, 'modelImage', await verifiedSource(station.store, ref), signal);
  const { threshold } = analysis.calibration;
  const picture = await renderOverlay({ image, map: null, threshold });
  const map = findings.length > 0 ? await openMap(station.store, analysis.id, ref) : null;
  const outlines = findings.map((finding) => finding.outline);
  const overlay = map && (await renderOverlay({ image, map, threshold, outlines, onlyInside: true }));
  return { title, picture, overlay, score, pValue, flagged, findings };
}

const keyOf = (ref: FrameRef) => `${ref.sopInstanceUid}/${ref.frame}`;
