/** What a finding was compared with: the normals of its calibration that look most like it. */
import type { FrameRef, NearestNormal, NearestNormals } from '../../preload/contract/model.ts';
import { decodeProfile, keepsPatches } from '../engine/profile.ts';
import type { Box } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import { getAnalysis, getFinding } from '../store/analyses.ts';
import { readBlob } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getEvidence } from '../store/evidence.ts';
import { type FrameRecord, getFrame } from '../store/studies.ts';
import { profileFile } from './analysis.ts';
import { verifiedSource } from './images.ts';
import { recipeOf } from './model-input.ts';
import { modelFolder } from './models.ts';
import { readFile, readNetworkInputs } from './reading.ts';
import { record, type Workstation } from './workstation.ts';

/** More than a reader would look at. */
const SHOWN = 6;

/** @throws Fault `not-found`, `unsupported` where the normals are not on this workstation, the engine's own */
export async function findNearestNormals(station: Workstation, findingId: string): Promise<NearestNormals> {
  const { db, folder } = station.store;
  const finding = getFinding(db, findingId);
  const { studyInstanceUid, calibrationId } = getAnalysis(db, finding.analysisId);
  record(station, 'finding.compare', findingId, { study: studyInstanceUid });
  const calibration = getCalibration(db, calibrationId);
  const frame = getFrame(db, finding);
  const { signal } = new AbortController();
  // The profile knows its support images by their place in the draw.
  const support = getEvidence(db, calibration.id)?.support ?? [];
  if (support.length === 0)
    throw new Fault('unsupported', 'The normal images of this calibration are not on this workstation.');
  const profile = decodeProfile(await readBlob(folder, calibration.profileSha256));
  const recipe = recipeOf(profile.manifest.preprocessing);
  const seen = async (refs: readonly FrameRef[]) =>
    await readNetworkInputs(station, await sourcesOf(station, refs), { recipe }, signal);
  const [image] = await seen([finding]);
  const [left, top, width, height] = finding.box;
  const { box, matches } = await station.engine.run('nearestNormals', {
    packFolder: await modelFolder(station, calibration.modelName),
    ...profileFile(station.store, calibration.profileSha256),
    provider: 'auto',
    image: image!,
    support: keepsPatches(profile) ? [] : await seen(support),
    region: [left / frame.columns, top / frame.rows, width / frame.columns, height / frame.rows],
  });
  const normals = matches.slice(0, SHOWN).map((match): NearestNormal => {
    const ref = support[match.support];
    if (!ref) throw new Fault('bad-profile', 'This calibration does not fit its reference set. Calibrate again.');
    return {
      sopInstanceUid: ref.sopInstanceUid,
      frame: ref.frame,
      box: inPixels(match.box, getFrame(db, ref)),
      distance: match.distance,
    };
  });
  return { box: inPixels(box, frame), normals, institutions: await institutionsOf(station, support) };
}

async function sourcesOf({ store }: Workstation, refs: readonly FrameRef[]) {
  const sources = [];
  for (const ref of refs) sources.push(await verifiedSource(store, ref));
  return sources;
}

/** Where the images were made, as far as their files say. */
async function institutionsOf(station: Workstation, refs: readonly FrameRef[]): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const source of await sourcesOf(station, refs))
    names.add((await readFile(station, 'sourceAttributes', source)).institution);
  return [...names].filter((name) => name !== '').sort();
}

function inPixels([left, top, width, height]: Box, { rows, columns }: Pick<FrameRecord, 'rows' | 'columns'>) {
  return [left * columns, top * rows, width * columns, height * rows] as const;
}
