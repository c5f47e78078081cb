/** A site's calibrations over time, with an engine that takes brightness for anomaly. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { freshFolder, someInstance } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { insertAnalysis } from '../store/analyses.ts';
import { insertInstance, listFrames } from '../store/studies.ts';
import { analyseStudy } from './analysis.ts';
import { calibrateReferenceSet } from './calibration.ts';
import { confirmCase, withdrawCase } from './cases.ts';
import { driftOf } from './drift.ts';
import { importPaths } from './import.ts';
import { activate, amendCalibration, listAllCalibrations, openEvidence, retire, rollBack } from './profiles.ts';
import { createReferenceSet } from './reference-sets.ts';
import type { Workstation } from './workstation.ts';

const notAllowed = expect.objectContaining({ code: 'not-allowed' });
let station: Workstation;
let normals: string;
let abnormals: string;
let referenceSetId: string;

/** A study of grey pictures of one brightness each. */
async function importGreys(brightness: readonly number[]): Promise<string> {
  const folder = join(freshFolder(), 'study');
  mkdirSync(folder);
  for (const [index, value] of brightness.entries())
    await sharp(Buffer.alloc(64 * 64, value), { raw: { width: 64, height: 64, channels: 1 } })
      .png()
      .toFile(join(folder, `${index}.png`));
  return (await importPaths(station, [folder], testJob())).studies[0] ?? '';
}

const refsOf = (study: string) =>
  listFrames(station.store.db, study).map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));

const calibrate = (change: object = {}) =>
  calibrateReferenceSet(
    station,
    {
      name: 'Site',
      referenceSetId,
      modelName: 'embedded',
      preset: 'fast',
      provider: 'auto',
      shots: 4,
      seed: 1,
      toleratedShare: 0.1,
      ...change,
    },
    testJob(),
  );

beforeEach(async () => {
  station = testWorkstation(brightnessEngine);
  normals = await importGreys([40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60, 62]);
  abnormals = await importGreys([45, 200, 220]);
  referenceSetId = createReferenceSet(station, { name: 'Normals', frames: refsOf(normals) }).id;
});

describe('evidence', () => {
  it('is of normals that did not train, of anomalies made in them, and of confirmed cases', async () => {
    for (const ref of refsOf(abnormals)) confirmCase(station, ref, '');
    const { id, heldOut, setAside } = await calibrate();
    expect({ heldOut, setAside }).toEqual({ heldOut: 8, setAside: 0 });
    const evidence = await openEvidence(station, id, null);
    expect(evidence).toMatchObject({ source: 'held-out', toleratedShare: 0.1, smallestPromise: 1 / 9 });
    expect(evidence?.normals.map(({ score }) => score)).toEqual(evidence?.normalScores.toReversed());
    expect(evidence?.flaggedNormals.value).toBeCloseTo(1 / 9);
    // 60 anomalies, twelve of each kind.
    expect(evidence?.sensitivity.reduce((sum, { total }) => sum + total, 0)).toBe(60);
    expect(evidence?.syntheticFound?.value).toBeGreaterThan(0);
    // One of the three cases is as dark as the normals.
    expect(evidence?.abnormals.map(({ score }) => Math.round(score * 255))).toEqual([45, 200, 220]);
    expect(evidence?.abnormalFound?.value).toBeCloseTo(2 / 3);
    expect(evidence?.auroc?.value).toBeGreaterThan(0.6);
    expect(evidence?.auroc?.low).toBeLessThan(evidence?.auroc?.value ?? 0);
    expect(evidence?.roc.at(-1)).toEqual([1, 1]);
  });

  it('never lets a confirmed case change the calibration', async () => {
    const without = await calibrate();
    for (const ref of refsOf(abnormals)) confirmCase(station, ref, '');
    const withCases = await calibrate();
    expect(withCases.threshold).toBe(without.threshold);
  });

  it('follows the tolerated share that the reader tries', async () => {
    const { id } = await calibrate();
    const [strict, lax] = [await openEvidence(station, id, 0.12), await openEvidence(station, id, 0.5)];
    expect(lax?.threshold).toBeLessThan(strict?.threshold ?? 0);
    expect(lax?.flaggedNormals.value).toBeCloseTo(4 / 9);
    expect(lax?.flaggedAtMost).toBeGreaterThan(lax?.flaggedNormals.value ?? 1);
  });
});

