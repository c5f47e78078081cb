/** Calibrations from one workstation of a site to another: written signed, taken over once their self-test has passed. */
import { readFile, stat } from 'node:fs/promises';
import type { CalibrationRow } from '../../preload/contract/model.ts';
import type { CalibrationFileInfo } from '../../preload/contract/workstation.ts';
import { decodeProfile } from '../engine/profile.ts';
import type { DetectInput } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import { drawPhantom, HELD_OUT_SEEDS, type PhantomKind, showPhantom } from '../phantoms/phantom.ts';
import { putBytes, readBlob } from '../store/blobs.ts';
import { getCalibration, insertCalibration, listCalibrations } from '../store/calibrations.ts';
import { type EvidenceScore, type EvidenceScores, getEvidence, saveEvidence } from '../store/evidence.ts';
import { getReferenceSet, insertReferenceSet, listReferenceSets, nextVersion } from '../store/reference-sets.ts';
import { findTrusted, fingerprintOf, publicKeyOf, signAs, trust } from '../store/station-key.ts';
import { profileFile } from './analysis.ts';
import {
  type CalibrationFile,
  calibrationSuffix,
  decodeCalibrationFile,
  encodeCalibrationFile,
} from './calibration-file.ts';
import type { JobContext } from './jobs.ts';
import { recipeOf } from './model-input.ts';
import { modelFolder, modelOfProfile } from './models.ts';
import { requireModel } from './policy.ts';
import { writeWhole } from './reports.ts';
import { withScratch } from './scratch.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** Generated pictures: a calibration that leaves the house takes no image of a patient along. */
const PICTURES: readonly PhantomKind[] = ['ct-head', 'radiograph-chest', 'mr-brain', 'texture-perlin'];
/** As calibrations train on. */
const SIDE = 224;

/**
 * Scores and peaks are in 0..1. Processors round differently, by up to 1e-5 of a feature; a memory bank divides by the
 * spread of few normals, which multiplies that. Another model, preparation of images or a broken provider moves scores
 * by tenths.
 */
const TOLERANCE = 0.005;

/** Larger than any profile: what is chosen by mistake is not read into memory. */
const MOST_BYTES = 512 * 1024 * 1024;

/** What a person compares with what the importing workstation shows. @throws Fault `bad-file`, `disk-full` */
export function ownFingerprint({ store }: Workstation): string {
  return fingerprintOf(publicKeyOf(store.folder));
}

/** The calibration's name, without what a file system may refuse. @throws Fault `not-found` */
export function fileNameOf({ store }: Workstation, id: string): string {
  return getCalibration(store.db, id).name.replaceAll(/[^\p{L}\p{N} _.-]/gu, '_');
}

/**
 * Writes a calibration as one signed file, whole or not at all. @returns its path, with the suffix
 * @throws Fault `not-found` where calibration or model is gone, `disk-full`, `cancelled`, the engine's own
 */
export async function exportCalibration(
  station: Workstation,
  id: string,
  path: string,
  { signal, progress }: JobContext,
): Promise<string> {
  const { db, folder } = station.store;
  const row = getCalibration(db, id);
  progress({ done: 0, total: PICTURES.length, unit: 'images', note: 'Scoring the pictures of the self-test' });
  const profile = await readBlob(folder, row.profileSha256);
  const pictures = PICTURES.map((kind) => showPhantom(drawPhantom(kind, HELD_OUT_SEEDS, { size: SIDE })));
  const model = { packFolder: await modelFolder(station, row.modelName), provider: 'cpu' as const };
  const tested = await scorePictures(
    station,
    { ...model, ...profileFile(station.store, row.profileSha256), images: pictures },
    signal,
  );
  const file = path.endsWith(calibrationSuffix) ? path : `${path}${calibrationSuffix}`;
  const content = {
    calibration: row,
    referenceSet: getReferenceSet(db, row.referenceSetId),
    evidence: withoutImages(getEvidence(db, id)),
    profile,
    selfTest: { pictures, ...tested },
  };
  const sign = (bytes: Uint8Array) => signAs(folder, bytes);
  await writeWhole(file, encodeCalibrationFile(content, publicKeyOf(folder), sign));
  record(station, 'calibration.export', id, { profile: row.profileSha256, key: ownFingerprint(station) });
  return file;
}

