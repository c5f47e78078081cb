/** A site's calibrations over time, with an engine that takes brightness for anomaly. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ReportLanguage } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { freshFolder, someInstance } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { dicomFile, imageElements } from '../imaging/samples.ts';
import { insertAnalysis } from '../store/analyses.ts';
import { putBytes } from '../store/blobs.ts';
import { getEvidence, saveEvidence } from '../store/evidence.ts';
import { insertInstance, listFrames } from '../store/studies.ts';
import { analyseStudy } from './analysis.ts';
import { calibrateReferenceSet, planDraw } from './calibration.ts';
import { confirmCase, withdrawCase } from './cases.ts';
import { driftOf } from './drift.ts';
import { calibrationFacts, exportEvaluationCard } from './evaluation-card.ts';
import { importPaths } from './import.ts';
import type { Jobs } from './jobs.ts';
import { activate, amendCalibration, listAllCalibrations, openEvidence, retire, rollBack } from './profiles.ts';
import { createReferenceSet, listAllReferenceSets } from './reference-sets.ts';
import { calibrationFor, listStoredKinds, misfitOf } from './scope.ts';
import { startAnalysis } from './start.ts';
import type { PrintableDocument, Workstation } from './workstation.ts';

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

/** DICOM files of small pictures, each brighter than the one before. @returns their hashes */
async function differentFiles(count: number): Promise<readonly string[]> {
  const hashes: string[] = [];
  for (let i = 0; i < count; i++) {
    const pixels = Int16Array.from([-1000, -900, -800, 0, 400, 1000], (value) => value + 100 * i);
    const bytes = dicomFile(imageElements([[0x7fe00010, 'OW', new Uint8Array(pixels.buffer)]]));
    hashes.push((await putBytes(station.store.folder, bytes)).sha256);
  }
  return hashes;
}

const refsOf = (study: string) =>
  listFrames(station.store.db, study).map(({ sopInstanceUid, frame }) => ({ sopInstanceUid, frame }));

const calibrate = (change: object = {}, job = testJob()) =>
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
    job,
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
    // Eight of each of five kinds in each of three sizes, and nothing made in each of the eight normals.
    expect(evidence?.sensitivity.map(({ total }) => total)).toEqual(Array(15).fill(8));
    expect(evidence?.unchanged).toHaveLength(8);
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

  it('leaves out cases of patients among its normals, and says how many', async () => {
    const files = await differentFiles(8);
    const studies = Array.from({ length: 8 }, (_, i) => {
      const studyInstanceUid = `1.7.${i}`;
      const uids = { seriesInstanceUid: `${studyInstanceUid}.1`, sopInstanceUid: `${studyInstanceUid}.1.1` };
      // The last two studies are of the first two patients.
      const about = { patientId: `P${i % 6}`, studyInstanceUid, ...uids, fileSha256: files[i]! };
      insertInstance(station.store.db, someInstance(about), 'now');
      return studyInstanceUid;
    });
    const [ofKnown, ofStranger] = [studies.slice(6), studies.slice(5, 6)];
    const frames = studies.slice(0, 5).flatMap(refsOf);
    const set = createReferenceSet(station, { name: 'Heads', frames });
    for (const ref of [...ofKnown, ...ofStranger].flatMap(refsOf)) confirmCase(station, ref, '');
    const { id } = await calibrate({ referenceSetId: set.id, shots: 2 });
    const evidence = await openEvidence(station, id, null);
    expect(evidence?.abnormals.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([`${ofStranger[0]}.1.1`]);
    expect(evidence?.casesLeftOut).toBe(2);
  });

  it('follows the tolerated share that the reader tries', async () => {
    const { id } = await calibrate();
    const [strict, lax] = [await openEvidence(station, id, 0.12), await openEvidence(station, id, 0.5)];
    expect(lax?.threshold).toBeLessThan(strict?.threshold ?? 0);
    expect(lax?.flaggedNormals.value).toBeCloseTo(4 / 9);
    expect(lax?.flaggedAtMost).toBeGreaterThan(lax?.flaggedNormals.value ?? 1);
  });
});

