/** Analyses a study: every frame gets a score and a map; what rises above the threshold becomes a finding. */
import { randomUUID } from 'node:crypto';
import type {
  Analysis,
  AnomalyMap,
  Finding,
  FrameRef,
  FrameResult,
  NormalPeaks,
  ProviderChoice,
} from '../../preload/contract/model.ts';
import { decodeProfile, normalPeaks } from '../engine/profile.ts';
import type { DetectInput, Detection } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import { conformalPValue, type WeightedScores } from '../method/conformal.ts';
import {
  type FrameResultRecord,
  getFrameResult,
  insertAnalysis,
  latestAnalysis,
  listFindings,
  listFrameResults,
} from '../store/analyses.ts';
import { bytesToFloats, floatsToBytes, putBytes, readBlob, storedFile } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getReport, listAddenda } from '../store/reports.ts';
import type { Store } from '../store/store.ts';
import { type FrameRecord, getStudy, listFrames } from '../store/studies.ts';
import { drawnBefore } from './carry-over.ts';
import { detectOnOneProvider, inputsFor } from './detection.ts';
import { fromTheMiddle } from './frame-order.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { recipeOf } from './model-input.ts';
import { modelFolder } from './models.ts';
import { findRegions } from './regions.ts';
import { forgetRunning, runningAnalysis, runningResult, showRunning } from './running-analyses.ts';
import { frameKey } from './worklist.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/**
 * Analyses all frames of a study, localisers aside, and stores the analysis whole; what a reader drew by hand on the one
 * before goes on in it.
 * @throws Fault `not-found`, `not-allowed` where the report is signed, `bad-profile`, the engine's; nothing is stored then
 */
export async function analyseStudy(
  station: Workstation,
  request: {
    readonly studyInstanceUid: string;
    readonly calibrationId: string;
    readonly provider?: ProviderChoice;
    /** The image on the screen: those around it come first. */
    readonly around?: FrameRef | undefined;
  },
  job: JobContext,
): Promise<string> {
  const { db, folder } = station.store;
  const started = performance.now();
  const frames = framesToAnalyse(station.store, request.studyInstanceUid);
  const calibration = getCalibration(db, request.calibrationId);
  if (calibration.retiredAt !== null)
    throw new Fault('not-allowed', 'This calibration is retired. Choose another one or calibrate again.');
  const profile = decodeProfile(await readBlob(folder, calibration.profileSha256));
  const peaksOfNormals = normalPeaks(profile);
  const model = {
    packFolder: await modelFolder(station, calibration.modelName),
    ...profileFile(station.store, calibration.profileSha256),
    provider: request.provider ?? 'auto',
  };
  const inputs = await inputsFor(station, model.packFolder, recipeOf(profile.manifest.preprocessing));
  const read = async (batch: readonly FrameRecord[]) => {
    const sources = [];
    for (const frame of batch) sources.push(await verifiedSource(station.store, frame));
    return await inputs(sources, job.signal);
  };

  const analysis = {
    id: randomUUID(),
    studyInstanceUid: request.studyInstanceUid,
    calibrationId: calibration.id,
    createdAt: timestamp(station),
    createdBy: station.user,
  };
  const { id } = analysis;
  const order = fromTheMiddle(frames, request.around);
  const scored = new Map<FrameRecord, ScoredFrame>();
  const waiting = (note: string) => job.progress({ done: 0, total: frames.length, unit: 'images', note });
  waiting('');
  try {
    for await (const { items, output } of detectOnOneProvider(station, order, read, model, job.signal, waiting)) {
      const provider = `${output.provider}, ${output.providerVersion}`;
      for (const [index, detection] of output.detections.entries()) {
        const frame = items[index];
        if (!frame) throw new Fault('internal', 'The engine answered for more images than it was given.');
        const map = await putBytes(folder, floatsToBytes(detection.map));
        scored.set(frame, {
          provider,
          result: frameResult(frame, detection, map.sha256),
          findings: findingsOf(id, frame, detection, calibration.threshold, peaksOfNormals),
        });
      }
      const all = [...scored.values()];
      showRunning(station.store, { ...analysis, provider, results: all.map(({ result }) => result) });
      const done = all.filter((frame) => frame.provider === provider).length;
      job.progress({ done, total: frames.length, unit: 'images', note: '', provider });
    }
    const seconds = (performance.now() - started) / 1000;
    const [results, findings] = inOrder(frames, scored);
    const drawn = await drawnBefore(station.store, analysis, results, peaksOfNormals);
    insertAnalysis(db, { ...analysis, provider: providersOf(scored), seconds }, results, [...findings, ...drawn]);
  } finally {
    forgetRunning(station.store, id);
  }
  record(station, 'analysis.create', id, {
    study: request.studyInstanceUid,
    calibration: calibration.id,
    images: frames.length,
    flagged: [...scored.values()].filter(({ result }) => result.flagged).length,
    findings: [...scored.values()].reduce((sum, { findings }) => sum + findings.length, 0),
  });
  return id;
}

interface ScoredFrame {
  readonly provider: string;
  readonly result: FrameResultRecord;
  readonly findings: readonly Finding[];
}

/** One, whatever failed on the way. */
function providersOf(scored: ReadonlyMap<FrameRecord, ScoredFrame>): string {
  return [...new Set([...scored.values()].map(({ provider }) => provider))].join('; ');
}

