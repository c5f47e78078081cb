/** From one workstation of a site to another, with the real engine on a small model. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CalibrationRow } from '../../preload/contract/model.ts';
import { stripedPictures } from '../../tests/support/small-pack.ts';
import { calibrateStripes, importPictures, smallSite } from '../../tests/support/small-site.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob } from '../../tests/support/workstation.ts';
import { createEngineHandlers } from '../engine/handlers.ts';
import { decodeProfile } from '../engine/profile.ts';
import type { EngineTasks } from '../engine/tasks.ts';
import { publishedMixture } from '../method/synthesis/synthesise.ts';
import { decodeSafetensors, encodeSafetensors } from '../modelpack/safetensors.ts';
import { runInProcess } from '../process/in-process.ts';
import { readBlob } from '../store/blobs.ts';
import { getCalibration, listCalibrations } from '../store/calibrations.ts';
import { getEvidence, saveEvidence } from '../store/evidence.ts';
import { publicKeyOf, signAs } from '../store/station-key.ts';
import { analyseStudy } from './analysis.ts';
import { decodeCalibrationFile, encodeCalibrationFile } from './calibration-file.ts';
import {
  exportCalibration,
  importCalibration,
  inspectCalibrationFile,
  ownFingerprint,
} from './calibration-transfer.ts';
import { confirmCase } from './cases.ts';
import { preprocessingOf } from './model-input.ts';
import { removeImportedModel } from './model-jobs.ts';
import { activate, openEvidence } from './profiles.ts';
import { listAllReferenceSets } from './reference-sets.ts';
import type { Workstation } from './workstation.ts';

let home: Workstation;
let calibration: CalibrationRow;
let path: string;

beforeEach(async () => {
  home = await smallSite();
  for (const ref of await importPictures(home, stripedPictures(3, 7, true))) confirmCase(home, ref, '');
  calibration = await calibrateStripes(home);
  path = await exportCalibration(home, calibration.id, join(freshFolder(), 'Head CT'), testJob());
}, 120_000);

const blobsOf = ({ store }: Workstation) => readdirSync(store.folder.blobs, { recursive: true });
const accept = async (station: Workstation) =>
  await importCalibration(station, { path, fingerprint: ownFingerprint(home) }, testJob());

/** The file with something else in it, signed by its own workstation or another. */
function changed(change: (file: ReturnType<typeof decodeCalibrationFile>['file']) => object, by = home): string {
  const { file } = decodeCalibrationFile(readFileSync(path), path);
  const { folder } = by.store;
  const other = join(freshFolder(), 'other.calibration');
  const sign = (bytes: Uint8Array) => signAs(folder, bytes);
  writeFileSync(other, encodeCalibrationFile({ ...file, ...change(file) }, publicKeyOf(folder), sign));
  return other;
}