describe('the evaluation card', () => {
  /** Writes the card. @returns what was to be printed */
  async function cardOf(id: string, language: ReportLanguage = 'en'): Promise<PrintableDocument> {
    const printed: PrintableDocument[] = [];
    const print = async (document: PrintableDocument) => {
      printed.push(document);
      return PDF;
    };
    const path = join(freshFolder(), 'card.pdf');
    await exportEvaluationCard({ ...station, print }, id, path, language);
    expect(new Uint8Array(readFileSync(path))).toEqual(PDF);
    return printed[0]!;
  }
  const PDF = new TextEncoder().encode('%PDF');
  /** What a reader sees, without figures' drawings. */
  const wordsOf = ({ html, footer }: PrintableDocument) =>
    `${html} ${footer}`.replace(/<style>.*?<\/style>|<[^>]+>/gs, ' ').replaceAll(/\s+/g, ' ');

  it('says what a calibration is worth, on what it rests and how it was made', async () => {
    for (const ref of refsOf(abnormals)) confirmCase(station, ref, '');
    const mixture = { 'cut-paste': 1, 'gauss-intensity': 1, 'smooth-intensity': 0, source: 0, sink: 0, identity: 2 };
    const row = await calibrate({ name: 'Heads <b>', method: { mixture } });
    const evidence = (await openEvidence(station, row.id, null))!;
    const card = await cardOf(row.id);
    const words = wordsOf(card);
    const { profileSha256, imagesSha256 } = await calibrationFacts(station, row.id);
    for (const said of [
      'Not for diagnostic use',
      'Heads &lt;b&gt;',
      'Not in use',
      'Normals, version 1',
      '4 normal images',
      '8 normal images of 8 patients',
      `Threshold ${evidence.threshold.toFixed(3)}`,
      'at most 10%',
      '11.1% expected',
      '8 patients cannot promise under 11.1%. For 10% it takes normals of 9 held-out patients.',
      '2 of 3',
      `AUROC on confirmed cases ${evidence.auroc?.value.toFixed(3)}`,
      'AUROC at random weights (null baseline) not measured',
      'Moved piece 25%, Textured change 25%, Smooth change 0%, Pushed apart 0%, Drawn together 0%, Unchanged 50%',
      row.modelSha256,
      profileSha256,
      imagesSha256,
      row.id,
      row.provider,
      'imaging {',
      `made with MediCLIP Workstation ${station.appVersion}`,
    ])
      expect(words).toContain(said);
    expect(imagesSha256).toMatch(/^[0-9a-f]{64}$/);
    // A bar for every bin that is not empty, of three lists of scores; and the curve.
    expect(card.html.match(/<svg [^>]*preserveAspectRatio/g)).toHaveLength(3);
    expect(card.html).toContain('<polyline');
    // No image, and no name of one.
    expect(card.html).not.toMatch(/<img|<script|https?:/);
    for (const { sopInstanceUid } of [...refsOf(normals), ...refsOf(abnormals)])
      expect(card.html).not.toContain(sopInstanceUid);
  });

  it('names the null baseline where it was measured', async () => {
    for (const ref of refsOf(abnormals)) confirmCase(station, ref, '');
    const { id } = await calibrate();
    const scores = getEvidence(station.store.db, id)!;
    const nullBaseline = { normals: scores.normals.map(() => 0.5), abnormals: scores.abnormals.map(() => 0.5) };
    saveEvidence(station.store.db, id, { ...scores, nullBaseline });
    const words = wordsOf(await cardOf(id));
    expect(words).toContain('AUROC at random weights (null baseline) 0.500');
    expect(words).not.toContain('not measured');
  });

  it('speaks German, and says that without confirmed cases there is no AUROC', async () => {
    const { id } = await calibrate();
    const words = wordsOf(await cardOf(id, 'de'));
    for (const said of ['Nicht für die Diagnostik', 'Nullvergleich) keine bestätigten Fälle', 'Seite'])
      expect(words).toContain(said);
    expect(words.match(/\b(images?|diagnostic|threshold|made|page|confirmed|patients)\b/gi)).toBeNull();
  });
});

