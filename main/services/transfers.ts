/** Questions to nodes, and studies from them. What arrives is imported like any other folder, once it is whole. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ReceiverSettings,
  receiverSchema,
  type StudyMatches,
  type StudyQuery,
} from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import type { Act } from './audit-acts.ts';
import { type ImportResult, importPaths } from './import.ts';
import type { JobContext } from './jobs.ts';
import { nodeToUse } from './nodes.ts';
import { markWhole, stagingFolder, WHOLE } from './staging.ts';
import { record, type Workstation } from './workstation.ts';

const MOST_MATCHES = 500;
/** Seconds before the second and the third try of a transfer. */
const PAUSES = [1, 4];

/** C-ECHO or an empty query. Milliseconds. @throws Fault `not-found`, `peer-unreachable`, `peer-refused` */
export async function testNode(
  station: Workstation,
  name: string,
  signal?: AbortSignal,
): Promise<{ readonly ms: number }> {
  const node = nodeToUse(station, name);
  return await audited(station, 'network.echo', name, {}, () => station.network.run('echo', { node }, { signal }));
}

/**
 * Studies that a node has. A name without wildcards is taken as the beginning of one.
 * @throws Fault `not-found`, `peer-unreachable`, `peer-refused`, `cancelled`
 */
export async function findRemoteStudies(
  station: Workstation,
  name: string,
  query: StudyQuery,
  options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<StudyMatches> {
  const node = nodeToUse(station, name);
  const patientName = /[*?]|^$/.test(query.patientName) ? query.patientName : `${query.patientName}*`;
  const keys = Object.entries(query).flatMap(([key, value]) => (value === '' ? [] : [key]));
  return await audited(station, 'network.find', name, { keys }, async () => {
    const limit = options.limit ?? MOST_MATCHES;
    const input = { node, query: { ...query, patientName }, limit };
    return await station.network.run('find', input, { signal: options.signal });
  });
}

/**
 * Fetches a study into a folder of its own, trying again where the line breaks. The folder is its caller's to remove; where
 * the application ends before, the next start imports it.
 * @throws Fault `not-found`, `peer-unreachable`, `peer-refused`, `cancelled`, `disk-full`; nothing is left then
 */
export async function fetchStudy(
  station: Workstation,
  request: { readonly node: string; readonly studyInstanceUid: string },
  job: JobContext,
): Promise<string> {
  const node = nodeToUse(station, request.node);
  const { studyInstanceUid } = request;
  const receiver = receiverSettings(station);
  return await audited(station, 'network.retrieve', studyInstanceUid, { node: node.name }, async () => {
    for (let attempt = 0; ; attempt++) {
      const folder = stagingFolder(station, 'retrieve');
      try {
        await station.network.run(
          'retrieve',
          { node, studyInstanceUid, folder, receiver },
          { signal: job.signal, onProgress: (at) => job.progress({ ...at, unit: 'images', note: node.name }) },
        );
        return markWhole(folder);
      } catch (thrown) {
        await rm(folder, { recursive: true, force: true });
        const fault = Fault.from(thrown);
        const pause = PAUSES[attempt];
        if (fault.code !== 'peer-unreachable' || pause === undefined) throw fault;
        job.progress({ done: 0, total: 0, unit: 'images', note: `${fault.message} Trying again.` });
        await sleep(pause * 1000, undefined, { signal: job.signal });
      }
    }
  });
}

/**
 * Imports what was staged and removes the folder. What is whole stays where the import does not come to its end, for the next
 * start: the sender of a push was told that it is stored, and half of a fetched study must not be taken for all of it.
 * @throws Fault as importPaths
 */
export async function importStaged(station: Workstation, folder: string, job: JobContext): Promise<ImportResult> {
  let ended = false;
  try {
    const result = await importPaths(station, [folder], job);
    ended = true;
    return result;
  } finally {
    if (ended || !folder.endsWith(WHOLE)) await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the work and writes into the audit trail how it ended. */
async function audited<T>(
  station: Workstation,
  action: Act,
  subject: string,
  detail: Readonly<Record<string, unknown>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work();
    record(station, action, subject, detail);
    return result;
  } catch (thrown) {
    record(station, action, subject, { ...detail, fault: Fault.from(thrown).code }, 'failure');
    throw thrown;
  }
}

const RECEIVER_SETTING = 'network.receiver';
const RECEIVER_OFF: ReceiverSettings = {
  enabled: false,
  aeTitle: 'MEDICLIP',
  host: '0.0.0.0',
  port: 11_112,
  tls: false,
  caFile: '',
  certFile: '',
  keyFile: '',
};

/** How this workstation is reached; off until a person says otherwise. */
export function receiverSettings({ store }: Workstation): ReceiverSettings {
  const saved = getSetting(store.db, RECEIVER_SETTING);
  return saved === null ? RECEIVER_OFF : receiverSchema.parse(JSON.parse(saved));
}

/** @throws Fault `usage` where they are not described rightly */
export function saveReceiverSettings(station: Workstation, settings: unknown): ReceiverSettings {
  const parsed = receiverSchema.safeParse(settings);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Fault('usage', `The receiver's ${issue?.path.join('.') || 'description'} is wrong: ${issue?.message}`);
  }
  setSetting(station.store.db, RECEIVER_SETTING, JSON.stringify(parsed.data));
  record(station, 'network.receiver', parsed.data.aeTitle, { ...parsed.data });
  return parsed.data;
}
