/** Few-shot calibration: some of a reference set's normals train, the others give the threshold. */
import { randomUUID } from 'node:crypto';
import type {
  CalibrationRow,
  DrawPlan,
  FrameRef,
  JobProgress,
  Preset,
  ProviderChoice,
  Scope,
} from '../../preload/contract/model.ts';
import type { CalibrationRequest } from '../../preload/contract/workstation.ts';
import { decodeProfile } from '../engine/profile.ts';
import { schedules } from '../engine/schedule.ts';
import type { CalibrateOutput, CalibrateProgress } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import type { Image8 } from '../method/image.ts';
import { completeSettings, type MethodSettings, publishedSettings, type WantedSettings } from '../method/settings.ts';
import { getAttributes } from '../store/attributes.ts';
import { putBytes } from '../store/blobs.ts';
import { getCalibration, insertCalibration, type NewCalibration } from '../store/calibrations.ts';
import { listConfirmedCases, saveEvidence } from '../store/evidence.ts';
import { getReferenceSet } from '../store/reference-sets.ts';
import { type Draw, drawByPatient } from './draw.ts';
import { gatherScores, type Labelled } from './evidence.ts';
import { sameness } from './image-quality.ts';
import { verifiedSource } from './images.ts';
import type { JobContext } from './jobs.ts';
import { preprocessingOf } from './model-input.ts';
import { modelFolder } from './models.ts';
import { requireModel } from './policy.ts';
import { readModelImages } from './reading.ts';
import { requireNoneConfirmed } from './reference-sets.ts';
import { writeWhole } from './reports.ts';
import { isWithin, scopeOf } from './scope.ts';
import { withScratch } from './scratch.ts';
import { record, type Tools, timestamp, type Workstation } from './workstation.ts';

export interface CalibrationSettings {
  readonly modelName: string;
  readonly preset: Preset;
  readonly provider: ProviderChoice;
  readonly seed: number;
  readonly toleratedShare: number;
  /** What differs from the preset's own settings. */
  readonly method?: WantedSettings | undefined;
  /** What the pictures are of. */
  readonly kind?: Scope | undefined;
}

/** The settings of the method that a preset has of its own. */
export function methodSettingsOf(preset: Preset): MethodSettings {
  return publishedSettings(schedules[preset].textAttention);
}

/** A picture and whose it is. */
export interface Owned {
  readonly image: Image8;
  readonly owner: string;
}

/**
 * Calibrates on pictures in memory.
 * @throws Fault `bad-reference-set` where the pictures to train on are all blank or all the same; the engine's own
 */