describe('a calibration', () => {
  it('takes another name and threshold until an analysis was made with it', async () => {
    const { id, threshold, heldOut, setAside } = await calibrate();
    const plan = planDraw(station, { referenceSetId, shots: 4, seed: 1 });
    expect(plan).toEqual({ heldOut, heldOutPatients: heldOut, setAside });
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
    expect(active()).toEqual([]); // nobody has seen their evidence
    activate(station, first.id);
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
    expect(await calibrate()).toMatchObject({ modality: 'OT', bodyPart: '', view: '', scanner: '', protocol: '' });
    const scope = { modality: 'CT', bodyPart: 'HEAD', view: '', scanner: '' };
    await expect(calibrate({ scope })).rejects.toMatchObject({
      code: 'bad-reference-set',
      message: expect.stringMatching(/12 of the 12 images are not CT HEAD/),
    });
  });
});

describe('the calibration of a study', () => {
  /** A study with an image of these attributes. */
  const store = (number: number, change: object) => {
    const studyInstanceUid = `1.8.${number}`;
    const uids = { seriesInstanceUid: `${studyInstanceUid}.1`, sopInstanceUid: `${studyInstanceUid}.1.1` };
    insertInstance(station.store.db, someInstance({ studyInstanceUid, ...uids, ...change }), 'now');
    return studyInstanceUid;
  };

  it('is the active one for its modality, body part, view and scanner, the most particular first', async () => {
    const files = await differentFiles(6);
    const make = async (about: object, scope?: object) => {
      const first = 100 + listAllCalibrations(station).length * 10;
      const studies = [0, 1, 2, 3, 4, 5].map((i) =>
        store(first + i, { patientId: `P${first + i}`, fileSha256: files[i]!, manufacturer: 'Alpha', ...about }),
      );
      const set = createReferenceSet(station, { name: 'Set', frames: studies.flatMap(refsOf) });
      return await calibrate({ referenceSetId: set.id, ...(scope ? { scope } : {}) });
    };
    const head = { modality: 'CT', bodyPart: 'HEAD', view: 'AXIAL', scanner: '' };
    const any = await make({}, head);
    const ofAlpha = await make({}, { ...head, scanner: 'Alpha' });
    for (const { id } of [any, ofAlpha]) activate(station, id);
    const notInUse = await make({}, { ...head, scanner: 'Alpha' });
    const chosen = (number: number, about: object) =>
      calibrationFor(station, store(number, { manufacturer: 'Alpha', ...about }));
    expect(chosen(1, {})).toEqual({
      calibrationId: ofAlpha.id,
      fitting: 2,
      study: { ...head, scanner: 'Alpha', protocol: '' },
    });
    expect(chosen(2, { manufacturer: 'Beta' }).calibrationId).toBe(any.id);
    expect(chosen(3, { bodyPart: 'CHEST' }).calibrationId).toBeNull();
    expect(chosen(4, { modality: 'MR' }).calibrationId).toBeNull();
    const coronal = {
      rows: 64,
      columns: 48,
      pixelSpacing: null,
      spacingAtDetector: false,
      orientation: [1, 0, 0, 0, 0, -1],
      position: null,
    };
    expect(chosen(5, { frames: [coronal] })).toMatchObject({ calibrationId: null, study: { view: 'CORONAL' } });
    activate(station, notInUse.id);
    expect(chosen(6, {}).calibrationId).toBe(notInUse.id);
    retire(station, notInUse.id);
    expect(chosen(7, {}).calibrationId).toBe(any.id);
    // An analysis is by one calibration, and none was made for both planes of this study.
    const studyInstanceUid = store(8, { manufacturer: 'Alpha' });
    const second = { studyInstanceUid, seriesInstanceUid: '1.8.8.2', sopInstanceUid: '1.8.8.2.1', frames: [coronal] };
    insertInstance(station.store.db, someInstance({ manufacturer: 'Alpha', ...second }), 'now');
    expect(calibrationFor(station, studyInstanceUid)).toMatchObject({ calibrationId: null, study: { view: '' } });
    expect(misfitOf(station, { studyInstanceUid, calibrationId: any.id })).toContain(
      '1 of the 2 images are not CT HEAD',
    );
  });

  it('is by default for the scanner and the protocol that all reference images share, and says what differs', async () => {
    const files = await differentFiles(6);
    const alpha = { manufacturer: 'Alpha', protocol: 'Head routine' };
    const studies = [0, 1, 2, 3, 4, 5].map((i) =>
      store(300 + i, { patientId: `S${i}`, fileSha256: files[i]!, ...alpha }),
    );
    const set = createReferenceSet(station, { name: 'Set', frames: studies.flatMap(refsOf) });
    const { id: calibrationId, ...scope } = await calibrate({ referenceSetId: set.id });
    expect(scope).toMatchObject({
      modality: 'CT',
      bodyPart: 'HEAD',
      view: 'AXIAL',
      scanner: 'Alpha',
      protocol: 'Head routine',
    });
    activate(station, calibrationId);
    const asked = { modality: 'CT', bodyPart: 'HEAD', view: '', scanner: '' };
    expect(await calibrate({ referenceSetId: set.id, scope: asked })).toMatchObject({
      ...asked,
      protocol: 'Head routine',
    });
    const misfit = (number: number, change: object) => {
      const studyInstanceUid = store(number, { ...alpha, ...change });
      const { calibrationId: proposed } = calibrationFor(station, studyInstanceUid);
      return [proposed, misfitOf(station, { studyInstanceUid, calibrationId })];
    };
    const differs = (what: string) => [null, expect.stringContaining(`made for: ${what}. Its scores`)];
    expect(misfit(310, {})).toEqual([calibrationId, '']);
    expect(misfit(311, { manufacturer: 'Beta' })).toEqual(differs('manufacturer Beta instead of Alpha'));
    expect(misfit(312, { protocol: 'Sinus' })).toEqual(differs('protocol Sinus instead of Head routine'));
    expect(misfit(313, { manufacturer: '', modality: 'MR' })).toEqual(
      differs('modality MR instead of CT; manufacturer not stated instead of Alpha'),
    );
    const studyInstanceUid = store(314, { ...alpha, protocol: 'Sinus' });
    expect(() => startAnalysis(station, {} as Jobs, { studyInstanceUid, calibrationId })).toThrowError(
      /protocol Sinus/,
    );
  });
});