describe('a calibration', () => {
  it('takes another name and threshold until an analysis was made with it', async () => {
    const { id, threshold } = await calibrate();
    const amended = await amendCalibration(station, { id, name: 'Night shift', toleratedShare: 0.5 });
    expect(amended).toMatchObject({ name: 'Night shift', toleratedShare: 0.5 });
    expect(amended.threshold).toBeLessThan(threshold);
    await analyseStudy(station, { studyInstanceUid: abnormals, calibrationId: id }, testJob());
    await expect(amendCalibration(station, { id, name: 'Other', toleratedShare: 0.2 })).rejects.toEqual(notAllowed);
    expect(await amendCalibration(station, { id, name: 'Other', toleratedShare: 0.5 })).toMatchObject({
      name: 'Other',
    });
  });

  it('gives way to the one before it when rolled back, and is out of use when retired', async () => {
    const [first, second] = [await calibrate(), await calibrate({ seed: 2 })];
    const active = () => listAllCalibrations(station).filter((row) => row.active);
    expect(active()).toMatchObject([{ id: first.id }]);
    expect(() => rollBack(station, first.id)).toThrowError(expect.objectContaining({ code: 'not-found' }));
    activate(station, second.id);
    expect(rollBack(station, second.id)).toMatchObject({ id: first.id, active: true });
    expect(active()).toHaveLength(1);
    expect(retire(station, first.id)).toMatchObject({ active: false, retiredAt: expect.any(String) });
    expect(() => activate(station, first.id)).toThrowError(notAllowed);
    const request = { studyInstanceUid: abnormals, calibrationId: first.id };
    await expect(analyseStudy(station, request, testJob())).rejects.toEqual(notAllowed);
  });

  it('is for the scope that was asked for, and refuses images outside of it', async () => {
    expect(await calibrate()).toMatchObject({ modality: 'OT', bodyPart: '', view: '', scanner: '' });
    const scope = { modality: 'CT', bodyPart: 'HEAD', view: '', scanner: '' };
    await expect(calibrate({ scope })).rejects.toMatchObject({
      code: 'bad-reference-set',
      message: expect.stringMatching(/12 of the 12 images are not CT HEAD/),
    });
  });
});

describe('drift', () => {
  it('is told once enough studies score otherwise than the normals did, and not of studies like them', async () => {
    const { id } = await calibrate();
    let number = 0;
    const analyse = (score: number) => {
      const studyInstanceUid = `1.9.${number++}`;
      const sopInstanceUid = `${studyInstanceUid}.1.1`;
      const series = { studyInstanceUid, seriesInstanceUid: `${studyInstanceUid}.1`, sopInstanceUid };
      insertInstance(station.store.db, someInstance(series), 'now');
      const about = { provider: 'cpu', createdAt: '', createdBy: 'tester', seconds: 1 };
      const result = { score, pValue: null, flagged: false, mapSha256: '', mapWidth: 1, mapHeight: 1 };
      insertAnalysis(
        station.store.db,
        { id: studyInstanceUid, studyInstanceUid, calibrationId: id, ...about },
        [{ sopInstanceUid, frame: 0, ...result }],
        [],
      );
    };
    expect(driftOf(station, id)).toMatchObject({ studies: 0, pValue: null, moved: false });
    for (let i = 0; i < 20; i++) analyse((41 + i) / 255);
    expect(driftOf(station, id)).toMatchObject({ studies: 20, moved: false });
    for (let i = 0; i < 40; i++) analyse((100 + i) / 255);
    expect(driftOf(station, id)).toMatchObject({ studies: 50, moved: true, direction: 'higher' });
  });
});

describe('a reference set', () => {
  it('takes no image that is confirmed as abnormal, until that is taken back', () => {
    const [ref] = refsOf(abnormals);
    const create = () => createReferenceSet(station, { name: 'Mixed', frames: ref ? [ref] : [] });
    confirmCase(station, ref!, '');
    expect(create).toThrowError(expect.objectContaining({ code: 'bad-reference-set' }));
    withdrawCase(station, ref!);
    expect(create().version).toBe(1);
  });

  it('keeps its versions apart', () => {
    const next = createReferenceSet(station, {
      name: 'Normals',
      frames: refsOf(normals).slice(0, 5),
      basedOn: referenceSetId,
    });
    expect(next).toMatchObject({ version: 2, lineage: referenceSetId, confirmedBy: 'tester' });
    expect(next.id).not.toBe(referenceSetId);
  });
});
