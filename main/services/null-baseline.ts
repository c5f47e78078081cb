/** The null baseline of a calibration: its own draw, settings and confirmed cases, at random weights. */
import type { ProviderChoice } from '../../preload/contract/model.ts';
import { decodeProfile } from '../engine/profile.ts';
import { Fault } from '../fault.ts';
import { readBlob } from '../store/blobs.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getEvidence, saveEvidence } from '../store/evidence.ts';
import { calibrateImages, readLabelled } from './calibration.ts';
import { scoreImages } from './evidence.ts';
import type { JobContext } from './jobs.ts';
import { onRandomWeights } from './random-weights.ts';
import { writeWhole } from './reports.ts';
import { withScratch } from './scratch.ts';
import { record, type Workstation } from './workstation.ts';

/**
 * Calibrates once more at random weights, on the same images, scores the same held-out normals and confirmed cases, and
 * keeps their scores beside the calibration's own.
 * @throws Fault `not-allowed` where there are no confirmed cases, or the images are on another workstation; `not-found`
 *   without the model; the engine's own, `cancelled`. Nothing is stored then.
 */
export async function measureNullBaseline(station: Workstation, id: string, job: JobContext): Promise<void> {
  const { db, folder } = station.store;
  const row = getCalibration(db, id);
  const evidence = getEvidence(db, id);
  if (row.origin !== '')
    throw new Fault(
      'not-allowed',
      'The images of this calibration are on the workstation where it was made. Measure there.',
    );
  if (!evidence || evidence.normals.length === 0 || evidence.abnormals.length === 0)
    throw new Fault(
      'not-allowed',
      'A null baseline compares AUROCs, and this calibration was made before there were confirmed cases. Confirm some and calibrate again.',
    );
  const { manifest } = decodeProfile(await readBlob(folder, row.profileSha256));
  const read = (refs: Parameters<typeof readLabelled>[1]) => readLabelled(station, refs, job.signal);
  const support = await read(evidence.support);
  const heldOut = await read(evidence.normals);
  const abnormals = await read(evidence.abnormals);
  const scores = await onRandomWeights(station, row, job, async (tools, modelName, named) => {
    const provider = manifest.provider as ProviderChoice;
    const { preset, seed, toleratedShare, method } = manifest;
    const settings = { modelName, preset, seed, toleratedShare, method, provider };
    const { profile } = await calibrateImages(tools, { support, heldOut }, settings, named);
    return await withScratch(async (scratch) => {
      const profilePath = `${scratch}/profile`;
      await writeWhole(profilePath, profile);
      const model = { packFolder: modelName, profilePath, provider };
      const found = await scoreImages(tools, [...heldOut, ...abnormals], model, named);
      return { normals: found.slice(0, heldOut.length), abnormals: found.slice(heldOut.length) };
    });
  });
  saveEvidence(db, id, { ...evidence, nullBaseline: scores });
  record(station, 'calibration.null-baseline', id, { cases: abnormals.length });
}
