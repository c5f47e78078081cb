/** Reports, segmentations and maps beside their images: what an import makes of them, and what the viewer shows. */
import type { AnomalyMap, FrameRef } from '../../preload/contract/model.ts';
import type { ImportedRegion, ImportedResult } from '../../preload/contract/results.ts';
import { Fault } from '../fault.ts';
import type { ResultFile, SegmentMask } from '../imaging/result-file.ts';
import { blobPath, putFile, verifyBlob } from '../store/blobs.ts';
import { getImportedResult, insertImportedResult, listImportedResults } from '../store/imported-results.ts';
import { type FrameRecord, listFrames } from '../store/studies.ts';
import { readFile } from './reading.ts';
import { findRegions } from './regions.ts';
import { frameKey } from './worklist.ts';
import { timestamp, type Workstation } from './workstation.ts';

/**
 * Stores the result in a file. Its images must be in the store: what belongs to others is left out.
 * @throws Fault `bad-file` where none of its images is here or its pixels are not theirs; the reader's own
 */
export async function importResult(
  station: Workstation,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly studyInstanceUid: string; readonly added: boolean }> {
  const result = await readFile(station, 'resultFile', { path }, signal);
  const frames = new Map(
    listFrames(station.store.db, result.studyInstanceUid).map((frame) => [frameKey(frame), frame] as const),
  );
  const here = (ref: FrameRef) => frames.has(frameKey(ref));
  const regions = [
    ...result.regions.filter(here),
    ...result.masks.flatMap((mask) => outlinesOf(mask, frames.get(frameKey(mask)))),
  ];
  const maps = result.maps
    .filter(here)
    .map(({ sopInstanceUid, frame, quantity }) => ({ sopInstanceUid, frame, quantity }));
  if (regions.length + maps.length === 0)
    throw new Fault('bad-file', 'The images that this result belongs to are not in the store. Import them first.', {
      path,
    });
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

/** What was imported beside a study's images. */
export function importedResults({ store }: Workstation, studyInstanceUid: string): readonly ImportedResult[] {
  return listImportedResults(store.db, studyInstanceUid).map(({ sopInstanceUid, kind, label, regions, maps }) => ({
    sopInstanceUid,
    kind,
    label,
    regions,
    maps,
  }));
}

/** One map of an imported result. @throws Fault `not-found`, `bad-file` where the stored file was damaged */
export async function importedMap(station: Workstation, sopInstanceUid: string, ref: FrameRef): Promise<AnomalyMap> {
  const { folder, db } = station.store;
  const { fileSha256 } = getImportedResult(db, sopInstanceUid);
  await verifyBlob(folder, fileSha256);
  const { maps }: ResultFile = await readFile(station, 'resultFile', { path: blobPath(folder, fileSha256) });
  const found = maps.find((map) => frameKey(map) === frameKey(ref));
  if (!found) throw new Fault('not-found', 'This result holds no map of this image.');
  return { width: found.columns, height: found.rows, data: found.values };
}