describe('a calibration from another workstation', () => {
  it('is taken over with profile, figures and evidence once its key was compared, and analyses studies', async () => {
    const there = await smallSite();
    expect(await inspectCalibrationFile(there, path)).toMatchObject({
      name: 'Site',
      fingerprint: ownFingerprint(home),
      trusted: false,
    });
    const row = await accept(there);
    expect(row).toMatchObject({ ...calibration, active: false, origin: ownFingerprint(home) });
    const profileOf = async (station: Workstation) =>
      await readBlob(station.store.folder, getCalibration(station.store.db, row.id).profileSha256);
    expect(await profileOf(there)).toEqual(await profileOf(home));
    const [here, mine] = [await openEvidence(there, row.id, null), await openEvidence(home, row.id, null)];
    expect(here?.auroc).toEqual(mine?.auroc);
    expect(here?.sensitivity).toEqual(mine?.sensitivity);
    expect(listAllReferenceSets(there)).toMatchObject([
      { name: 'Stripes', version: 1, confirmedBy: 'tester', frames: [] },
    ]);
    expect(activate(there, row.id)).toMatchObject({ active: true });
    const [frame] = await importPictures(there, stripedPictures(1, 5));
    const study = there.store.db.get<{ uid: string }>('SELECT study_instance_uid AS uid FROM studies');
    expect(frame).toBeDefined();
    await analyseStudy(there, { studyInstanceUid: study?.uid ?? '', calibrationId: row.id }, testJob());
    // Whoever was agreed to once need not be compared again; whatever is here is not taken twice.
    expect(await inspectCalibrationFile(there, path)).toMatchObject({ trusted: true });
    await expect(importCalibration(there, { path, fingerprint: null }, testJob())).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('is here already'),
    });
  });

  it('holds what it was made with and on: model, mixture, preparation, pictures, set, processor and version', () => {
    const { file } = decodeCalibrationFile(readFileSync(path), path);
    expect(file.referenceSet).toMatchObject({ name: 'Stripes', version: 1 });
    expect(file.calibration).toMatchObject({ appVersion: home.appVersion, provider: calibration.provider });
    expect(decodeProfile(file.profile).manifest).toMatchObject({
      modelSha256: calibration.modelSha256,
      threshold: calibration.threshold,
      method: { mixture: publishedMixture },
      preprocessing: preprocessingOf(),
      appVersion: home.appVersion,
      imagesSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      provider: 'cpu',
      providerVersion: expect.stringContaining('onnxruntime'),
    });
  });

  it('of an earlier version, whose profile names neither version nor pictures, is taken over', async () => {
    const there = await smallSite();
    const { file } = decodeCalibrationFile(readFileSync(path), path);
    const { metadata, tensors } = decodeSafetensors(file.profile);
    const { appVersion, imagesSha256, ...earlier } = JSON.parse(metadata.profile ?? '');
    expect([appVersion, imagesSha256]).not.toContain(undefined);
    const profile = encodeSafetensors(tensors, { profile: JSON.stringify(earlier) });
    const request = { path: changed(() => ({ profile })), fingerprint: ownFingerprint(home) };
    expect(await importCalibration(there, request, testJob())).toMatchObject({ id: calibration.id });
  });

  it('brings the null baseline along, measured or not', async () => {
    const there = await smallSite();
    const { id } = await accept(there);
    expect((await openEvidence(there, id, null))?.nullBaseline).toBeNull();
    const scores = getEvidence(home.store.db, id)!;
    const nullBaseline = { normals: scores.normals.map(() => 0.4), abnormals: scores.abnormals.map(() => 0.6) };
    saveEvidence(home.store.db, id, { ...scores, nullBaseline });
    path = await exportCalibration(home, id, path, testJob());
    const elsewhere = await smallSite();
    await accept(elsewhere);
    expect((await openEvidence(elsewhere, id, null))?.nullBaseline).toMatchObject({ value: 1 });
  });

  it('names no image of a patient', () => {
    const bytes = readFileSync(path).toString('latin1');
    for (const { frames } of listAllReferenceSets(home))
      for (const { sopInstanceUid } of frames) expect(bytes).not.toContain(sopInstanceUid);
  });

  it('is refused without agreement, or with agreement to another key', async () => {
    const there = await smallSite();
    for (const fingerprint of [null, ownFingerprint(there)])
      await expect(importCalibration(there, { path, fingerprint }, testJob())).rejects.toMatchObject({
        code: 'not-allowed',
        message: expect.stringContaining(ownFingerprint(home)),
      });
    expect(listCalibrations(there.store.db)).toEqual([]);
    expect(blobsOf(there)).toEqual([]);
  });

  it('is refused when any byte of it was changed', async () => {
    const whole = readFileSync(path);
    for (const place of [20, whole.length >> 1, whole.length - 1]) {
      const bytes = Uint8Array.from(whole);
      bytes[place]! ^= 1;
      const other = join(freshFolder(), 'changed.calibration');
      writeFileSync(other, bytes);
      await expect(inspectCalibrationFile(home, other)).rejects.toMatchObject({ code: 'bad-profile', path: other });
    }
    const forged = changed(({ calibration: row }) => ({ calibration: { ...row, name: 'Forged' } }), await smallSite());
    const there = await smallSite();
    await expect(
      importCalibration(there, { path: forged, fingerprint: ownFingerprint(home) }, testJob()),
    ).rejects.toMatchObject({ code: 'not-allowed' });
  });

  it('is refused where this workstation gives the pictures of its self-test other scores', async () => {
    const there = await smallSite();
    const drifted = changed(({ selfTest }) => ({
      selfTest: { ...selfTest, scores: selfTest.scores.map((score) => score + 0.02) },
    }));
    await expect(
      importCalibration(there, { path: drifted, fingerprint: ownFingerprint(home) }, testJob()),
    ).rejects.toMatchObject({ code: 'bad-profile', message: expect.stringMatching(/differ by 0\.020/) });
    // The same pictures on an engine that is a little off.
    const handlers = createEngineHandlers();
    const engine = runInProcess<EngineTasks>({
      ...handlers,
      detect: async (input, context) => {
        const output = await handlers.detect(input, context);
        return { ...output, detections: output.detections.map((one) => ({ ...one, map: one.map.map((v) => v / 2) })) };
      },
    });
    await expect(accept({ ...there, engine })).rejects.toMatchObject({ code: 'bad-profile' });
    expect(listCalibrations(there.store.db)).toEqual([]);
    expect(blobsOf(there)).toEqual([]);
    expect(await accept(there)).toMatchObject({ id: calibration.id });
  });

  it('asks for its model where that is missing', async () => {
    const there = await smallSite();
    await removeImportedModel(there, 'small');
    await expect(accept(there)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/the model "small", which is not here. Import the model first/),
    });
  });
});
