/** Calibrations that are paused, cancelled, or end with the application, on a small model in the real engine. */

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobStatus } from '../../preload/contract/model.ts';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { checkpointedSteps } from '../engine/checkpoint.ts';
import { createEngineHandlers } from '../engine/handlers.ts';
import { readBlob } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { calibrateFiles } from './files.ts';
import { importPaths } from './import.ts';
import { Jobs } from './jobs.ts';
import { withPictures } from './pictures.ts';
import { createReferenceSet } from './reference-sets.ts';
import { resumeCalibration, startCalibration } from './start.ts';
import { discardUnfinished, listUnfinished, rememberCalibration, runRemembered } from './unfinished.ts';
import { openStudy } from './worklist.ts';
import type { Workstation } from './workstation.ts';

let folder: string;
let packFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-unfinished-'));
  packFolder = await createSmallPack(folder);
  mkdirSync(join(folder, 'normals'));
  for (const [index, { data, width, height }] of stripedPictures(8, 1).entries())
    await sharp(data, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(join(folder, 'normals', `${index}.png`));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a calibration that runs', () => {
  let station: Workstation;
  let jobs: Jobs;
  let request: Parameters<typeof startCalibration>[2];
  let atStep: (steps: number) => Promise<void>;
  /** Steps in the checkpoint that the engine was given, per calibration. */
  let startedWith: number[];

  beforeEach(async () => {
    startedWith = [];
    const handlers = createEngineHandlers();
    station = testWorkstation({
      ...handlers,
      async calibrate(input, context) {
        startedWith.push(await checkpointedSteps(input.checkpoint ?? ''));
        return await handlers.calibrate(input, context);
      },
    });
    const { studies } = await importPaths(station, [join(folder, 'normals')], testJob());
    const frames = openStudy(station.store.db, studies[0] ?? '', []).series.flatMap((series) => series.frames);
    const refs = frames.map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));
    const { id: referenceSetId } = createReferenceSet(station, { name: 'Normals', frames: refs });
    const settings = { preset: 'fast', provider: 'cpu', shots: 8, seed: 3, toleratedShare: 0.2 } as const;
    request = { name: 'Site', referenceSetId, modelName: packFolder, ...settings };
    watch();
  });

  /** As the application does at its start. */
  function watch() {
    let seen: (status: JobStatus) => void = () => {};
    jobs = new Jobs({ onChange: (status) => seen(status) });
    atStep = (steps) =>
      new Promise((resolve) => {
        seen = ({ progress: { unit, done } }) => unit === 'steps' && done >= steps && resolve();
      });
  }

  const unfinished = () => listUnfinished(station, jobs.list());
  const profileOf = async (jobId: string) => {
    const { state, subject } = await jobs.finished(jobId);
    expect(state).toBe('done');
    const { profileSha256, lossTrace } = getCalibration(station.store.db, subject ?? '');
    return { profile: await readBlob(station.store.folder, profileSha256), lossTrace };
  };

  it('can be paused and resumed, to the same profile as undisturbed', { timeout: 120_000 }, async () => {
    const undisturbed = await profileOf(startCalibration(station, jobs, request));
    expect(await unfinished()).toEqual([]);

    const reached = atStep(50);
    const id = startCalibration(station, jobs, request);
    await reached;
    expect(await unfinished()).toEqual([]); // it runs
    jobs.pause(id);
    expect((await jobs.finished(id)).state).toBe('paused');
    const [left] = await unfinished();
    expect(left).toMatchObject({ request, referenceSetName: 'Normals' });
    expect(left?.stepsDone).toBeGreaterThanOrEqual(40);

    const resumed = await profileOf(resumeCalibration(station, jobs, left?.id ?? ''));
    expect(startedWith).toEqual([0, 0, left?.stepsDone]);
    expect(resumed.lossTrace).toEqual(undisturbed.lossTrace);
    expect(Buffer.from(resumed.profile).equals(Buffer.from(undisturbed.profile))).toBe(true);
    expect(await unfinished()).toEqual([]);
    expect(readdirSync(station.store.folder.checkpoints)).toEqual([]);
  });

  it('is offered again after the application ended under it, by another version from its beginning', {
    timeout: 120_000,
  }, async () => {
    const reached = atStep(50);
    startCalibration(station, jobs, request);
    await reached;
    await jobs.close();
    watch();
    const [left] = await unfinished();
    expect(left?.stepsDone).toBeGreaterThanOrEqual(40);

    station = { ...station, appVersion: '0.0.1-test' };
    const first = atStep(1);
    const id = resumeCalibration(station, jobs, left?.id ?? '');
    await first;
    expect(startedWith).toEqual([0, 0]);
    expect(() => resumeCalibration(station, jobs, left?.id ?? '')).toThrow(/running already/);
    jobs.pause(id);
    await jobs.finished(id);
    discardUnfinished(station, jobs.list(), left?.id ?? '');
    expect(await unfinished()).toEqual([]);
    expect(readdirSync(station.store.folder.checkpoints)).toEqual([]);
  });

  it('goes on where it was cancelled, to the same profile, until it is discarded', { timeout: 120_000 }, async () => {
    const undisturbed = await profileOf(startCalibration(station, jobs, request));
    const cancelled = async () => {
      const reached = atStep(50);
      const id = startCalibration(station, jobs, request);
      await reached;
      jobs.cancel(id);
      expect((await jobs.finished(id)).state).toBe('cancelled');
      const [left] = await unfinished();
      expect(left?.stepsDone).toBeGreaterThanOrEqual(40);
      return left!;
    };
    const left = await cancelled();
    const resumed = await profileOf(resumeCalibration(station, jobs, left.id));
    expect(startedWith).toEqual([0, 0, left.stepsDone]);
    expect(Buffer.from(resumed.profile).equals(Buffer.from(undisturbed.profile))).toBe(true);

    discardUnfinished(station, jobs.list(), (await cancelled()).id);
    expect(await unfinished()).toEqual([]);
    expect(readdirSync(station.store.folder.checkpoints)).toEqual([]);
  });

  it('leaves nothing where it is refused, or cancelled before the first checkpoint', async () => {
    const refused = startCalibration(station, jobs, { ...request, shots: 100 });
    expect((await jobs.finished(refused)).state).toBe('failed');
    const early = runRemembered(
      station,
      rememberCalibration(station, request),
      testJob({ signal: AbortSignal.abort() }),
    );
    await expect(early).rejects.toMatchObject({ code: 'cancelled' });
    expect(await unfinished()).toEqual([]);
    expect(readdirSync(station.store.folder.checkpoints)).toEqual([]);
  });

  it('leaves nothing where it is cancelled while another runs, and ends at once', { timeout: 120_000 }, async () => {
    const reached = atStep(50);
    const first = startCalibration(station, jobs, request);
    await reached;
    const waiting = startCalibration(station, jobs, { ...request, name: 'Next' });
    jobs.cancel(waiting);
    expect((await jobs.finished(waiting)).state).toBe('cancelled');
    expect(jobs.list().find(({ id }) => id === first)?.state).toBe('running');
    expect(await unfinished()).toEqual([]);

    jobs.pause(first);
    await jobs.finished(first);
    const [left] = await unfinished();
    expect(left?.stepsDone).toBeGreaterThanOrEqual(40);
    // What was to go on from its checkpoint stays.
    const again = atStep(1);
    const other = startCalibration(station, jobs, request);
    await again;
    const resumed = resumeCalibration(station, jobs, left?.id ?? '');
    jobs.cancel(resumed);
    await jobs.finished(resumed);
    expect(await unfinished()).toMatchObject([{ id: left?.id }]);
    jobs.cancel(other);
    await jobs.finished(other);
  });

  it('of files goes on where the same command left it, to the same bytes', { timeout: 120_000 }, async () => {
    const { seed, toleratedShare, preset, provider } = request;
    const kept: number[] = [];
    const checkpoints = { folder: station.store.folder.checkpoints, onKept: (steps: number) => kept.push(steps) };
    const search = { signal: new AbortController().signal, onSkipped: () => {} };
    const calibrate = (out: string, job = testJob()) =>
      withPictures(station, [join(folder, 'normals')], search, (pictures) => {
        const settings = { modelName: packFolder, seed, toleratedShare, preset, provider, shots: 6, checkpoints };
        return calibrateFiles(station, pictures, { ...settings, out: join(folder, out) }, job);
      });
    await calibrate('whole');
    const abort = new AbortController();
    const job = testJob({
      signal: abort.signal,
      progress: ({ unit, done }) => unit === 'steps' && done >= 50 && abort.abort(),
    });
    await expect(calibrate('broken', job)).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(join(folder, 'broken'))).toBe(false);
    expect(kept[0]).toBeGreaterThanOrEqual(40);
    await calibrate('resumed');
    expect(startedWith).toEqual([0, 0, kept[0]]);
    expect(readFileSync(join(folder, 'resumed')).equals(readFileSync(join(folder, 'whole')))).toBe(true);
    expect(readdirSync(checkpoints.folder)).toEqual([]);
  });

  it('is the only job that can be paused', async () => {
    const id = jobs.start('import', 'Import', null, async () => ({ summary: '', subject: null }));
    expect(() => jobs.pause(id)).toThrow(/Only a calibration/);
  });
});
