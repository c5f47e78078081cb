/** The whole job without a window: demo studies in, calibrations, analyses, decisions, a signed report and its PDF. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Analysis, Finding, Preset, ProviderChoice } from '../../preload/contract/model.ts';
import { auroc } from '../method/metrics.ts';
import { analyseStudy, openLatestAnalysis, openMap } from './analysis.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { type DemoCollection, type DemoImage, type DemoStudy, importDemoStudies } from './demo-studies.ts';
import { decide } from './findings.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { PREFERRED_MODEL } from './models.ts';
import { renderOverlay } from './overlay.ts';
import { activate } from './profiles.ts';
import { readFile } from './reading.ts';
import { exportReportPdf, openReport, saveReport, signReport, writeWhole } from './reports.ts';
import type { Workstation } from './workstation.ts';

export interface DemoOptions {
  /** Folder for report.pdf, overlays/ and scores.json. */
  readonly out: string;
  readonly preset: Preset;
  readonly provider: ProviderChoice;
  readonly seed: number;
  /** Told of each act in a sentence. */
  readonly say: (sentence: string) => void;
}

export interface DemoScore {
  readonly study: string;
  readonly kind: string;
  readonly image: number;
  /** What was drawn into the phantom. */
  readonly lesion: string | null;
  readonly score: number;
  readonly pValue: number | null;
  readonly flagged: boolean;
}

export interface DemoResult {
  readonly files: readonly string[];
  readonly collections: readonly {
    readonly title: string;
    readonly threshold: number;
    readonly calibrateSeconds: number;
    readonly steps: number;
    /** Lesion slices against lesion-free slices of the cases. */
    readonly imageAuroc: number;
  }[];
  readonly scores: readonly DemoScore[];
  readonly seconds: number;
}

const SHOTS = 16;
const TOLERATED_SHARE = 0.05;

/** @throws Fault as the services that it goes through */
export async function runDemo(station: Workstation, options: DemoOptions, job: JobContext): Promise<DemoResult> {
  const started = performance.now();
  const { out, say } = options;
  const overlays = join(out, 'overlays');
  await rm(overlays, { recursive: true, force: true });
  await mkdir(overlays, { recursive: true });

  const { studies, collections, referenceSets } = await importDemoStudies(station, job);
  say(`Drew and imported ${studies.length} fictional studies (${collections.map(({ title }) => title).join(', ')}).`);

  const files: string[] = [];
  const scores: DemoScore[] = [];
  const summaries: DemoResult['collections'][number][] = [];
  let best: { readonly study: DemoStudy; readonly peak: number } | null = null;
  for (const [index, collection] of collections.entries()) {
    const referenceSetId = referenceSets[index]?.id ?? '';
    const calibration = await calibrateReferenceSet(
      station,
      {
        ...options,
        name: `Demo ${collection.title}`,
        referenceSetId,
        modelName: PREFERRED_MODEL,
        shots: SHOTS,
        toleratedShare: TOLERATED_SHARE,
      },
      job,
    );
    // The demo is its own reader: nobody is asked before its calibrations are in use.
    activate(station, calibration.id);
    say(
      `${collection.title}: calibrated on ${SHOTS} normal images (${calibration.heldOut} held out) in ${calibration.seconds.toFixed(1)} s, ` +
        `loss ${calibration.lossTrace[0]?.toFixed(3)} to ${calibration.lossTrace.at(-1)?.toFixed(3)}, threshold ${calibration.threshold.toFixed(3)}.`,
    );
    const own: DemoScore[] = [];
    for (const study of collection.cases) {
      // A second run in the same data folder meets its own signed report.
      const isOpen = openReport(station, study.studyInstanceUid).state === 'draft';
      if (isOpen)
        await analyseStudy(station, { ...study, calibrationId: calibration.id, provider: options.provider }, job);
      const analysis = openLatestAnalysis(station.store, study.studyInstanceUid) as Analysis;
      const accepted = isOpen ? decideByTruth(station, study, analysis) : analysis.findings.filter(isAccepted);
      own.push(...scoresOf(collection, study, analysis));
      files.push(...(await drawOverlays(station, study, analysis, overlays)));
      const peak = Math.max(0, ...accepted.map((finding) => finding.peakScore));
      if (peak > (best?.peak ?? 0)) best = { study, peak };
    }
    scores.push(...own);
    const lesions = own.filter((row) => row.lesion !== null).map((row) => row.score);
    const normals = own.filter((row) => row.lesion === null).map((row) => row.score);
    const imageAuroc = auroc(normals, lesions);
    const flagged = own.filter((row) => row.flagged && row.lesion !== null).length;
    say(
      `${collection.title}: flagged ${flagged} of ${lesions.length} images with a lesion and ` +
        `${own.filter((row) => row.flagged && row.lesion === null).length} of ${normals.length} without; image AUROC ${imageAuroc.toFixed(3)}.`,
    );
    const { threshold, seconds, steps } = calibration;
    summaries.push({ title: collection.title, threshold, calibrateSeconds: seconds, steps, imageAuroc });
  }
  const reported = best?.study ?? collections[0]?.cases[0];
  if (reported) {
    files.push(await report(station, reported, join(out, 'report.pdf')));
    say(`Signed the report of study ${reported.studyInstanceUid} and wrote it as PDF.`);
  }
  const seconds = (performance.now() - started) / 1000;
  const scoresFile = join(out, 'scores.json');
  await writeWhole(scoresFile, `${JSON.stringify({ collections: summaries, scores }, null, 2)}\n`);
  files.push(scoresFile);
  return { files, collections: summaries, scores, seconds };
}

