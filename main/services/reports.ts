/** Reports: a draft that a signature closes, and its PDF. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { lengthsOf } from '../../preload/contract/measured-size.ts';
import type {
  Addendum,
  Analysis,
  FrameRef,
  FrameResult,
  Report,
  ReportLanguage,
} from '../../preload/contract/model.ts';
import type { AddendumRequest } from '../../preload/contract/results.ts';
import { Fault } from '../fault.ts';
import { lettersOf } from '../results/capture.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getReport, insertAddendum, insertSentences, saveReport as storeReport } from '../store/reports.ts';
import { getFrame, getStudy } from '../store/studies.ts';
import { openLatestAnalysis, openMap, standingFrames } from './analysis.ts';
import { freeMeasurements, reportedFindings } from './finding-sentences.ts';
import { verifiedSource } from './images.ts';
import { renderOverlay } from './overlay.ts';
import { readerName } from './reader-profile.ts';
import { readFile } from './reading.ts';
import { paperDocument, type ReportContent, type ReportFigure, reportDocument } from './report-page.ts';
import { oweReplacements } from './retractions.ts';
import { frameKey, frameTitles, openStudy } from './worklist.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** The report of a study, or an empty draft where there is none yet. @throws Fault `not-found` */
export function openReport(station: Workstation, studyInstanceUid: string): Report {
  getStudy(station.store.db, studyInstanceUid);
  return (
    getReport(station.store.db, studyInstanceUid) ?? {
      studyInstanceUid,
      indication: '',
      technique: '',
      findings: '',
      impression: '',
      state: 'draft',
      signedBy: null,
      signedAt: null,
      updatedAt: timestamp(station),
      language: 'en',
      addenda: [],
    }
  );
}

/** Parts of the text that are named replace what was there. */
export interface ReportChange {
  readonly studyInstanceUid: string;
  readonly indication?: string | undefined;
  readonly technique?: string | undefined;
  readonly findings?: string | undefined;
  readonly impression?: string | undefined;
}

/** @throws Fault `not-found`, `not-allowed` once it is signed */
export function saveReport(station: Workstation, change: ReportChange): Report {
  const draft = requireDraft(station, change.studyInstanceUid);
  const report: Report = {
    ...draft,
    indication: change.indication ?? draft.indication,
    technique: change.technique ?? draft.technique,
    findings: change.findings ?? draft.findings,
    impression: change.impression ?? draft.impression,
    updatedAt: timestamp(station),
  };
  const { db } = station.store;
  db.transaction(() => {
    storeReport(db, report);
    record(station, 'report.save', report.studyInstanceUid);
  });
  return report;
}

/**
 * Closes the report and the study's findings for good, with the sentences on the accepted ones in a language.
 * @throws Fault `not-found`, `not-allowed` once it is signed
 */
export function signReport(station: Workstation, studyInstanceUid: string, language: ReportLanguage = 'en'): Report {
  const { db } = station.store;
  const draft = requireDraft(station, studyInstanceUid);
  const now = timestamp(station);
  const signature = { state: 'signed', signedBy: readerName(station), signedAt: now, updatedAt: now } as const;
  const report: Report = { ...draft, ...signature, language };
  db.transaction(() => {
    storeReport(db, draft); // the sentences belong to a report that is there
    insertSentences(db, studyInstanceUid, reportedFindings(station, studyInstanceUid, language));
    storeReport(db, report);
    record(station, 'report.sign', studyInstanceUid);
  });
  return report;
}

function requireDraft(station: Workstation, studyInstanceUid: string): Report {
  const report = openReport(station, studyInstanceUid);
  if (report.state === 'signed') throw new Fault('not-allowed', 'This report is signed, so it cannot change.');
  return report;
}

/**
 * Signs an addendum; nodes that have results of the report are owed what replaces them.
 * @throws Fault `not-found`, `not-allowed` where the report is not signed, `usage`
 */
export function addAddendum(station: Workstation, request: AddendumRequest): Report {
  const { studyInstanceUid, text, withdrawn, reason } = request;
  const report = openReport(station, studyInstanceUid);
  if (report.state !== 'signed')
    throw new Fault('not-allowed', 'This report is not signed yet: change the report itself.');
  if (text.trim() === '') throw new Fault('usage', 'Write what the addendum changes and why.');
  if (withdrawn.length > 0 !== (reason !== null))
    throw new Fault('usage', 'Findings are taken back with a reason, and a reason needs findings.');
  const findings = openLatestAnalysis(station.store, studyInstanceUid)?.findings ?? [];
  for (const id of withdrawn)
    if (findings.find((finding) => finding.id === id)?.decision !== 'accepted')
      throw new Fault('not-allowed', 'Only accepted findings of this report can be taken back.');
  const addendum: Addendum = {
    version: (report.addenda.at(-1)?.version ?? 1) + 1,
    text: text.trim(),
    withdrawn,
    reason,
    signedBy: readerName(station),
    signedAt: timestamp(station),
  };
  const { db } = station.store;
  db.transaction(() => {
    insertAddendum(db, studyInstanceUid, addendum);
    const owed = oweReplacements(station, studyInstanceUid);
    record(station, 'report.addendum', studyInstanceUid, { version: addendum.version, reason, withdrawn, owed });
  });
  return openReport(station, studyInstanceUid);
}

