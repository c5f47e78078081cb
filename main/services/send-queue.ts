/** What is to be sent to a node waits in the store, so that it survives a restart, and is tried until it arrives. */
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { SendEntry } from '../../preload/contract/pacs.ts';
import { throwIfCancelled } from '../fault.ts';
import { readFileStart } from '../imaging/part10.ts';
import { putFile } from '../store/blobs.ts';
import { getNode, insertSend, type NewSend } from '../store/network.ts';
import { record, timestamp, type Workstation } from './workstation.ts';

/**
 * Queues DICOM files for a node: all of them or none. Their bytes are copied into the store, so the files themselves may
 * go. Sending happens later, in the background.
 * @throws Fault `not-found` (file or node), `bad-file` where one is no DICOM file, `disk-full`, `cancelled`
 */
export async function enqueueSend(
  station: Workstation,
  files: readonly string[],
  node: string,
  signal?: AbortSignal,
): Promise<readonly SendEntry[]> {
  const { db, folder } = station.store;
  getNode(db, node);
  const sends: NewSend[] = [];
  for (const path of files) {
    throwIfCancelled(signal);
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
  });
  record(station, 'network.queue', node, { instances: sends.map(({ sopInstanceUid }) => sopInstanceUid) });
  return sends.map(({ fileSha256: _, ...send }) => ({
    ...send,
    state: 'waiting',
    attempts: 0,
    nextTryAt: send.queuedAt,
    sentAt: null,
    lastError: '',
  }));
}
