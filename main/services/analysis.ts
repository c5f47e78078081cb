/** Analyses a study: every frame gets a score and a map; what rises above the threshold becomes a finding. */
import { randomUUID } from 'node:crypto';
import type { Analysis, AnomalyMap, Finding, FrameRef, ProviderChoice } from '../../preload/contract/model.ts';
import { decodeProfile, normalPeaks } from '../engine/profile.ts';
import type { DetectInput, Detection, DetectOutput } from '../engine/tasks.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { conformalPValue } from '../method/conformal.ts';
import {
  type AnalysisRecord,
  type FrameResultRecord,
  getFrameResult,
  insertAnalysis,
  latestAnalysis,
  listFindings,
  listFrameResults,
} from '../store/analyses.ts';
import { blobPath, bytesToFloats, floatsToBytes, putBytes, readBlob } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getReport, listAddenda } from '../store/reports.ts';
import type { Store } from '../store/store.ts';
import { type FrameRecord, getStudy, listFrames } from '../store/studies.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import { readModelImages } from './reading.ts';
import { findRegions } from './regions.ts';
import { record, type Tools, timestamp, type Workstation } from './workstation.ts';

/** Images per run of the engine: enough to keep it busy, few enough to cancel soon. */
const BATCH = 8;

/**
 * Detects in pictures batch by batch; the next batch is read while the engine works on the present one.
 * @throws Fault the reader's or the engine's own, `cancelled`
 */
export async function* detectInBatches<T>(
  tools: Pick<Tools, 'engine'>,
  items: readonly T[],
  read: (batch: readonly T[]) => Promise<DetectInput['images']>,
  model: { readonly packFolder: string; readonly profilePath: string; readonly provider: ProviderChoice },
  signal: AbortSignal,
): AsyncGenerator<
  { readonly items: readonly T[]; readonly output: DetectOutput; readonly ms: number },
  void,
  undefined
> {
  const batches: T[][] = [];
  for (let at = 0; at < items.length; at += BATCH) batches.push(items.slice(at, at + BATCH));
  const startReading = (batch: T[] | undefined) => {
    const reading = batch && read(batch);
    reading?.catch(() => {}); // awaited later; must not count as unhandled meanwhile
    return reading;
  };
  let reading = startReading(batches[0]);
  for (const [index, batch] of batches.entries()) {
    throwIfCancelled(signal);
    const images = (await reading) ?? [];
    reading = startReading(batches[index + 1]);
    const started = performance.now();
    const output = await detect(tools, { ...model, images }, signal);
    yield { items: batch, output, ms: performance.now() - started };
  }
}

function detect({ engine }: Pick<Tools, 'engine'>, input: DetectInput, signal: AbortSignal): Promise<DetectOutput> {
  return engine.run('detect', input, { signal });
}

/**
 * Analyses all frames of a study, localisers aside, and stores the analysis whole.
 * @throws Fault `not-found`, `not-allowed` where the report is signed, `bad-profile`, the engine's; nothing is stored then
 */
export async function analyseStudy(
  station: Workstation,
  request: { readonly studyInstanceUid: string; readonly calibrationId: string; readonly provider?: ProviderChoice },
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
    profilePath: blobPath(folder, calibration.profileSha256),
    provider: request.provider ?? 'auto',
  };
  const read = async (batch: readonly FrameRecord[]) => {
    const sources = [];
    for (const frame of batch) sources.push(await verifiedSource(station.store, frame));
    return await readModelImages(station, sources, job.signal);
  };

  const id = randomUUID();
  const results: FrameResultRecord[] = [];
  const findings: Finding[] = [];
  let provider = '';
  job.progress({ done: 0, total: frames.length, unit: 'images', note: '' });
  for await (const batch of detectInBatches(station, frames, read, model, job.signal)) {
    provider = `${batch.output.provider}, ${batch.output.providerVersion}`;
    for (const [index, detection] of batch.output.detections.entries()) {
      const frame = batch.items[index];
      if (!frame) throw new Fault('internal', 'The engine answered for more images than it was given.');
      const map = await putBytes(folder, floatsToBytes(detection.map));
      results.push(frameResult(frame, detection, map.sha256));
      findings.push(...findingsOf(id, frame, detection, calibration.threshold, peaksOfNormals));
    }
    job.progress({ done: results.length, total: frames.length, unit: 'images', note: '' });
  }
  const analysis: AnalysisRecord = {
    id,
    studyInstanceUid: request.studyInstanceUid,
    calibrationId: calibration.id,
    provider,
    createdAt: timestamp(station),
    createdBy: station.user,
    seconds: (performance.now() - started) / 1000,
  };
  insertAnalysis(db, analysis, results, findings);
  record(station, 'analysis.create', id, {
    study: request.studyInstanceUid,
    calibration: calibration.id,
    images: results.length,
    flagged: results.filter((result) => result.flagged).length,
    findings: findings.length,
  });
  return id;
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
  peaksOfNormals: Float32Array,
): Finding[] {
  return findRegions({ width: side, height: side, data: map }, threshold, frame).map((region) => ({
    ...region,
    id: randomUUID(),
    analysisId,
    sopInstanceUid: frame.sopInstanceUid,
    frame: frame.frame,
    pValue: peaksOfNormals.length > 0 ? conformalPValue(region.peakScore, peaksOfNormals) : null,
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
    frames: listFrameResults(db, id).map(({ sopInstanceUid, frame, score, pValue, flagged }) => ({
      sopInstanceUid,
      frame,
      score,
      pValue,
      flagged,
    })),
    findings: listFindings(db, id).map((finding) =>
      takenBack.has(finding.id) ? { ...finding, decision: 'rejected' } : finding,
    ),
  };
}

/** The stored map of a frame. @throws Fault `not-found`, `bad-file` where it was damaged */
export async function openMap({ db, folder }: Store, analysisId: string, ref: FrameRef): Promise<AnomalyMap> {
  const { mapSha256, mapWidth, mapHeight } = getFrameResult(db, analysisId, ref);
  return { width: mapWidth, height: mapHeight, data: bytesToFloats(await readBlob(folder, mapSha256)) };
}

/** Highest points of the maps of a calibration's held-out normals, ascending. @throws Fault `not-found`, `bad-profile` */
export async function normalPeaksOf({ db, folder }: Store, calibrationId: string): Promise<readonly number[]> {
  const { profileSha256 } = getCalibration(db, calibrationId);
  return [...normalPeaks(decodeProfile(await readBlob(folder, profileSha256)))].sort((a, b) => a - b);
}
