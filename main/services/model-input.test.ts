import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { decodeProfile, encodeProfile } from '../engine/profile.ts';
import { DEFAULT_RECIPE } from '../imaging/model-image.ts';
import { blobPath, putBytes } from '../store/blobs.ts';
import { listCalibrations, updateCalibration } from '../store/calibrations.ts';
import { analyseStudy } from './analysis.ts';
import { importPaths } from './import.ts';
import { preprocessingOf, recipeOf } from './model-input.ts';
import type { Workstation } from './workstation.ts';

/** Gives the calibration of a station a profile that says something else of its preprocessing. */
async function withPreprocessing({ store }: Workstation, preprocessing: string): Promise<string> {
  const [calibration] = listCalibrations(store.db);
  if (!calibration) throw new Error('there is no calibration');
  const profile = decodeProfile(readFileSync(blobPath(store.folder, calibration.profileSha256)));
  const bytes = encodeProfile({ ...profile, manifest: { ...profile.manifest, preprocessing } });
  const { sha256 } = await putBytes(store.folder, bytes);
  updateCalibration(store.db, { ...calibration, profileSha256: sha256 });
  return calibration.id;
}

describe('the recipe of a calibration', () => {
  it('stands in its profile, and what it says is what the network gets', async () => {
    const seen: number[] = [];
    const station = testWorkstation({
      ...brightnessEngine,
      detect(input, context) {
        seen.push(...input.images.map(({ data }) => data.reduce((sum, value) => sum + value, 0) / data.length));
        return brightnessEngine.detect(input, context);
      },
    });
    await signedStudy(station, writePhantomStudy(freshFolder(), { number: 1 }).paths);
    const [{ profileSha256 } = { profileSha256: '' }] = listCalibrations(station.store.db);
    const { manifest } = decodeProfile(readFileSync(blobPath(station.store.folder, profileSha256)));
    expect(recipeOf(manifest.preprocessing)).toEqual(DEFAULT_RECIPE);

    const { studies } = await importPaths(station, writePhantomStudy(freshFolder(), { number: 2 }).paths, testJob());
    const analyse = async (ctWindow: typeof DEFAULT_RECIPE.ctWindow) => {
      const calibrationId = await withPreprocessing(station, preprocessingOf({ ...DEFAULT_RECIPE, ctWindow }));
      await analyseStudy(station, { studyInstanceUid: studies[0] ?? '', calibrationId }, testJob());
      return seen.at(-1) ?? Number.NaN;
    };
    const auto = await analyse('auto');
    expect(await analyse({ center: 4000, width: 100 })).toBe(0);
    expect(auto).toBeGreaterThan(0);
  });

  it('of another version is refused with a sentence', async () => {
    const station = testWorkstation(brightnessEngine);
    await signedStudy(station, writePhantomStudy(freshFolder(), { number: 1 }).paths);
    const [studyInstanceUid = ''] = (
      await importPaths(station, writePhantomStudy(freshFolder(), { number: 2 }).paths, testJob())
    ).studies;
    for (const preprocessing of ['imaging 2', preprocessingOf({ ...DEFAULT_RECIPE, version: 99 })]) {
      const calibrationId = await withPreprocessing(station, preprocessing);
      await expect(analyseStudy(station, { studyInstanceUid, calibrationId }, testJob())).rejects.toMatchObject({
        code: 'bad-profile',
        message: expect.stringContaining('calibrate again'),
      });
    }
  });
});
