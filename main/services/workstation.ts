/** What the services work with. The window's main process and the command line each make one; tests make their own. */
import { basename } from 'node:path';
import type { Policy } from '../../preload/contract/policy.ts';
import type { EngineTasks } from '../engine/tasks.ts';
import type { Fault } from '../fault.ts';
import type { NetworkTasks } from '../network/tasks.ts';
import type { TaskRunner } from '../process/tasks.ts';
import type { ReaderTasks } from '../reader/tasks.ts';
import { appendAudit } from '../store/audit.ts';
import { type DataFolder, dataFolderAt } from '../store/folder.ts';
import { replaceNodes } from '../store/network.ts';
import { getSetting, setSetting } from '../store/settings.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Providers } from '../supervision/providers.ts';
import type { Act, Attempt } from './audit-acts.ts';
import type { ModelFolders } from './models.ts';

/** A4 pages. The footer stands on each; elements of class `pageNumber` and `totalPages` in it are filled in. */
export interface PrintableDocument {
  readonly html: string;
  readonly footer: string;
}

/** What needs no store: the child processes, the model packs, who is asking. */
export interface Tools extends ModelFolders {
  readonly reader: TaskRunner<ReaderTasks>;
  readonly engine: TaskRunner<EngineTasks>;
  /** Which execution providers are trusted with a model. */
  readonly providers: Pick<Providers, 'known' | 'test'>;
  /** Ends the engine's process: the next task starts a new one. */
  readonly restartEngine: () => void;
  readonly network: TaskRunner<NetworkTasks>;
  readonly appVersion: string;
  /** What opens the data folder where that is encrypted; null where it is not, or not unlocked. */
  readonly dataKey: Uint8Array | null;
  /** What the administrator has settled. */
  readonly policy: Policy;
  /** The operating system's user, for the audit trail and signatures. */
  readonly user: string;
  readonly now: () => Date;
  /** Renders a document as PDF. */
  readonly print: (document: PrintableDocument) => Promise<Uint8Array>;
}

export interface Workstation extends Tools {
  readonly store: Store;
}

/** Where things lie below a data folder, without touching the disk. */
export function dataFolder(root: string): DataFolder {
  return dataFolderAt(root);
}

/** @throws Fault `bad-database`, `disk-full`, `not-found`, `unsupported` */
export function openWorkstation(
  tools: Tools,
  root: string,
  onSlowStatement?: (sql: string, ms: number) => void,
): Workstation {
  const station = {
    ...tools,
    store: openStore(root, { dataKey: tools.dataKey, ...(onSlowStatement ? { onSlowStatement } : {}) }),
  };
  const { replaced } = station.store.db;
  if (replaced !== null) record(station, 'database.upgrade', basename(replaced));
  notePolicy(station);
  if (tools.policy.nodes) replaceNodes(station.store.db, tools.policy.nodes, timestamp(station));
  return station;
}

/** The policy is the administrator's file: what has changed in it is noted when it first holds. */
function notePolicy(station: Workstation): void {
  const { db } = station.store;
  const now = JSON.stringify(station.policy);
  if ((getSetting(db, POLICY) ?? '{}') === now) return;
  setSetting(db, POLICY, now);
  record(station, 'policy.change', '', { settled: Object.keys(station.policy) });
}

/** The setting that holds the policy as it was when this data folder was last opened. */
const POLICY = 'policy';

/** Now as ISO 8601 in UTC. */
export function timestamp({ now }: Workstation): string {
  return now().toISOString();
}

/** The setting that holds the reader's own name. */
export const READER_NAME = 'reader.name';

/** One entry of the audit trail, with the reader profile. `detail` holds figures and identifiers, never patients' names. */
export function record(
  station: Workstation,
  action: Act | Attempt,
  subject: string,
  detail: Readonly<Record<string, unknown>> = {},
  outcome: 'success' | 'failure' = 'success',
): void {
  const reader = getSetting(station.store.db, READER_NAME);
  appendAudit(station.store.db, station.store.folder, {
    at: timestamp(station),
    actor: station.user,
    action,
    subject,
    outcome,
    detail: JSON.stringify(reader === null ? detail : { ...detail, reader }),
  });
}

/** An attempt that failed. A trail that cannot be written any more must not hide the failure itself. */
export function recordFailure(station: Workstation, action: Attempt, subject: string, fault: Fault): void {
  if (fault.code === 'cancelled' || fault.code === 'disk-full' || fault.code === 'bad-database') return;
  record(station, action, subject, { fault: fault.code }, 'failure');
}
