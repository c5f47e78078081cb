/** Sets of images that a person declares normal. */
import { randomUUID } from 'node:crypto';
import type { FrameRef, ReferenceSet } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { insertReferenceSet, listReferenceSets } from '../store/reference-sets.ts';
import { getFrame } from '../store/studies.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** @throws Fault `not-found` where an image is not stored, `bad-reference-set` where one is named twice. */
export function createReferenceSet(
  station: Workstation,
  request: { readonly name: string; readonly frames: readonly FrameRef[] },
): ReferenceSet {
  for (const frame of request.frames) getFrame(station.store.db, frame);
  if (new Set(request.frames.map((ref) => `${ref.sopInstanceUid}/${ref.frame}`)).size < request.frames.length)
    throw new Fault('bad-reference-set', 'An image is in this set twice. Pick each image once.');
  const set: ReferenceSet = {
    ...request,
    id: randomUUID(),
    confirmedBy: station.user,
    createdAt: timestamp(station),
  };
  insertReferenceSet(station.store.db, set);
  record(station, 'reference-set.create', set.id, { images: set.frames.length });
  return set;
}

/** All sets, the newest first. */
export function listAllReferenceSets({ store }: Workstation): readonly ReferenceSet[] {
  return listReferenceSets(store.db);
}
