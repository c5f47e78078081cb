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
    /** Who confirmed it, where that was elsewhere; by default who asks. */
    readonly confirmedBy?: string;
  },
): ReferenceSet {
  const { db } = station.store;
  for (const frame of request.frames) getFrame(db, frame);
  if (new Set(request.frames.map(keyOf)).size < request.frames.length)
    throw new Fault('bad-reference-set', 'An image is in this set twice. Pick each image once.');
  requireNoneConfirmed(station, request.frames);
  const id = randomUUID();
  const lineage = request.basedOn === undefined ? id : getReferenceSet(db, request.basedOn).lineage;
  const set: ReferenceSet = {
    id,
    name: request.name,
    frames: request.frames,
    lineage,
    version: nextVersion(db, lineage),
    confirmedBy: request.confirmedBy ?? station.user,
    createdAt: timestamp(station),
  };
  insertReferenceSet(db, set);
  record(station, 'reference-set.create', set.id, { images: set.frames.length, version: set.version });
  return set;
}

/**
 * Images that are confirmed as abnormal neither train nor set a threshold, also where they were confirmed only after
 * their set was saved.
 * @throws Fault `bad-reference-set`
 */
export function requireNoneConfirmed({ store }: Workstation, frames: readonly FrameRef[]): void {
  const abnormal = new Set(listConfirmedCases(store.db).map(keyOf));
  const contradicted = frames.filter((ref) => abnormal.has(keyOf(ref))).length;
  if (contradicted > 0)
    throw new Fault(
      'bad-reference-set',
      `${contradicted} of these images ${contradicted === 1 ? 'is' : 'are'} confirmed as abnormal. Take the confirmation back, or leave ${contradicted === 1 ? 'it' : 'them'} out.`,
    );
}

/**
 * Saves the next version of every set whose newest one holds the image, without it. A set of this image alone stays: no
 * calibration takes it any more.
 */
export function leaveOutOfSets(station: Workstation, ref: FrameRef): readonly ReferenceSet[] {
  const newest = new Map<string, ReferenceSet>();
  for (const set of listAllReferenceSets(station))
    if (set.version > (newest.get(set.lineage)?.version ?? 0)) newest.set(set.lineage, set);
  return [...newest.values()].flatMap(({ id, name, frames }) => {
    const others = frames.filter((frame) => keyOf(frame) !== keyOf(ref));
    const holds = others.length < frames.length && others.length > 0;
    return holds ? [createReferenceSet(station, { name, frames: others, basedOn: id })] : [];
  });
}

const keyOf = ({ sopInstanceUid, frame }: FrameRef) => `${sopInstanceUid}/${frame}`;

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
