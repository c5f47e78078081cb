/** Sets of images that a person declares normal. */
import { randomUUID } from 'node:crypto';
import type { FrameRef, ReferenceSet } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { getAttributes } from '../store/attributes.ts';
import { listConfirmedCases } from '../store/evidence.ts';
import { getReferenceSet, insertReferenceSet, listReferenceSets, nextVersion } from '../store/reference-sets.ts';
import { getFrame } from '../store/studies.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/**
 * Saves a set, or the next version of one; saved versions never change.
 * @throws Fault `not-found` where an image is not stored, `bad-reference-set` where one is named twice or is confirmed
 *   as abnormal
 */
export function createReferenceSet(
  station: Workstation,
  request: {
    readonly name: string;
    readonly frames: readonly FrameRef[];
    readonly basedOn?: string | undefined;
  },
): ReferenceSet {
  const { db } = station.store;
  for (const frame of request.frames) getFrame(db, frame);
  if (new Set(request.frames.map((ref) => `${ref.sopInstanceUid}/${ref.frame}`)).size < request.frames.length)
    throw new Fault('bad-reference-set', 'An image is in this set twice. Pick each image once.');
  const abnormal = new Set(listConfirmedCases(db).map((one) => `${one.sopInstanceUid}/${one.frame}`));
  const contradicted = request.frames.filter((ref) => abnormal.has(`${ref.sopInstanceUid}/${ref.frame}`)).length;
  if (contradicted > 0)
    throw new Fault(
      'bad-reference-set',
      `${contradicted} of these images ${contradicted === 1 ? 'is' : 'are'} confirmed as abnormal. Take the confirmation back, or leave them out.`,
    );
  const id = randomUUID();
  const lineage = request.basedOn === undefined ? id : getReferenceSet(db, request.basedOn).lineage;
  const set: ReferenceSet = {
    id,
    name: request.name,
    frames: request.frames,
    lineage,
    version: nextVersion(db, lineage),
    confirmedBy: station.user,
    createdAt: timestamp(station),
  };
  insertReferenceSet(db, set);
  record(station, 'reference-set.create', set.id, { images: set.frames.length, version: set.version });
  return set;
}

/** All sets, the newest first. */
export function listAllReferenceSets({ store }: Workstation): readonly ReferenceSet[] {
  return listReferenceSets(store.db);
}

/** The images of a set with their studies. @throws Fault `not-found` */
export function listMembers(
  { store }: Workstation,
  id: string,
): readonly (FrameRef & { readonly studyInstanceUid: string })[] {
  return getReferenceSet(store.db, id).frames.map((ref) => ({
    ...ref,
    studyInstanceUid: getAttributes(store.db, ref).studyInstanceUid,
  }));
}