describe('the kinds of images in the store', () => {
  it('count a patient of two scanners once', () => {
    const scanned = (number: number, patientId: string, manufacturer: string) => {
      const studyInstanceUid = `1.6.${number}`;
      const uids = { seriesInstanceUid: `${studyInstanceUid}.1`, sopInstanceUid: `${studyInstanceUid}.1.1` };
      insertInstance(station.store.db, someInstance({ studyInstanceUid, ...uids, patientId, manufacturer }), 'now');
    };
    scanned(1, 'P1', 'Alpha');
    scanned(2, 'P1', 'Beta');
    scanned(3, 'P2', 'Beta');
    const kind = listStoredKinds(station).find(({ modality }) => modality === 'CT');
    expect(kind).toMatchObject({ images: 3, patients: 2, bodyPart: 'HEAD', view: 'AXIAL' });
    expect(kind?.scanners.toSorted()).toEqual(['Alpha', 'Beta']);
  });
});

describe('drift', () => {
  let number = 0;
  /** A study that was analysed with these scores. */
  const analyse = (calibrationId: string, scores: readonly number[]) => {
    const studyInstanceUid = `1.9.${number++}`;
    const frame = {
      rows: 64,
      columns: 48,
      pixelSpacing: null,
      spacingAtDetector: false,
      orientation: null,
      position: null,
    };
    const uids = { seriesInstanceUid: `${studyInstanceUid}.1`, sopInstanceUid: `${studyInstanceUid}.1.1` };
    const instance = someInstance({ studyInstanceUid, ...uids, frames: scores.map(() => frame) });
    insertInstance(station.store.db, instance, 'now');
    const about = { provider: 'cpu', createdAt: '', createdBy: 'tester', seconds: 1 };
    const result = { pValue: null, flagged: false, mapSha256: '', mapWidth: 1, mapHeight: 1 };
    insertAnalysis(
      station.store.db,
      { id: studyInstanceUid, studyInstanceUid, calibrationId, ...about },
      scores.map((score, place) => ({ sopInstanceUid: uids.sopInstanceUid, frame: place, score, ...result })),
      [],
    );
  };

  it('is told once enough studies score otherwise than the normals did, and not of studies like them', async () => {
    const { id } = await calibrate();
    expect(driftOf(station, id)).toMatchObject({ studies: 0, pValue: null, moved: false });
    for (let i = 0; i < 20; i++) analyse(id, [(41 + i) / 255]);
    expect(driftOf(station, id)).toMatchObject({ studies: 20, moved: false, against: 'normals' });
    for (let i = 0; i < 39; i++) analyse(id, [(100 + i) / 255]);
    // The newest look is the one after 40 studies, half of which may be abnormal.
    expect(driftOf(station, id)).toMatchObject({ studies: 40, moved: false });
    analyse(id, [140 / 255]);
    expect(driftOf(station, id)).toMatchObject({ studies: 40, moved: true, direction: 'higher' });
  });

  it('of stacks is told against the first of them: their ends score otherwise than chosen slices', async () => {
    const { id } = await calibrate();
    const stack = (middle: number) => [200, middle, middle + 1, 210, 220].map((value) => value / 255);
    for (let i = 0; i < 39; i++) analyse(id, stack(40 + (i % 10)));
    expect(driftOf(station, id)).toMatchObject({ against: 'first-studies', pValue: null, studies: 39, fewest: 40 });
    analyse(id, stack(49));
    expect(driftOf(station, id)).toMatchObject({ studies: 20, moved: false });
    for (let i = 0; i < 40; i++) analyse(id, stack(230 + (i % 10)));
    expect(driftOf(station, id)).toMatchObject({ moved: true, direction: 'higher' });
  });
});

