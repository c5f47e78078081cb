/** Results on their way to a node of the network: through the send queue, and what replaces them after an addendum. */
import type { OwedReplacement, SendEntry } from '../../preload/contract/pacs.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { isAlive } from '../process/alive.ts';
import type { ResultContent } from '../results/content.ts';
import { getNode, releaseSends, sendOf } from '../store/network.ts';
import { isBeingSent, listOwed, postponeOwed, settleOwed } from '../store/replacements.ts';
import { listDelivered, NODE } from '../store/result-objects.ts';
import { nodeToUse } from './nodes.ts';
import { resultContent } from './result-content.ts';
import { OBJECT_FORMATS, type ObjectFormat, resultObjects } from './result-objects.ts';
import { enqueueStored, sendAgain } from './send-queue.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/** What the queue calls the objects of each format. */
const LABELS: Readonly<Record<string, string>> = {
  sr: 'Structured report',
  seg: 'Segmentation',
  pmap: 'Parametric map',
  sc: 'Secondary capture',
  epdf: 'Report (Encapsulated PDF)',
  kos: 'Rejection note',
  photo: 'Photograph',
};

/**
 * Queues a signed study's objects for a node, those aside that it has or that wait for it; what was given up is tried
 * again. Returns the new entries of the queue.
 * @throws Fault `not-found`, `not-allowed` where the report is not signed, `disk-full`, `cancelled`
 */
export async function sendResults(
  station: Workstation,
  studyInstanceUid: string,
  node: string,
  formats: readonly ObjectFormat[],
  signal?: AbortSignal,
): Promise<readonly SendEntry[]> {
  getNode(station.store.db, node);
  return await queueObjects(station, await resultContent(station, studyInstanceUid, signal), node, formats, signal);
}

/** How replacing fared at one node. */
export interface Replacement {
  readonly studyInstanceUid: string;
  readonly node: string;
  /** Why it is still owed; '' once the new versions are in the queue. */
  readonly owedBecause: string;
}

/** Until what is being sent has arrived, or has not. */
const WHILE_SENDING_MS = 5000;
/** After a replacement could not be made or queued. A start, and a change of the nodes, try at once. */
const AFTER_FAILURE_MS = 60 * 60_000;

/**
 * After addenda: every node that is owed one, and whose turn it is, gets the new versions of the formats that it has had,
 * with the note that takes the old ones back. Each node for itself: one that fails does not hold up another, and stays owed.
 * @throws Fault `cancelled`
 */
export async function replaceOwed(station: Workstation, signal?: AbortSignal): Promise<readonly Replacement[]> {
  const replaced: Replacement[] = [];
  for (const owed of listOwed(station.store.db).filter(({ nextTryAt }) => nextTryAt <= timestamp(station))) {
    throwIfCancelled(signal);
    const owedBecause = await replaceAt(station, owed, signal);
    replaced.push({ studyInstanceUid: owed.studyInstanceUid, node: owed.node, owedBecause });
  }
  return replaced;
}

async function replaceAt(
  station: Workstation,
  owed: OwedReplacement,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { db } = station.store;
  const { studyInstanceUid, node } = owed;
  const postpone = (why: string, ms: number) => {
    postponeOwed(db, owed, why, new Date(station.now().getTime() + ms).toISOString());
    return why;
  };
  releaseSends(db, isAlive);
  // Only once they have arrived or not is it known what the note has to name.
  if (isBeingSent(db, studyInstanceUid, node))
    return postpone('Earlier versions are being sent right now.', WHILE_SENDING_MS);
  try {
    nodeToUse(station, node);
    const content = await resultContent(station, studyInstanceUid, signal);
    const formats = OBJECT_FORMATS.filter((format) => owed.formats.includes(format));
    await queueObjects(station, content, node, formats, signal, () => settleOwed(db, owed));
    return '';
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code === 'cancelled') throw fault;
    record(station, 'network.queue', node, { study: studyInstanceUid, fault: fault.code }, 'failure');
    return postpone(fault.message, AFTER_FAILURE_MS);
  }
}

/** @param also done in the same transaction */
async function queueObjects(
  station: Workstation,
  content: ResultContent,
  node: string,
  formats: readonly ObjectFormat[],
  signal: AbortSignal | undefined,
  also = () => {},
): Promise<readonly SendEntry[]> {
  const { db } = station.store;
  const study = content.context.header.study.uid;
  const destination = `${NODE}${node}`;
  const objects = await resultObjects(station, content, formats, destination, signal);
  const received = listDelivered(db, study, destination, { unsure: false });
  return db.transaction(() => {
    const states = objects.map((object) => ({ object, queued: sendOf(db, node, object.sopInstanceUid) }));
    for (const { queued } of states) if (queued?.state === 'failed') sendAgain(station, queued.id);
    const fresh = states.filter(({ object, queued }) => queued === null && !received.has(object.sopInstanceUid));
    also();
    if (fresh.length === 0) return [];
    const named = fresh.map(({ object }) => ({ ...object, label: LABELS[object.format] ?? object.format }));
    return enqueueStored(station, named, node);
  });
}
