/** Two calibrations on the same images: what a recalibration changed. */
import type { BeforeAfter, FrameRef } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { Random } from '../method/random.ts';
import { getAttributes } from '../store/attributes.ts';
import { getCalibration } from '../store/calibrations.ts';
import { getEvidence } from '../store/evidence.ts';
import { profileFile } from './analysis.ts';
import { readCases, readLabelled } from './calibration.ts';
import { aurocOf, type Labelled, makeAnomalies, scoreImages } from './evidence.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import { record, type Workstation } from './workstation.ts';

/**
 * Scores with both calibrations: normals that both held out, of patients whom neither trained on; synthetic anomalies in
 * them; and the cases that are confirmed as abnormal now. Both thresholds rest on those normals, and neither more.
 * @throws Fault `not-found`; `not-allowed` where one was made on another workstation; the engine's own, `cancelled`
 */
export async function compareOnSameImages(
  station: Workstation,
  { before, after }: { readonly before: string; readonly after: string },
  job: JobContext,
): Promise<BeforeAfter> {
  const { db } = station.store;
  const rows = [getCalibration(db, before), getCalibration(db, after)] as const;
  if (rows.some(({ origin }) => origin !== ''))
    throw new Fault(
      'not-allowed',
      'The images of an imported calibration are on another workstation, so these two cannot be compared here.',
    );
  const { common, trained } = imagesOfBoth(station, before, after);
  const normals = await readLabelled(station, common, job.signal);
  const { cases } = await readCases(station, rows[1], [...common, ...trained], job);
  const packFolder = await modelFolder(station, rows[1].modelName);
  const { synthetic } = await makeAnomalies(normals, packFolder, new Random(rows[1].seed), job);
  const items = [...normals, ...synthetic, ...cases];
  const scoresOf = async (row: (typeof rows)[number], round: number) => {
    const model = {
      packFolder: await modelFolder(station, row.modelName),
      ...profileFile(station.store, row.profileSha256),
      provider: 'auto' as const,
    };
    const progress: JobContext['progress'] = ({ done, ...now }) =>
      job.progress({ ...now, done: round * items.length + done, total: 2 * items.length });
    return await scoreImages(station, items, model, { ...job, progress });
  };
  const [was, is] = [await scoresOf(rows[0], 0), await scoresOf(rows[1], 1)];
  record(station, 'calibration.compare', after, { with: before, images: items.length - synthetic.length });
  const twice = (at: number) => ({ before: was[at] ?? 0, after: is[at] ?? 0 });
  const afterNormals = normals.length + synthetic.length;
  const auroc = (scores: readonly number[]) =>
    aurocOf(scoredBy(scores, normals, 0), scoredBy(scores, cases, afterNormals));
  return {
    normals: normals.map(({ ref }, i) => ({ ...ref, ...twice(i) })),
    synthetic: synthetic.map((_, i) => twice(normals.length + i)),
    cases: cases.map(({ ref }, i) => ({ ...ref, ...twice(afterNormals + i) })),
    auroc: { before: auroc(was), after: auroc(is) },
  };
}

/** Scores from a place on, with whose image each is. */
function scoredBy(scores: readonly number[], images: readonly Labelled[], from: number) {
  const owners = images.map(({ owner }) => owner);
  return owners.map((owner, i) => ({ score: scores[from + i] ?? 0, patient: owners.indexOf(owner) }));
}

/** Normals that both held out, of patients whom neither trained on; and what either trained on. */
function imagesOfBoth({ store: { db } }: Workstation, before: string, after: string) {
  const [was, is] = [getEvidence(db, before), getEvidence(db, after)];
  const keyOf = ({ sopInstanceUid, frame }: FrameRef) => `${sopInstanceUid}/${frame}`;
  const ownerOf = (ref: FrameRef) => getAttributes(db, ref).owner;
  const earlier = new Set(was?.normals.map(keyOf));
  const trained = [...(was?.support ?? []), ...(is?.support ?? [])];
  const owners = new Set(trained.map(ownerOf));
  const common = (is?.normals ?? [])
    .filter((ref) => earlier.has(keyOf(ref)) && !owners.has(ownerOf(ref)))
    .map(({ sopInstanceUid, frame }): FrameRef => ({ sopInstanceUid, frame }));
  return { common, trained };
}
