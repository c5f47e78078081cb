/** What a finding was compared with: the normals of its calibration that look most like it. */
import type { NearestNormal, NearestNormals } from '../../preload/contract/model.ts';
import type { Box } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import { getAnalysis, getFinding } from '../store/analyses.ts';
import { blobPath } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getEvidence } from '../store/evidence.ts';
import { type FrameRecord, getFrame } from '../store/studies.ts';
import { verifiedSource } from './images.ts';
import { modelFolder } from './models.ts';
import { readModelImages } from './reading.ts';
import type { Workstation } from './workstation.ts';

/** More than a reader would look at. */
const SHOWN = 6;

/** @throws Fault `not-found`, `unsupported` where the calibration keeps no patches of its normals, the engine's own */
export async function findNearestNormals(station: Workstation, findingId: string): Promise<NearestNormals> {
  const { db, folder } = station.store;
  const finding = getFinding(db, findingId);
  const calibration = getCalibration(db, getAnalysis(db, finding.analysisId).calibrationId);
  const frame = getFrame(db, finding);
  const { signal } = new AbortController();
  const [image] = await readModelImages(station, [await verifiedSource(station.store, finding)], signal);
  const [left, top, width, height] = finding.box;
  const { box, matches } = await station.engine.run('nearestNormals', {
    packFolder: await modelFolder(station, calibration.modelName),
    profilePath: blobPath(folder, calibration.profileSha256),
    provider: 'auto',
    image: image!,
    region: [left / frame.columns, top / frame.rows, width / frame.columns, height / frame.rows],
  });
  // The profile knows its support images by their place in the draw.
  const support = getEvidence(db, calibration.id)?.support ?? [];
  if (support.length === 0)
    throw new Fault('unsupported', 'The normal images of this calibration are not on this workstation.');
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
  return { box: inPixels(box, frame), normals };
}

function inPixels([left, top, width, height]: Box, { rows, columns }: Pick<FrameRecord, 'rows' | 'columns'>) {
  return [left * columns, top * rows, width * columns, height * rows] as const;
}