/** What a file holds and who signed it; nothing is taken over. @throws Fault `bad-profile`, `not-found` */
export async function inspectCalibrationFile(station: Workstation, path: string): Promise<CalibrationFileInfo> {
  const { publicKey, file } = await readCalibrationFile(path);
  const { name, modality, bodyPart, view, scanner, protocol } = file.calibration;
  const { modelName, createdAt, createdBy, appVersion } = file.calibration;
  return {
    path,
    fingerprint: fingerprintOf(publicKey),
    trusted: isTrusted(station, publicKey),
    name,
    modality,
    bodyPart,
    view,
    scanner,
    protocol,
    modelName,
    createdAt,
    createdBy,
    appVersion,
  };
}

/**
 * Takes a calibration over, not active yet, once this workstation gives the pictures of its self-test the same scores.
 * @param request `fingerprint`: of the key that a person has agreed to; needed once per key
 * @throws Fault `not-allowed` where nobody agreed to the key or the calibration is here already; `not-found` without its
 *   model; `bad-profile` where the file is damaged or the self-test fails; `disk-full`, `cancelled`. Nothing is stored then.
 */
export async function importCalibration(
  station: Workstation,
  { path, fingerprint }: { readonly path: string; readonly fingerprint: string | null },
  { signal, progress }: JobContext,
): Promise<CalibrationRow> {
  const { db, folder } = station.store;
  const { publicKey, file } = await readCalibrationFile(path);
  const origin = fingerprintOf(publicKey);
  if (!isTrusted(station, publicKey) && fingerprint !== origin)
    throw new Fault(
      'not-allowed',
      `Nobody here has agreed yet to calibrations that are signed with the key ${origin}. Compare it with the key that the other workstation shows, and agree if they are the same.`,
      { path },
    );
  const { calibration } = file;
  if (listCalibrations(db).some(({ id }) => id === calibration.id))
    throw new Fault('not-allowed', `The calibration "${calibration.name}" is here already.`, { path });
  progress({ done: 0, total: file.selfTest.pictures.length, unit: 'images', note: 'Running the self-test' });
  const model = await requireFitting(station, file, path);
  await withScratch(async (scratch) => {
    const profilePath = `${scratch}/profile`;
    await writeWhole(profilePath, file.profile);
    const images = file.selfTest.pictures;
    const found = await scorePictures(
      station,
      { packFolder: model.folder, profilePath, provider: 'auto', images },
      signal,
    );
    requireSame(found, file.selfTest, path);
  });
  const { sha256 } = await putBytes(folder, file.profile);
  const at = timestamp(station);
  db.transaction(() => {
    trust(db, { publicKey, confirmedBy: station.user, confirmedAt: at });
    const referenceSetId = placeForSet(station, file.referenceSet);
    const here = { referenceSetId, modelName: model.name, profileSha256: sha256, retiredAt: null, origin };
    const { heldOutPatients = calibration.heldOut } = calibration;
    insertCalibration(db, { ...calibration, heldOutPatients, ...here });
    if (file.evidence) saveEvidence(db, calibration.id, asEvidence(file.evidence));
  });
  record(station, 'calibration.import', calibration.id, { profile: sha256, key: origin });
  return getCalibration(db, calibration.id);
}

async function readCalibrationFile(path: string) {
  try {
    if ((await stat(path)).size > MOST_BYTES)
      throw new Fault('bad-profile', 'This file is too large to be a calibration. Choose another one.', { path });
    return decodeCalibrationFile(await readFile(path), path);
  } catch (thrown) {
    throw Fault.from(thrown, { code: 'bad-file', path });
  }
}

function isTrusted({ store: { db, folder } }: Workstation, publicKey: string): boolean {
  return publicKey === publicKeyOf(folder) || findTrusted(db, publicKey) !== null;
}

/** @returns the model that it was made on @throws Fault `bad-profile`, `not-found`, `not-allowed` */
async function requireFitting(station: Workstation, file: CalibrationFile, path: string) {
  const { manifest } = decodeProfile(file.profile, path);
  const { modelName, modelSha256, threshold } = file.calibration;
  if (manifest.modelSha256 !== modelSha256 || manifest.threshold !== threshold)
    throw new Fault('bad-profile', 'The profile in this file is not the one that its card describes.', { path });
  recipeOf(manifest.preprocessing, path);
  const model = await modelOfProfile(station, manifest).catch((cause) => {
    throw new Fault(
      'not-found',
      `This calibration was made on the model "${modelName}", which is not here. Import the model first.`,
      { path, cause },
    );
  });
  requireModel(station.policy, model.name);
  return model;
}

