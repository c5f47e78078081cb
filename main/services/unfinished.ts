/**
 * Calibrations that are not finished. What was asked for is written down when a calibration starts and removed when it
 * ends; so whatever stands here and does not run was paused or broken off, by a person or with the application, and can be continued
 * from its last checkpoint (engine/checkpoint.ts).
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CalibrationRow, JobStatus } from '../../preload/contract/model.ts';
import { calibrationRequestSchema, type UnfinishedCalibration } from '../../preload/contract/workstation.ts';
import { checkpointedSteps } from '../engine/checkpoint.ts';
import { Fault } from '../fault.ts';
import { listCalibrations } from '../store/calibrations.ts';
import { listReferenceSets } from '../store/reference-sets.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { isPaused, type JobContext } from './jobs.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

const rememberedSchema = z.object({
  id: z.uuid(),
  request: calibrationRequestSchema,
  startedAt: z.string(),
  /** Another version may compute otherwise: it starts at the beginning. */
  appVersion: z.string(),
});
export type RememberedCalibration = z.infer<typeof rememberedSchema>;

const pathsOf = ({ store }: Workstation, id: string) => ({
  asked: join(store.folder.checkpoints, `${id}.json`),
  checkpoint: join(store.folder.checkpoints, `${id}.safetensors`),
});

/** Writes down what is asked for, before anything else happens. @throws Fault `disk-full` */
export function rememberCalibration(
  station: Workstation,
  request: RememberedCalibration['request'],
): RememberedCalibration {
  const remembered = { id: randomUUID(), request, startedAt: timestamp(station), appVersion: station.appVersion };
  const { asked } = pathsOf(station, remembered.id);
  try {
    writeFileSync(`${asked}.unfinished`, JSON.stringify(remembered), { mode: 0o600 });
    renameSync(`${asked}.unfinished`, asked);
  } catch (thrown) {
    rmSync(`${asked}.unfinished`, { force: true });
    throw Fault.from(thrown, { path: asked });
  }
  return remembered;
}

/**
 * Calibrates, from the last checkpoint where there is one. Whoever pauses finds it unfinished afterwards, and so does
 * whoever cancelled it, or lost the engine or the disk, after some steps; before any, nothing is left.
 * @throws Fault as calibrateReferenceSet
 */
export async function runRemembered(
  station: Workstation,
  { id, request, appVersion }: RememberedCalibration,
  job: JobContext,
): Promise<CalibrationRow> {
  const { checkpoint } = pathsOf(station, id);
  if (appVersion !== station.appVersion) rmSync(checkpoint, { force: true });
  try {
    const row = await calibrateReferenceSet(station, request, job, { id, checkpoint });
    forget(station, id);
    return row;
  } catch (thrown) {
    const keep = isPaused(job.signal) || (await checkpointedSteps(checkpoint)) > 0;
    if (!keep) forget(station, id);
    throw thrown;
  }
}

/** Of a calibration that was cancelled while it waited nothing is left, unless it was to go on from a checkpoint. */
export function forgetUnbegun(station: Workstation, id: string): void {
  if (!existsSync(pathsOf(station, id).checkpoint)) forget(station, id);
}

/** Calibrations that do not run and can be continued, the newest first. */
export async function listUnfinished(
  station: Workstation,
  jobs: readonly JobStatus[],
): Promise<readonly UnfinishedCalibration[]> {
  const { db } = station.store;
  const names = new Map(listReferenceSets(db).map((set) => [set.id, set.name]));
  const stored = new Set(listCalibrations(db).map(({ id }) => id));
  const unfinished: UnfinishedCalibration[] = [];
  for (const { id, request, startedAt } of readRemembered(station)) {
    if (runs(jobs, id)) continue;
    const referenceSetName = names.get(request.referenceSetId);
    // Ended between storing the calibration and removing this; or a restored database knows its set no more.
    if (stored.has(id) || referenceSetName === undefined) forget(station, id);
    else {
      const stepsDone = await checkpointedSteps(pathsOf(station, id).checkpoint);
      unfinished.push({ id, request, referenceSetName, startedAt, stepsDone });
    }
  }
  return unfinished.sort((one, other) => other.startedAt.localeCompare(one.startedAt));
}

/** @throws Fault `not-found`, `not-allowed` while it runs */
export function openUnfinished(station: Workstation, jobs: readonly JobStatus[], id: string): RememberedCalibration {
  if (runs(jobs, id)) throw new Fault('not-allowed', 'This calibration is running already.');
  const remembered = readRemembered(station).find((other) => other.id === id);
  if (!remembered) throw new Fault('not-found', 'There is no such unfinished calibration. Start it anew.');
  return remembered;
}

/** @throws Fault `not-found`, `not-allowed` while it runs */
export function discardUnfinished(station: Workstation, jobs: readonly JobStatus[], id: string): void {
  forget(station, openUnfinished(station, jobs, id).id);
  record(station, 'calibration.discard', id);
}

const runs = (jobs: readonly JobStatus[], id: string) =>
  jobs.some(({ subject, state }) => subject === id && (state === 'queued' || state === 'running'));

/** Half a checkpoint, which a process that died has left, begins with the same name. */
function forget({ store }: Workstation, id: string): void {
  const { checkpoints } = store.folder;
  for (const name of readdirSync(checkpoints))
    if (name.startsWith(id)) rmSync(join(checkpoints, name), { force: true });
}

/** What cannot be read is no calibration of this version. */
function readRemembered({ store }: Workstation): readonly RememberedCalibration[] {
  const { checkpoints } = store.folder;
  return readdirSync(checkpoints).flatMap((name) => {
    if (!name.endsWith('.json')) return [];
    try {
      return [rememberedSchema.parse(JSON.parse(readFileSync(join(checkpoints, name), 'utf8')))];
    } catch {
      return [];
    }
  });
}
