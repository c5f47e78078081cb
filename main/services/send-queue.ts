/** What is to be sent to a node waits in the store, so that it survives a restart, and is tried until it arrives. */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { FaultRecord } from '../../preload/contract/faults.ts';
import type { SendEntry } from '../../preload/contract/pacs.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { readFileStart } from '../imaging/part10.ts';
import { listFiles } from '../imaging/sources.ts';
import { isAlive } from '../process/alive.ts';
import { sizeOfStored } from '../seal/sealed-file.ts';
import { putFile, storedFile } from '../store/blobs.ts';
import {
  claimSends,
  getSend,
  insertSend,
  listSends,
  listStoredFiles,
  markSent,
  markUnsent,
  type NewSend,
  type QueuedObject,
  releaseSends,
  removeSend,
  retrySend,
  unclaimSend,
} from '../store/network.ts';
import { isResultObject, NODE, UNSURE_NODE } from '../store/result-objects.ts';
import { getStudy } from '../store/studies.ts';
import type { JobContext } from './jobs.ts';
import { nodeToUse } from './nodes.ts';
import { requireNetwork } from './policy.ts';
import { noteDelivery, unqueueTakenBack } from './retractions.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/**
 * Queues DICOM files, and those of folders, for a node: all of them or none. Their bytes are copied into the store, so the files themselves may
 * go. Sending happens later, in the background.
 * @throws Fault `not-found` (file or node), `bad-file` where one is no DICOM file, `disk-full`, `cancelled`
 */
export async function enqueueSend(
  station: Workstation,
  paths: readonly string[],
  node: string,
  signal?: AbortSignal,
): Promise<readonly SendEntry[]> {
  const { folder } = station.store;
  nodeToUse(station, node);
  const sends: NewSend[] = [];
  for await (const found of listFiles(paths, signal)) {
    throwIfCancelled(signal);
    if (found.kind === 'skipped') throw found.fault;
    const { path } = found;
    const { sopInstanceUid } = await readFileStart(path);
    const { sha256: fileSha256, bytes } = await putFile(folder, path, signal);
    const label = basename(path);
    sends.push({ id: randomUUID(), node, label, sopInstanceUid, bytes, fileSha256, queuedAt: timestamp(station) });
  }
  return addToQueue(station, node, sends);
}

function addToQueue(station: Workstation, node: string, sends: readonly NewSend[]): readonly SendEntry[] {
  const { db } = station.store;
  db.transaction(() => {
    for (const send of sends) insertSend(db, send);
    record(station, 'network.queue', node, { instances: sends.map(({ sopInstanceUid }) => sopInstanceUid) });
  });
  return sends.map(({ fileSha256: _, ...send }) => ({
    ...send,
    state: 'waiting',
    attempts: 0,
    nextTryAt: send.queuedAt,
    sentAt: null,
    lastError: '',
  }));
}

/** An object that the store has as a file already. */
export interface StoredObject {
  readonly sopInstanceUid: string;
  readonly fileSha256: string;
  /** What people call it. */
  readonly label: string;
}

/** Queues objects of the store, all or none. @throws Fault `not-found` (node, file) */
export function enqueueStored(
  station: Workstation,
  objects: readonly StoredObject[],
  node: string,
): readonly SendEntry[] {
  const { folder } = station.store;
  nodeToUse(station, node);
  const sends: NewSend[] = [];
  for (const { sopInstanceUid, fileSha256, label } of objects) {
    const bytes = sizeOfStored(storedFile(folder, fileSha256));
    sends.push({ id: randomUUID(), node, label, sopInstanceUid, bytes, fileSha256, queuedAt: timestamp(station) });
  }
  return addToQueue(station, node, sends);
}

/** Queues the files of a stored study. @throws Fault `not-found`, `unsupported` where it has no DICOM files */
export function enqueueStudy(station: Workstation, studyInstanceUid: string, node: string): readonly SendEntry[] {
  const { db } = station.store;
  nodeToUse(station, node);
  getStudy(db, studyInstanceUid);
  const files = listStoredFiles(db, studyInstanceUid);
  if (files.length === 0)
    throw new Fault('unsupported', 'This study was made of photographs. Only DICOM files can be sent.');
  const queuedAt = timestamp(station);
  const sends = files.map(({ sopInstanceUid, fileSha256, bytes }) => ({
    ...{ id: randomUUID(), node, sopInstanceUid, bytes, fileSha256, queuedAt },
    label: `Image ${sopInstanceUid.slice(-12)}`,
  }));
  return addToQueue(station, node, sends);
}