/** In the study's order, whichever frame was scored first. @throws Fault `internal` where one was left out */
function inOrder(
  frames: readonly FrameRecord[],
  scored: ReadonlyMap<FrameRecord, ScoredFrame>,
): [FrameResultRecord[], Finding[]] {
  const all = frames.map((frame) => {
    const found = scored.get(frame);
    if (!found) throw new Fault('internal', 'The engine answered for fewer images than it was given.');
    return found;
  });
  return [all.map(({ result }) => result), all.flatMap(({ findings }) => findings)];
}

/** A stored profile as the engine is given it. */
export function profileFile({ folder }: Store, sha256: string): Pick<DetectInput, 'profilePath' | 'profileKey'> {
  const { path, fileKey } = storedFile(folder, sha256);
  return { profilePath: path, profileKey: fileKey };
}

function framesToAnalyse({ db }: Store, studyInstanceUid: string): readonly FrameRecord[] {
  getStudy(db, studyInstanceUid);
  if (getReport(db, studyInstanceUid)?.state === 'signed')
    throw new Fault('not-allowed', 'The report of this study is signed, so it cannot be analysed again.');
  const frames = listFrames(db, studyInstanceUid).filter((frame) => !frame.localizer);
  if (frames.length === 0) throw new Fault('bad-pixels', 'This study has no images to analyse, only localisers.');
  return frames;
}

function frameResult(frame: FrameRef, detection: Detection, mapSha256: string): FrameResultRecord {
  const { score, pValue, flagged, side } = detection;
  const { sopInstanceUid, frame: index } = frame;
  return { sopInstanceUid, frame: index, score, pValue, flagged, mapSha256, mapWidth: side, mapHeight: side };
}

function findingsOf(
  analysisId: string,
  frame: FrameRecord,
  { map, side }: Detection,
  threshold: number,
  peaksOfNormals: WeightedScores,
): Finding[] {
  return findRegions({ width: side, height: side, data: map }, threshold, frame).map((region) => ({
    ...region,
    id: randomUUID(),
    analysisId,
    sopInstanceUid: frame.sopInstanceUid,
    frame: frame.frame,
    pValue: peaksOfNormals.scores.length > 0 ? conformalPValue(region.peakScore, peaksOfNormals) : null,
    decision: 'open',
    comment: '',
    decidedBy: null,
    decidedAt: null,
    drawnBy: null,
    measurementId: null,
  }));
}

/** The newest analysis of a study with its results and findings, or null. What an addendum took back is rejected. */
export function openLatestAnalysis({ db }: Store, studyInstanceUid: string): Analysis | null {
  const analysis = latestAnalysis(db, studyInstanceUid);
  if (!analysis) return null;
  const { id, provider, createdAt, seconds } = analysis;
  const takenBack = new Set(listAddenda(db, studyInstanceUid).flatMap(({ withdrawn }) => withdrawn));
  return {
    id,
    studyInstanceUid,
    calibration: getCalibration(db, analysis.calibrationId),
    provider,
    createdAt,
    seconds,
    frames: listFrameResults(db, id).map(resultOf),
    findings: listFindings(db, id).map((finding) =>
      takenBack.has(finding.id) ? { ...finding, decision: 'rejected' } : finding,
    ),
  };
}

/** Results of an analysis, without the images where the reader rejected everything that was marked. */
export function standingFrames({ frames, findings }: Analysis): readonly FrameResult[] {
  const marked = new Set(findings.map(frameKey));
  const standing = new Set(findings.filter(({ decision }) => decision !== 'rejected').map(frameKey));
  return frames.filter((frame) => standing.has(frameKey(frame)) || !marked.has(frameKey(frame)));
}

/** What an analysis of the study that runs has found so far, its findings left out; null where none runs. */
export function openRunningAnalysis(store: Store, studyInstanceUid: string): Analysis | null {
  const running = runningAnalysis(store, studyInstanceUid);
  if (!running) return null;
  const { id, provider, createdAt, calibrationId, results } = running;
  const calibration = getCalibration(store.db, calibrationId);
  const frames = results.map(resultOf);
  return { id, studyInstanceUid, calibration, provider, createdAt, seconds: 0, frames, findings: [] };
}

function resultOf({ sopInstanceUid, frame, score, pValue, flagged }: FrameResultRecord): FrameResult {
  return { sopInstanceUid, frame, score, pValue, flagged };
}

/** The map of a frame, stored or of an analysis that runs. @throws Fault `not-found`, `bad-file` where it was damaged */
export async function openMap(store: Store, analysisId: string, ref: FrameRef): Promise<AnomalyMap> {
  const { db, folder } = store;
  const { mapSha256, mapWidth, mapHeight } =
    runningResult(store, analysisId, ref) ?? getFrameResult(db, analysisId, ref);
  return { width: mapWidth, height: mapHeight, data: bytesToFloats(await readBlob(folder, mapSha256)) };
}

/** Highest points of the maps of a calibration's held-out normals, ascending. @throws Fault `not-found`, `bad-profile` */
export async function normalPeaksOf({ db, folder }: Store, calibrationId: string): Promise<NormalPeaks> {
  const { profileSha256 } = getCalibration(db, calibrationId);
  const { scores, weights } = normalPeaks(decodeProfile(await readBlob(folder, profileSha256)));
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  return { scores: order.map((i) => scores[i]!), weights: order.map((i) => weights[i]!) };
}
