/** Results on their way to a node of the network: through the send queue, and what replaces them after an addendum. */
import { throwIfCancelled } from '../fault.ts';
import type { ResultContent } from '../results/content.ts';
import { getNode } from '../store/network.ts';
import { insertDeliveries, listDeliveries, listResultObjects } from '../store/result-objects.ts';
import { resultContent } from './result-content.ts';
import { type KeptObject, OBJECT_FORMATS, type ObjectFormat, resultObjects } from './result-objects.ts';
import { enqueueSend } from './send-queue.ts';
import { timestamp, type Workstation } from './workstation.ts';

const NODE = 'node:';

/**
 * Queues a signed study's objects for a node, those aside that were queued for it before. Returns how many.
 * @throws Fault `not-found`, `not-allowed` where the report is not signed, `disk-full`, `cancelled`
 */
export async function sendResults(
  station: Workstation,
  studyInstanceUid: string,
  node: string,
  formats: readonly ObjectFormat[],
  signal?: AbortSignal,
): Promise<number> {
  getNode(station.store.db, node);
  return await queueObjects(station, await resultContent(station, studyInstanceUid, signal), node, formats, signal);
}

/** Whether any node has objects of a study's report. */
export const hasBeenSent = ({ store }: Workstation, studyInstanceUid: string): boolean =>
  listDeliveries(store.db, studyInstanceUid).some(({ destination }) => destination.startsWith(NODE));

/**
 * After an addendum: every node that has objects of the report gets the new versions of the same formats, with the note
 * that takes the old ones back. Returns the nodes.
 */
export async function replaceSentResults(
  station: Workstation,
  studyInstanceUid: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { db } = station.store;
  const formatOf = new Map(
    listResultObjects(db, studyInstanceUid).map(({ sopInstanceUid, format }) => [sopInstanceUid, format] as const),
  );
  const sent = new Map<string, Set<string>>();
  for (const { destination, sopInstanceUid } of listDeliveries(db, studyInstanceUid))
    if (destination.startsWith(NODE)) {
      const node = destination.slice(NODE.length);
      sent.set(node, (sent.get(node) ?? new Set()).add(formatOf.get(sopInstanceUid) ?? ''));
    }
  if (sent.size === 0) return [];
  const content = await resultContent(station, studyInstanceUid, signal);
  for (const [node, formats] of sent) {
    throwIfCancelled(signal);
    const wanted = OBJECT_FORMATS.filter((format) => formats.has(format));
    await queueObjects(station, content, node, wanted, signal);
  }
  return [...sent.keys()];
}

async function queueObjects(
  station: Workstation,
  content: ResultContent,
  node: string,
  formats: readonly ObjectFormat[],
  signal: AbortSignal | undefined,
): Promise<number> {
  const { db } = station.store;
  const study = content.context.header.study.uid;
  const destination = `${NODE}${node}`;
  const before = new Set(
    listDeliveries(db, study).flatMap((one) => (one.destination === destination ? [one.sopInstanceUid] : [])),
  );
  const objects: readonly KeptObject[] = await resultObjects(station, content, formats, signal);
  const fresh = objects.filter(({ sopInstanceUid }) => !before.has(sopInstanceUid));
  if (fresh.length === 0) return 0;
  const paths = fresh.map(({ path }) => path);
  await enqueueSend(station, paths, node, signal);
  const now = { destination, deliveredAt: timestamp(station), deliveredBy: station.user };
  insertDeliveries(
    db,
    fresh.map(({ sopInstanceUid }) => ({ sopInstanceUid, ...now })),
  );
  return fresh.length;
}
