/** Few-shot calibration: some of a reference set's normals train, the others give the threshold. */
import { randomUUID } from 'node:crypto';
import type { CalibrationRow, FrameRef, Preset, ProviderChoice, Scope } from '../../preload/contract/model.ts';
import type { CalibrationRequest } from '../../preload/contract/workstation.ts';
import { decodeProfile } from '../engine/profile.ts';
import { schedules } from '../engine/schedule.ts';
import type { CalibrateOutput, CalibrateProgress } from '../engine/tasks.ts';
import { PREPROCESSING_VERSION } from '../imaging/model-image.ts';
import type { Image8 } from '../method/image.ts';
import { completeSettings, type MethodSettings, publishedSettings, type WantedSettings } from '../method/settings.ts';
import { type FrameAttributes, getAttributes } from '../store/attributes.ts';
import { putBytes } from '../store/blobs.ts';
import {
  activateCalibration,
  getCalibration,
  hasActiveCalibration,
  insertCalibration,
  type NewCalibration,
} from '../store/calibrations.ts';
import { listConfirmedCases, saveEvidence } from '../store/evidence.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { type Draw, drawByPatient } from './draw.ts';
import { gatherScores, type Labelled } from './evidence.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import { requireModel } from './policy.ts';
import { readModelImages } from './reading.ts';
import { writeWhole } from './reports.ts';
import { isWithin, scopeOf } from './scope.ts';
import { withScratch } from './scratch.ts';
import { record, type Tools, timestamp, type Workstation } from './workstation.ts';

/** Stands in every profile: a model calibrated on one preprocessing is wrong on another. */
const PREPROCESSING = `imaging ${PREPROCESSING_VERSION}`;

export interface CalibrationSettings {
  readonly modelName: string;
  readonly preset: Preset;
  readonly provider: ProviderChoice;
  readonly seed: number;
  readonly toleratedShare: number;
  /** What differs from the preset's own settings. */
  readonly method?: WantedSettings | undefined;
}

/** The settings of the method that a preset has of its own. */
export function methodSettingsOf(preset: Preset): MethodSettings {
  return publishedSettings(schedules[preset].textAttention);
}