describe('a reference set', () => {
  const refused = expect.objectContaining({
    code: 'bad-reference-set',
    message: expect.stringContaining('1 of these images is confirmed as abnormal'),
  });

  it('takes no image that is confirmed as abnormal, until that is taken back', () => {
    const [ref] = refsOf(abnormals);
    const create = () => createReferenceSet(station, { name: 'Mixed', frames: ref ? [ref] : [] });
    confirmCase(station, ref!, '');
    expect(create).toThrowError(refused);
    withdrawCase(station, ref!);
    expect(create().version).toBe(1);
  });

  it('gets a next version without an image that turns out to be abnormal; the one before trains nothing more', async () => {
    const overlooked = refsOf(normals)[3]!;
    confirmCase(station, overlooked, '');
    const [next] = listAllReferenceSets(station);
    expect(next).toMatchObject({ name: 'Normals', version: 2, lineage: referenceSetId });
    expect(next?.frames).toEqual(
      refsOf(normals).filter(({ sopInstanceUid }) => sopInstanceUid !== overlooked.sopInstanceUid),
    );
    expect(() => planDraw(station, { referenceSetId, shots: 4, seed: 1 })).toThrowError(refused);
    await expect(calibrate()).rejects.toEqual(refused);
    expect(await calibrate({ referenceSetId: next?.id })).toMatchObject({ heldOut: 7, referenceSetVersion: 2 });
  });

  it('of which an image is found abnormal while it trains gives no calibration', async () => {
    const training = testJob({ progress: ({ note }) => note === 'Gathering evidence' && confirm() });
    const confirm = () => confirmCase(station, refsOf(normals)[3]!, '');
    await expect(calibrate({}, training)).rejects.toEqual(refused);
    expect(listAllCalibrations(station)).toEqual([]);
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
