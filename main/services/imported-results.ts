/** Reports, segmentations and maps beside their images: what an import makes of them, and what the viewer shows. */
import type { AnomalyMap, FrameRef } from '../../preload/contract/model.ts';
import type { ImportedMask, ImportedRegion, ImportedResult } from '../../preload/contract/results.ts';
import { Fault } from '../fault.ts';
import type { ResultFile, SegmentMask } from '../imaging/result-file.ts';
import { putFile, storedFile, verifyBlob } from '../store/blobs.ts';
import {
  getImportedResult,
  insertImportedResult,
  insertWithdrawals,
  listImportedResults,
} from '../store/imported-results.ts';
import { type FrameRecord, listFrames } from '../store/studies.ts';
import { readFile } from './reading.ts';
import { findRegions } from './regions.ts';
import { frameKey } from './worklist.ts';
import { timestamp, type Workstation } from './workstation.ts';

const IMAGES_ELSEWHERE = 'The images that this result belongs to are not in the store. Import them first.';

/**
 * Stores the result in a file, and what it takes back. Its images must be in the store: what belongs to others is left out.
 * Only what takes results back is kept without its study, which is null then.
 * @throws Fault `bad-file` where none of its images is here or its pixels are not theirs; the reader's own
 */
export async function importResult(
  station: Workstation,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly studyInstanceUid: string | null; readonly added: boolean }> {
  const result = await readFile(station, 'resultFile', { path }, signal);
  const { db } = station.store;
  const { studyInstanceUid, withdraws } = result;
  const noted = insertWithdrawals(
    db,
    { ...withdraws, by: result.sopInstanceUid, studyInstanceUid },
    timestamp(station),
  );
  const stored = listFrames(db, studyInstanceUid);
  // A note, or a report whose findings are all taken back. What it takes back may arrive after it.
  if (result.kind === 'kos' || result.regions.length + result.masks.length + result.maps.length === 0) {
    if (stored.length > 0) return { studyInstanceUid, added: noted };
    if (withdraws.sopInstanceUids.length > 0) return { studyInstanceUid: null, added: noted };
    throw new Fault('bad-file', IMAGES_ELSEWHERE, { path });
  }
  const frames = new Map(stored.map((frame) => [frameKey(frame), frame] as const));
  const here = (ref: FrameRef) => frames.has(frameKey(ref));
  const regions = [
    ...result.regions.filter(here),
    ...result.masks.flatMap((mask) => outlinesOf(mask, frames.get(frameKey(mask)))),
  ];
  const maps = result.maps
    .filter(here)
    .map(({ sopInstanceUid, frame, quantity }) => ({ sopInstanceUid, frame, quantity }));
  if (regions.length + maps.length === 0) throw new Fault('bad-file', IMAGES_ELSEWHERE, { path });
  const { sha256 } = await putFile(station.store.folder, path, signal);
  const added = insertImportedResult(station.store.db, {
    sopInstanceUid: result.sopInstanceUid,
    studyInstanceUid: result.studyInstanceUid,
    kind: result.kind,
    label: result.label,
    regions,
    maps,
    fileSha256: sha256,
    importedAt: timestamp(station),
  });
  return { studyInstanceUid: result.studyInstanceUid, added };
}

/** The outlines of a segment on its image; a mask of another size belongs elsewhere. */
function outlinesOf(mask: SegmentMask, frame: FrameRecord | undefined): readonly ImportedRegion[] {
  if (!frame || frame.rows !== mask.rows || frame.columns !== mask.columns) return [];
  const map = { width: mask.columns, height: mask.rows, data: Float32Array.from(mask.mask) };
  return findRegions(map, 0.5, frame).map(({ outline }) => ({
    sopInstanceUid: mask.sopInstanceUid,
    frame: mask.frame,
    label: mask.label,
    trackingUid: mask.trackingUid,
    comment: '',
    score: null,
    outline,
  }));
}

/** What was imported beside a study's images. Of what was taken back since nothing is shown but that it was. */
export function importedResults({ store }: Workstation, studyInstanceUid: string): readonly ImportedResult[] {
  return listImportedResults(store.db, studyInstanceUid).map(
    ({ sopInstanceUid, kind, label, regions, maps, withdrawn }) => ({
      sopInstanceUid,
      kind,
      label,
      regions: withdrawn === null ? regions : [],
      maps: withdrawn === null ? maps : [],
      withdrawn,
    }),
  );
}

/** One map of an imported result. @throws Fault `not-found`, `bad-file` where the stored file was damaged */
export async function importedMap(station: Workstation, sopInstanceUid: string, ref: FrameRef): Promise<AnomalyMap> {
  const { maps } = await storedResult(station, sopInstanceUid, ref);
  const [found] = maps;
  if (!found) throw new Fault('not-found', 'This result holds no map of this image.');
  return { width: found.columns, height: found.rows, data: found.values };
}

/**
 * The pixels of an image that the segments of an imported Segmentation cover, 0 or 1 row by row.
 * @throws Fault `not-found`, `bad-file` where the stored file was damaged
 */
export async function importedMask(station: Workstation, sopInstanceUid: string, ref: FrameRef): Promise<Uint8Array> {
  const { masks } = await storedResult(station, sopInstanceUid, ref);
  const [covered] = coveredOf(masks);
  if (!covered) throw new Fault('not-found', 'This result holds no region of this image.');
  return covered.mask;
}

/**
 * The same for every image that the Segmentation has segments on.
 * @throws Fault `not-found`, `bad-file` where the stored file was damaged
 */
export async function importedMasks(station: Workstation, sopInstanceUid: string): Promise<readonly ImportedMask[]> {
  const { masks } = await storedResult(station, sopInstanceUid);
  return coveredOf(masks);
}

/** What all segments together cover of each image. */
function coveredOf(masks: readonly SegmentMask[]): readonly ImportedMask[] {
  const images = new Map<string, ImportedMask>();
  for (const { sopInstanceUid, frame, mask } of masks) {
    const key = frameKey({ sopInstanceUid, frame });
    const before = images.get(key)?.mask;
    images.set(key, { sopInstanceUid, frame, mask: before ? mask.map((value, at) => value | before[at]!) : mask });
  }
  return [...images.values()];
}

async function storedResult(station: Workstation, sopInstanceUid: string, only?: FrameRef): Promise<ResultFile> {
  const { folder, db } = station.store;
  const { fileSha256 } = getImportedResult(db, sopInstanceUid);
  await verifyBlob(folder, fileSha256);
  return await readFile(station, 'resultFile', { ...storedFile(folder, fileSha256), ...(only ? { only } : {}) });
}