/**
 * The report as PDF, in the language that it was signed in. A draft says that it is one, and holds no findings.
 * @throws Fault `not-found`, `bad-file` where a stored file was damaged
 */
export async function reportPdf(
  station: Workstation,
  studyInstanceUid: string,
  signal?: AbortSignal,
  draftLanguage?: ReportLanguage,
): Promise<Uint8Array> {
  const content = await reportContent(station, studyInstanceUid, draftLanguage, signal);
  return await station.print(await reportDocument(content));
}

/**
 * Puts the report on paper by `print`, which shows the printers that there are. False where the person cancelled that.
 * @throws Fault as reportPdf, and what `print` throws
 */
export async function printReport(
  station: Workstation,
  studyInstanceUid: string,
  print: (html: string) => Promise<boolean>,
  draftLanguage?: ReportLanguage,
): Promise<boolean> {
  try {
    const printed = await print(await paperDocument(await reportContent(station, studyInstanceUid, draftLanguage)));
    if (printed) record(station, 'report.print', studyInstanceUid);
    return printed;
  } catch (thrown) {
    record(station, 'report.print', studyInstanceUid, { fault: Fault.from(thrown).code }, 'failure');
    throw thrown;
  }
}

/**
 * Writes the report as PDF; the file appears whole or not at all.
 * @throws Fault as reportPdf, `disk-full`
 */
export async function exportReportPdf(
  station: Workstation,
  studyInstanceUid: string,
  path: string,
  draftLanguage?: ReportLanguage,
): Promise<void> {
  try {
    await writeWhole(path, await reportPdf(station, studyInstanceUid, undefined, draftLanguage));
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
  draftLanguage: ReportLanguage | undefined,
  signal?: AbortSignal,
): Promise<ReportContent> {
  const { db } = station.store;
  const { study } = openStudy(db, studyInstanceUid, []);
  const opened = openReport(station, studyInstanceUid);
  const report = opened.state === 'signed' ? opened : { ...opened, language: draftLanguage ?? opened.language };
  const titles = frameTitles(db, studyInstanceUid, report.language);
  const analysis = openLatestAnalysis(station.store, studyInstanceUid);
  const reported = reportedFindings(station, studyInstanceUid, report.language);
  const figure = (result: FrameResult, findings: ReportFigure['findings']) =>
    drawFigure(station, analysis as Analysis, titles.get(frameKey(result)) ?? 'Image', result, findings, signal);
  const on = (result: FrameRef) => analysis?.findings.filter((finding) => frameKey(finding) === frameKey(result)) ?? [];
  const acceptedOn = (result: FrameRef) =>
    on(result).flatMap((finding) => {
      const said = reported.find(({ findingId }) => findingId === finding.id);
      return said ? [{ ...finding, ...said }] : [];
    });
  // Findings leave with the signature, not before.
  const results = report.state === 'signed' ? [...(analysis?.frames ?? [])].sort((a, b) => b.score - a.score) : [];

  const figures: ReportFigure[] = [];
  const accepted = results.filter((result) => acceptedOn(result).length > 0);
  for (const result of accepted) figures.push(await figure(result, acceptedOn(result)));
  // What the reader rejected, or left open, does not come back as a high score: nor does it in the tables.
  const others = results.filter((result) => on(result).length === 0);
  const highest: ReportFigure[] = [];
  for (const result of others.slice(0, HIGHEST)) highest.push(await figure(result, []));
  return {
    study,
    report,
    analysis: analysis && {
      createdAt: analysis.createdAt,
      provider: analysis.provider,
      images: analysis.frames.length,
      flagged: standingFrames(analysis).filter((frame) => frame.flagged).length,
      undecided: analysis.findings.filter((finding) => finding.decision === 'open').length,
      calibration: analysis.calibration,
      profileSha256: getCalibration(db, analysis.calibration.id).profileSha256,
    },
    figures,
    measurements: freeMeasurements(station, studyInstanceUid).map((measurement) => ({
      ...measurement,
      title: titles.get(frameKey(measurement)) ?? 'Image',
    })),
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
  findings: ReportFigure['findings'],
  signal: AbortSignal | undefined,
): Promise<ReportFigure> {
  const ref = { sopInstanceUid, frame };
  const file = await verifiedSource(station.store, ref);
  const image = await readFile(station, 'modelImage', file, signal);
  const letters = lettersOf(await readFile(station, 'sourceAttributes', file, signal), frame);
  const { threshold } = analysis.calibration;
  const picture = await renderOverlay({ image, map: null, threshold, letters });
  const map = findings.length > 0 ? await openMap(station.store, analysis.id, ref) : null;
  const outlines = findings.map((finding) => finding.outline);
  const overlay = map && (await renderOverlay({ image, map, threshold, outlines, onlyInside: true, letters }));
  const lengths = lengthsOf(getFrame(station.store.db, ref));
  return { title, picture, overlay, score, pValue, flagged, findings, lengths };
}