/** Objects on one association. */
const BATCH = 50;
/** About 14 hours, at the pauses below. */
const MOST_ATTEMPTS = 20;
const FIRST_PAUSE_S = 30;
const LONGEST_PAUSE_S = 3600;

/** Seconds before the next try, after so many that failed: 30, 60, 120 ... at most an hour. */
export function pauseAfter(attempts: number): number {
  return Math.min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (attempts - 1));
}

export interface SendOutcome {
  readonly id: string;
  readonly label: string;
  readonly node: string;
  readonly fault: FaultRecord | null;
}

/**
 * Sends what is due for one node, at most 50 objects, and notes how each fared. What could not be reached is tried again
 * later; what was refused, or tried too often, is given up. Nothing where nothing is due.
 * @throws Fault `cancelled`; what was not tried by then waits as before
 */
export async function sendDue(station: Workstation, job: JobContext): Promise<readonly SendOutcome[]> {
  const { db, folder } = station.store;
  requireNetwork(station.policy);
  releaseSends(db, isAlive);
  const due = db.transaction(() => {
    unqueueTakenBack(station);
    return claimSends(db, timestamp(station), process.pid, BATCH);
  });
  const [first] = due;
  if (!first) return [];
  const outcomes = new Map<string, SendOutcome>();
  const note = (entry: QueuedObject, fault: FaultRecord | null) => {
    noteOutcome(station, entry, fault);
    outcomes.set(entry.id, { id: entry.id, label: entry.label, node: entry.node, fault });
    job.progress({ done: outcomes.size, total: due.length, unit: 'objects', note: entry.node });
  };
  const left = () => due.filter(({ id }) => !outcomes.has(id));
  try {
    const node = nodeToUse(station, first.node);
    const files = due.map(({ id, fileSha256 }) => ({ id, ...storedFile(folder, fileSha256) }));
    const onProgress = ({ id, fault }: { id: string; fault: FaultRecord | null }) => {
      const entry = due.find((other) => other.id === id);
      if (entry) note(entry, fault);
    };
    await station.network.run('send', { node, files }, { signal: job.signal, onProgress });
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code !== 'cancelled') for (const entry of left()) note(entry, fault.toRecord());
    else {
      for (const { id } of left()) unclaimSend(db, id);
      throw fault;
    }
  }
  return [...outcomes.values()];
}

function noteOutcome(station: Workstation, entry: QueuedObject, fault: FaultRecord | null): void {
  const { db } = station.store;
  const attempts = entry.attempts + 1;
  const detail = { node: entry.node, attempts };
  db.transaction(() => {
    if (fault === null) {
      markSent(db, entry.id, timestamp(station));
      if (isResultObject(db, entry)) noteDelivery(station, entry.sopInstanceUid, `${NODE}${entry.node}`);
      record(station, 'network.send', entry.sopInstanceUid, detail);
      return;
    }
    const again = fault.code === 'peer-unreachable' && attempts < MOST_ATTEMPTS;
    const next = new Date(station.now().getTime() + pauseAfter(attempts) * 1000).toISOString();
    markUnsent(db, entry.id, fault.message, again ? next : null);
    record(station, 'network.send', entry.sopInstanceUid, { ...detail, fault: fault.code, again }, 'failure');
  });
}

/** What is, was or should have been sent, the newest first. */
export function sendQueue({ store }: Workstation): readonly SendEntry[] {
  return listSends(store.db);
}

/** @throws Fault `not-found` */
export function sendAgain(station: Workstation, id: string): void {
  const { db } = station.store;
  db.transaction(() => {
    retrySend(db, id, timestamp(station));
    record(station, 'network.requeue', id);
  });
}

/** @throws Fault `not-found` where it is not there or is being sent */
export function takeFromQueue(station: Workstation, id: string): void {
  const { db } = station.store;
  db.transaction(() => {
    const entry = getSend(db, id);
    removeSend(db, id);
    if (entry.state !== 'sent' && entry.lastError !== '' && isResultObject(db, entry))
      noteDelivery(station, entry.sopInstanceUid, `${UNSURE_NODE}${entry.node}`);
    record(station, 'network.unqueue', id);
  });
}
