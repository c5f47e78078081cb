/**
 * What an addendum means for the nodes that have the report's results: they are owed what replaces them, and what waits to
 * be sent and was taken back never leaves.
 */
import type { OwedReplacement } from '../../preload/contract/pacs.ts';
import {
  dropTakenBack,
  formatsByNode,
  hurryOwed,
  listOwed,
  oweReplacement,
  settleOwed,
} from '../store/replacements.ts';
import { insertDeliveries, UNSURE_NODE } from '../store/result-objects.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** Part of an addendum's transaction: a crash after it loses no retraction. Returns the nodes. */
export function oweReplacements(station: Workstation, studyInstanceUid: string): readonly string[] {
  const { db } = station.store;
  const nodes = formatsByNode(db, studyInstanceUid);
  for (const [node, formats] of nodes) oweReplacement(db, { studyInstanceUid, node, formats }, timestamp(station));
  unqueueTakenBack(station);
  return [...nodes.keys()];
}

/** Removes from the queue what was taken back, and notes that a node that was tried may have it all the same. */
export function unqueueTakenBack(station: Workstation): void {
  const { db } = station.store;
  db.transaction(() => {
    for (const { id, node, sopInstanceUid, tried } of dropTakenBack(db)) {
      if (tried) noteDelivery(station, sopInstanceUid, `${UNSURE_NODE}${node}`);
      record(station, 'network.unqueue', id, { node, instance: sopInstanceUid, takenBack: true });
    }
  });
}

/** Notes that an object of a report went to a destination (store/result-objects.ts). */
export function noteDelivery(station: Workstation, sopInstanceUid: string, destination: string): void {
  const delivered = { deliveredAt: timestamp(station), deliveredBy: station.user };
  insertDeliveries(station.store.db, [{ sopInstanceUid, destination, ...delivered }]);
}

/** What nodes are owed, the oldest first. */
export const owedReplacements = ({ store }: Workstation): readonly OwedReplacement[] => listOwed(store.db);

/** Lets all that is owed be tried at once. */
export const hurryReplacements = (station: Workstation): void => hurryOwed(station.store.db, timestamp(station));

/** Gives up on replacing what a node has: a person says that they see to it. @throws Fault `not-found` */
export function forgetOwed(
  station: Workstation,
  owed: { readonly studyInstanceUid: string; readonly node: string },
): void {
  const { db } = station.store;
  db.transaction(() => {
    settleOwed(db, owed);
    record(station, 'network.forget-owed', owed.studyInstanceUid, { node: owed.node });
  });
}