export async function calibrateImages(
  tools: Tools,
  { support, heldOut }: Draw<Owned>,
  settings: CalibrationSettings,
  job: JobContext,
  checkpoint?: string,
): Promise<CalibrateOutput> {
  // Named one by one: callers hand over more than the engine may be sent.
  const { modelName, preset, provider, seed, toleratedShare, kind } = settings;
  requireModel(tools.policy, modelName);
  requireDifferent(support);
  const method = completeSettings(settings.method ?? {}, schedules[preset].textAttention);
  const packFolder = await modelFolder(tools, modelName);
  const losses: number[] = [];
  return await tools.engine.run(
    'calibrate',
    {
      packFolder,
      support: support.map(({ image }) => image),
      heldOut: heldOut.map(({ image }) => image),
      patients: { support: numbered(support), heldOut: numbered(heldOut) },
      preset,
      method,
      provider,
      seed,
      toleratedShare,
      preprocessing: preprocessingOf(),
      appVersion: tools.appVersion,
      ...(kind && { scope: kind }),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    {
      signal: job.signal,
      onProgress: (progress) => job.progress(describeProgress(progress, losses)),
      onWait: (note) => job.progress({ done: 0, total: 0, unit: '', note }),
    },
  );
}

function requireDifferent(support: readonly Owned[]): void {
  if (support.length < 2) return; // too few, which the engine says
  const found = sameness(support.map(({ image }) => image));
  if (found)
    throw new Fault(
      'bad-reference-set',
      `All images to train on ${found === 'blank' ? 'are blank' : 'show the same picture'}, so there is nothing to learn from them. Choose normal images that differ.`,
    );
}

/** Whose each picture is as a number: names stay out of what a profile depends on. */
function numbered(pictures: readonly Owned[]): number[] {
  const owners = [...new Set(pictures.map(({ owner }) => owner))];
  const numbers = new Map(owners.map((owner, number) => [owner, number]));
  return pictures.map(({ owner }) => numbers.get(owner)!);
}

function describeProgress(
  { phase, done, total, losses, firstStep, provider }: CalibrateProgress,
  trace: number[],
): JobProgress {
  trace.splice(firstStep ?? trace.length, trace.length, ...losses);
  const unit = { features: 'images', training: 'steps', evidence: 'check steps' }[phase];
  const note = {
    features: 'Looking at the normal images',
    training: 'Training',
    evidence: 'Scoring normals for the threshold',
  }[phase];
  return { done, total, unit, note, lossTrace: [...trace], ...(provider === undefined ? {} : { provider }) };
}

/** What follows the training still tells its losses and its provider. */
function keepingTrace(tell: JobContext['progress']): JobContext['progress'] {
  let known: Pick<JobProgress, 'lossTrace' | 'provider'> = {};
  return ({ lossTrace = known.lossTrace, provider = known.provider, ...progress }) => {
    known = { ...(lossTrace && { lossTrace }), ...(provider !== undefined && { provider }) };
    tell({ ...progress, ...known });
  };
}

/**
 * Calibrates on a stored reference set, gathers the evidence, and stores both. It is not in use yet: that is for whoever
 * has seen the evidence.
 * @throws Fault `bad-reference-set`, and the engine's own; nothing is stored then
 */
export async function calibrateReferenceSet(
  station: Workstation,
  request: CalibrationRequest,
  job: JobContext,
  { id = randomUUID(), checkpoint }: { readonly id?: string; readonly checkpoint?: string } = {},
): Promise<CalibrationRow> {
  const { db, folder } = station.store;
  const progress = keepingTrace(job.progress);
  const set = getReferenceSet(db, request.referenceSetId);
  const normals = drawables(station, set.frames);
  const draw = drawByPatient(normals, request.shots, request.seed);
  const scope = scopeOf(
    normals.map(({ attributes }) => attributes),
    request.scope,
  );
  const read = await readDraw(station, draw, job);
  const output = await calibrateImages(station, read, { ...request, kind: scope }, { ...job, progress }, checkpoint);
  const scores = await withScratch(async (scratch) => {
    const profilePath = `${scratch}/profile`;
    await writeWhole(profilePath, output.profile);
    const model = {
      packFolder: await modelFolder(station, request.modelName),
      profilePath,
      provider: request.provider,
    };
    const refs = [...draw.support, ...draw.heldOut].map(({ ref }) => ref);
    const { cases, leftOut } = await readCases(station, scope, refs, job);
    const images = { heldOut: read.heldOut, abnormals: cases, seed: request.seed, model };
    return { ...(await gatherScores(station, images, { ...job, progress })), casesLeftOut: leftOut };
  });
  requireNoneConfirmed(station, set.frames); // somebody may have looked closer meanwhile
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
    heldOutPatients: countPatients(draw.heldOut),
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

/** How a calibration would divide a reference set. @throws Fault `not-found`, `bad-reference-set` where it could not */
export function planDraw(
  station: Workstation,
  { referenceSetId, shots, seed }: Pick<CalibrationRequest, 'referenceSetId' | 'shots' | 'seed'>,
): DrawPlan {
  const { frames } = getReferenceSet(station.store.db, referenceSetId);
  const { heldOut, setAside } = drawByPatient(drawables(station, frames), shots, seed);
  return { heldOut: heldOut.length, heldOutPatients: countPatients(heldOut), setAside: setAside.length };
}

const countPatients = (images: readonly { readonly owner: string }[]) => new Set(images.map(({ owner }) => owner)).size;

/** @throws Fault `bad-reference-set` where one is confirmed as abnormal, `not-found` */
function drawables(station: Workstation, frames: readonly FrameRef[]) {
  requireNoneConfirmed(station, frames);
  return frames.map((ref) => {
    const attributes = getAttributes(station.store.db, ref);
    return { ref, key: `${ref.sopInstanceUid}/${ref.frame}`, owner: attributes.owner, attributes };
  });
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
export async function readLabelled(
  station: Workstation,
  refs: readonly FrameRef[],
  signal: AbortSignal,
  onImage?: (done: number) => void,
): Promise<Labelled[]> {
  const sources = [];
  for (const ref of refs) sources.push(await verifiedSource(station.store, ref));
  const images = await readModelImages(station, sources, signal, onImage);
  return refs.map((ref, index) => ({
    ref,
    image: images[index]!,
    owner: getAttributes(station.store.db, ref).owner,
  }));
}

/**
 * The confirmed abnormal cases within a scope, but for those of patients among the reference images: what a calibration
 * knows of a patient's normals would help it on that patient's case.
 */
export async function readCases(
  station: Workstation,
  scope: Scope,
  reference: readonly FrameRef[],
  job: JobContext,
): Promise<{ readonly cases: Labelled[]; readonly leftOut: number }> {
  const { db } = station.store;
  const ownerOf = (ref: FrameRef) => getAttributes(db, ref).owner;
  const known = new Set(reference.map(ownerOf));
  const refs = listConfirmedCases(db).map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));
  const within = refs.filter((ref) => isWithin(scope, getAttributes(db, ref)));
  const ofOthers = within.filter((ref) => !known.has(ownerOf(ref)));
  return {
    cases: await readLabelled(station, ofOthers, job.signal),
    leftOut: within.length - ofOthers.length,
  };
}