/**
 * What a reader who knows the truth would decide: findings on the drawn lesion are accepted, others rejected. Returns
 * the accepted ones.
 */
function decideByTruth(station: Workstation, study: DemoStudy, analysis: Analysis): readonly Finding[] {
  const accepted: Finding[] = [];
  for (const finding of analysis.findings) {
    const image = study.images.find(({ sopInstanceUid }) => sopInstanceUid === finding.sopInstanceUid);
    const onLesion = image !== undefined && touches(finding, image);
    const comment = onLesion ? `Drawn into the phantom: ${wordsOf(study.lesion)}.` : 'Nothing was drawn here.';
    const decided = decide(station, { findingId: finding.id, decision: onLesion ? 'accepted' : 'rejected', comment });
    if (onLesion) accepted.push(decided);
  }
  return accepted;
}

/** `intracerebral-bleed` as words. */
const wordsOf = (lesion: string | null) => (lesion ?? 'normal picture').replaceAll('-', ' ');

const isAccepted = (finding: Finding) => finding.decision === 'accepted';

/** Whether the finding's box holds a pixel of the lesion. */
function touches({ box: [left, top, width, height] }: Finding, { mask, side }: DemoImage): boolean {
  for (let y = Math.floor(top); y < Math.min(side, top + height); y++)
    for (let x = Math.floor(left); x < Math.min(side, left + width); x++) if (mask[y * side + x] === 1) return true;
  return false;
}

function scoresOf({ title }: DemoCollection, study: DemoStudy, analysis: Analysis): DemoScore[] {
  return study.images.flatMap((image, index) => {
    const result = analysis.frames.find(({ sopInstanceUid }) => sopInstanceUid === image.sopInstanceUid);
    if (!result) return [];
    const { score, pValue, flagged } = result;
    return [
      { study: study.studyInstanceUid, kind: title, image: index + 1, lesion: image.lesion, score, pValue, flagged },
    ];
  });
}

async function drawOverlays(
  station: Workstation,
  study: DemoStudy,
  analysis: Analysis,
  folder: string,
): Promise<readonly string[]> {
  const files: string[] = [];
  for (const [index, { sopInstanceUid, frame, lesion }] of study.images.entries()) {
    const ref = { sopInstanceUid, frame };
    const flagged = analysis.frames.some((result) => result.sopInstanceUid === sopInstanceUid && result.flagged);
    if (!flagged && lesion === null) continue;
    const image = await readFile(station, 'modelImage', await verifiedSource(station.store, ref));
    const map = await openMap(station.store, analysis.id, ref);
    const outlines = analysis.findings.filter((finding) => finding.sopInstanceUid === sopInstanceUid);
    const png = await renderOverlay({
      image,
      map,
      threshold: analysis.calibration.threshold,
      outlines: outlines.map((finding) => finding.outline),
    });
    const path = join(folder, `${study.kind}-${study.number}-${study.lesion ?? 'normal'}-${index + 1}.png`);
    await writeWhole(path, png);
    files.push(path);
  }
  return files;
}

async function report(station: Workstation, study: DemoStudy, path: string): Promise<string> {
  const { studyInstanceUid, lesion } = study;
  if (openReport(station, studyInstanceUid).state === 'draft') {
    saveReport(station, {
      studyInstanceUid,
      indication: 'Demonstration on a fictional phantom. No patient.',
      impression: `The findings on the ${wordsOf(lesion)} that was drawn into this phantom were accepted, others rejected.`,
    });
    signReport(station, studyInstanceUid);
  }
  await exportReportPdf(station, studyInstanceUid, path);
  return path;
}