/** Calibrates on pictures in memory. @throws Fault the engine's own */
export async function calibrateImages(
  tools: Tools,
  { support, heldOut }: Draw<Image8>,
  settings: CalibrationSettings,
  job: JobContext,
  checkpoint?: string,
): Promise<CalibrateOutput> {
  // Named one by one: callers hand over more than the engine may be sent.
  const { modelName, preset, provider, seed, toleratedShare } = settings;
  requireModel(tools.policy, modelName);
  const method = completeSettings(settings.method ?? {}, schedules[preset].textAttention);
  const packFolder = await modelFolder(tools, modelName);
  const preprocessing = PREPROCESSING;
  const losses: number[] = [];
  return await tools.engine.run(
    'calibrate',
    {
      packFolder,
      support,
      heldOut,
      preset,
      method,
      provider,
      seed,
      toleratedShare,
      preprocessing,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    { signal: job.signal, onProgress: (progress) => job.progress(describeProgress(progress, losses)) },
  );
}

function describeProgress({ phase, done, total, losses, firstStep }: CalibrateProgress, trace: number[]) {
  trace.splice(firstStep ?? trace.length, trace.length, ...losses);
  const unit = { features: 'images', training: 'steps', evidence: 'check steps' }[phase];
  const note = {
    features: 'Looking at the normal images',
    training: 'Training',
    evidence: 'Scoring normals for the threshold',
  }[phase];
  return { done, total, unit, note, lossTrace: [...trace] };
}

/**
 * Calibrates on a stored reference set, gathers the evidence, and stores both; active only where its scope had none.
 * @throws Fault `bad-reference-set`, and the engine's own; nothing is stored then
 */
export async function calibrateReferenceSet(
  station: Workstation,
  request: CalibrationRequest,
  job: JobContext,
  { id = randomUUID(), checkpoint }: { readonly id?: string; readonly checkpoint?: string } = {},
): Promise<CalibrationRow> {
  const { db, folder } = station.store;
  const set = getReferenceSet(db, request.referenceSetId);
  const normals = set.frames.map((ref) => ({ ref, ...drawable(ref, getAttributes(db, ref)) }));
  const draw = drawByPatient(normals, request.shots, request.seed);
  const scope = scopeOf(
    normals.map(({ attributes }) => attributes),
    request.scope,
  );
  const read = await readDraw(station, draw, job);
  const images = { support: read.support.map(({ image }) => image), heldOut: read.heldOut.map(({ image }) => image) };
  const output = await calibrateImages(station, images, request, job, checkpoint);
  const scores = await withScratch(async (scratch) => {
    const profilePath = `${scratch}/profile`;
    await writeWhole(profilePath, output.profile);
    const model = {
      packFolder: await modelFolder(station, request.modelName),
      profilePath,
      provider: request.provider,
    };
    const abnormals = await readCases(station, scope, job);
    return await gatherScores(station, { heldOut: read.heldOut, abnormals, seed: request.seed, model }, job);
  });
  const { manifest } = decodeProfile(output.profile);
  const profile = await putBytes(folder, output.profile);
  const row: NewCalibration = {
    id,
    name: request.name,
    referenceSetId: set.id,
    modelName: request.modelName,
    modelSha256: manifest.modelSha256,
    preset: request.preset,
    shots: request.shots,
    heldOut: draw.heldOut.length,
    setAside: draw.setAside.length,
    seed: request.seed,
    steps: output.steps,
    seconds: output.seconds,
    lossTrace: output.lossTrace,
    threshold: output.threshold,
    toleratedShare: request.toleratedShare,
    ...scope,
    provider: `${output.provider}, ${output.providerVersion}`,
    appVersion: station.appVersion,
    profileSha256: profile.sha256,
    createdAt: timestamp(station),
    createdBy: station.user,
    retiredAt: null,
    origin: '',
  };
  db.transaction(() => {
    insertCalibration(db, row);
    saveEvidence(db, row.id, { ...scores, support: draw.support.map(({ ref }) => ref) });
    if (!hasActiveCalibration(db, scope)) activateCalibration(db, row.id, row.createdAt, station.user);
  });
  record(station, 'calibration.create', row.id, {
    referenceSet: set.id,
    model: row.modelSha256,
    profile: row.profileSha256,
    preset: row.preset,
    shots: row.shots,
    seed: row.seed,
    threshold: row.threshold,
  });
  return getCalibration(db, row.id);
}

function drawable(ref: FrameRef, attributes: FrameAttributes) {
  return { key: `${ref.sopInstanceUid}/${ref.frame}`, owner: attributes.owner, attributes };
}

async function readDraw(
  station: Workstation,
  draw: Draw<{ readonly ref: FrameRef }>,
  job: JobContext,
): Promise<Draw<Labelled>> {
  const total = draw.support.length + draw.heldOut.length;
  const read = (part: Draw<{ readonly ref: FrameRef }>['support'], before: number) =>
    readLabelled(
      station,
      part.map(({ ref }) => ref),
      job.signal,
      (done) => job.progress({ done: before + done, total, unit: 'files', note: 'Reading the normal images' }),
    );
  return { support: await read(draw.support, 0), heldOut: await read(draw.heldOut, draw.support.length) };
}

/** Pictures of stored frames as the network sees them. @throws Fault `bad-file`, the reader's own, `cancelled` */
async function readLabelled(
  station: Workstation,
  refs: readonly FrameRef[],
  signal: AbortSignal,
  onImage?: (done: number) => void,
): Promise<Labelled[]> {
  const sources = [];
  for (const ref of refs) sources.push(await verifiedSource(station.store, ref));
  const images = await readModelImages(station, sources, signal, onImage);
  return refs.map((ref, index) => ({ ref, image: images[index]! }));
}

/** The confirmed abnormal cases that lie within a scope. */
async function readCases(station: Workstation, scope: Scope, job: JobContext): Promise<Labelled[]> {
  const { db } = station.store;
  const refs = listConfirmedCases(db).map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));
  const within = refs.filter((ref) => isWithin(scope, getAttributes(db, ref)));
  return await readLabelled(station, within, job.signal);
}
