/** Few-shot calibration: some of a reference set's normals train, the others give the threshold. */
import { randomUUID } from 'node:crypto';
import type { CalibrationRow, FrameRef, Preset, ProviderChoice } from '../../preload/contract/model.ts';
import type { CalibrationRequest } from '../../preload/contract/workstation.ts';
import { decodeProfile } from '../engine/profile.ts';
import { schedules } from '../engine/schedule.ts';
import type { CalibrateOutput, CalibrateProgress } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import { PREPROCESSING_VERSION } from '../imaging/model-image.ts';
import type { Image8 } from '../method/image.ts';
import { Random } from '../method/random.ts';
import { completeSettings, type MethodSettings, publishedSettings, type WantedSettings } from '../method/settings.ts';
import { putBytes } from '../store/blobs.ts';
import {
  activateCalibration,
  type CalibrationRecord,
  getCalibration,
  hasActiveCalibration,
  insertCalibration,
  listCalibrations,
} from '../store/calibrations.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { getScope } from '../store/studies.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import { readModelImages } from './reading.ts';
import { record, type Tools, timestamp, type Workstation } from './workstation.ts';

/** Stands in every profile: a model calibrated on one preprocessing is wrong on another. */
const PREPROCESSING = `imaging ${PREPROCESSING_VERSION}`;

export interface Draw<T> {
  readonly support: readonly T[];
  readonly heldOut: readonly T[];
}

/**
 * Draws `shots` of the normals with the seed; the others are held out. Both keep the order of the normals, so that the
 * same choice gives the same calibration.
 * @throws Fault `bad-reference-set` where there are too few
 */
export function drawSupport<T>(normals: readonly T[], shots: number, seed: number): Draw<T> {
  if (normals.length < 2)
    throw new Fault(
      'bad-reference-set',
      `A calibration needs at least 2 normal images, and there ${normals.length === 1 ? 'is 1' : 'are none'}. Add some more.`,
    );
  if (shots > normals.length)
    throw new Fault(
      'bad-reference-set',
      `${shots} normal images were asked for, and there are ${normals.length}. Add some, or ask for fewer.`,
    );
  const order = new Random(seed).shuffle([...normals.keys()]);
  const chosen = new Set(order.slice(0, shots));
  return {
    support: normals.filter((_, index) => chosen.has(index)),
    heldOut: normals.filter((_, index) => !chosen.has(index)),
  };
}

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
 * Calibrates on a stored reference set and stores the calibration, not active unless its scope had none.
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
  const draw = drawSupport(set.frames, request.shots, request.seed);
  const scope = scopeOf(station, set.frames);
  const read = await readDraw(station, draw, job);
  const output = await calibrateImages(station, read, request, job, checkpoint);
  const { manifest } = decodeProfile(output.profile);
  const profile = await putBytes(folder, output.profile);
  const row: Omit<CalibrationRecord, 'active' | 'referenceSetName'> = {
    id,
    name: request.name,
    referenceSetId: set.id,
    modelName: request.modelName,
    modelSha256: manifest.modelSha256,
    preset: request.preset,
    shots: request.shots,
    heldOut: draw.heldOut.length,
    seed: request.seed,
    steps: output.steps,
    seconds: output.seconds,
    lossTrace: output.lossTrace,
    threshold: output.threshold,
    toleratedShare: request.toleratedShare,
    ...scope,
    provider: output.provider,
    appVersion: station.appVersion,
    profileSha256: profile.sha256,
    createdAt: timestamp(station),
    createdBy: station.user,
  };
  db.transaction(() => {
    insertCalibration(db, row);
    if (!hasActiveCalibration(db, scope)) activateCalibration(db, row.id);
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

async function readDraw(station: Workstation, draw: Draw<FrameRef>, job: JobContext): Promise<Draw<Image8>> {
  const total = draw.support.length + draw.heldOut.length;
  const read = async (frames: readonly FrameRef[], before: number) => {
    const sources = [];
    for (const frame of frames) sources.push(await verifiedSource(station.store, frame));
    return await readModelImages(station, sources, job.signal, (done) =>
      job.progress({ done: before + done, total, unit: 'files', note: 'Reading the normal images' }),
    );
  };
  return { support: await read(draw.support, 0), heldOut: await read(draw.heldOut, draw.support.length) };
}

/** What the set is of. @throws Fault `bad-reference-set` where modalities are mixed */
function scopeOf(
  { store }: Workstation,
  frames: readonly FrameRef[],
): { readonly modality: string; readonly bodyPart: string } {
  const scopes = frames.map((frame) => getScope(store.db, frame));
  const modalities = [...new Set(scopes.map(({ modality }) => modality))];
  const bodyParts = [...new Set(scopes.map(({ bodyPart }) => bodyPart))];
  if (modalities.length > 1)
    throw new Fault(
      'bad-reference-set',
      `This set mixes images of ${modalities.sort().join(' and ')}. A calibration is for one modality; make a set for each.`,
    );
  return { modality: modalities[0] ?? '', bodyPart: bodyParts.length === 1 ? (bodyParts[0] ?? '') : '' };
}

/** Makes a calibration the active one of its modality and body part. @throws Fault `not-found` */
export function activate(station: Workstation, id: string): CalibrationRow {
  activateCalibration(station.store.db, id);
  record(station, 'calibration.activate', id);
  return getCalibration(station.store.db, id);
}

/** All calibrations, the newest first. */
export function listAllCalibrations({ store }: Workstation): readonly CalibrationRow[] {
  return listCalibrations(store.db);
}