type Tested = Pick<CalibrationFile['selfTest'], 'scores' | 'peaks'>;

async function scorePictures(
  { engine }: Pick<Workstation, 'engine'>,
  input: DetectInput,
  signal: AbortSignal,
): Promise<Tested> {
  const { detections } = await engine.run('detect', input, { signal });
  return {
    scores: Float32Array.from(detections, ({ score }) => score),
    peaks: Float32Array.from(detections, ({ map }) => map.reduce((highest, value) => Math.max(highest, value), 0)),
  };
}

/** @throws Fault `bad-profile` with the largest difference */
function requireSame(found: Tested, expected: Tested, path: string): void {
  const pairs = [
    [found.scores, expected.scores],
    [found.peaks, expected.peaks],
  ] as const;
  const worst = Math.max(
    ...pairs.flatMap(([a, b]) => Array.from(b, (value, i) => Math.abs(value - (a[i] ?? Number.NaN)))),
  );
  if (worst <= TOLERANCE) return;
  throw new Fault(
    'bad-profile',
    `This workstation does not compute what the other one did: scores of the same pictures differ by ${worst.toFixed(3)}, and ${TOLERANCE} is allowed. Test the processors on the Models screen, and calibrate here instead.`,
    { path },
  );
}

/** The set behind the calibration, without images; the next free version where another one has its place. */
function placeForSet({ store: { db } }: Workstation, set: CalibrationFile['referenceSet']): string {
  const sets = listReferenceSets(db);
  if (sets.some(({ id }) => id === set.id)) return set.id;
  const taken = sets.some(({ lineage, version }) => lineage === set.lineage && version === set.version);
  insertReferenceSet(db, { ...set, version: taken ? nextVersion(db, set.lineage) : set.version, frames: [] });
  return set.id;
}

/** Scores alone: UIDs of a patient's images stay where the images are. */
function withoutImages(scores: EvidenceScores | null): CalibrationFile['evidence'] {
  if (scores === null) return null;
  const { normals, synthetic, unchanged = [], abnormals, casesLeftOut } = scores;
  const patientsOf = (images: readonly EvidenceScore[]) => images.flatMap(({ patient }) => patient ?? []);
  const isKept = [...normals, ...synthetic, ...abnormals].every(({ patient }) => patient !== undefined);
  const patients = {
    normals: patientsOf(normals),
    synthetic: patientsOf(synthetic),
    unchanged: patientsOf(unchanged),
    abnormals: patientsOf(abnormals),
  };
  return {
    normals: normals.map(({ score }) => score),
    synthetic: synthetic.map(({ kind, size, score }) => ({ kind, size, score })),
    unchanged: unchanged.map(({ score }) => score),
    abnormals: abnormals.map(({ score }) => score),
    ...(isKept ? { patients } : {}),
    ...(casesLeftOut === undefined ? {} : { casesLeftOut }),
    ...(scores.nullBaseline ? { nullBaseline: scores.nullBaseline } : {}),
  };
}

/** Images of another workstation have no UID here, and their place in the list as their frame. */
function asEvidence({
  normals,
  synthetic,
  unchanged = [],
  abnormals,
  patients,
  casesLeftOut,
  nullBaseline,
}: NonNullable<CalibrationFile['evidence']>): EvidenceScores {
  const elsewhere = (score: number, frame: number, patient: number | undefined) => ({
    ...{ sopInstanceUid: '', frame, score },
    ...(patient === undefined ? {} : { patient }),
  });
  return {
    support: [],
    normals: normals.map((score, i) => elsewhere(score, i, patients?.normals[i])),
    synthetic: synthetic.map(({ score, ...about }, i) => ({
      ...about,
      ...elsewhere(score, i, patients?.synthetic[i]),
    })),
    unchanged: unchanged.map((score, i) => elsewhere(score, i, patients?.unchanged[i])),
    abnormals: abnormals.map((score, i) => elsewhere(score, i, patients?.abnormals[i])),
    ...(casesLeftOut === undefined ? {} : { casesLeftOut }),
    ...(nullBaseline ? { nullBaseline } : {}),
  };
}
