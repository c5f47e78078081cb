/**
 * What goes on with the network while the window is open: the receiver listens where it is switched on, and the send
 * queue is worked off. Without a configured node neither does anything.
 */
import type { ReceiverState } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import type { ReceiverEvent } from '../network/tasks.ts';
import { isAlive } from '../process/alive.ts';
import { nextSend, releaseSends } from '../store/network.ts';
import { nextOwed } from '../store/replacements.ts';
import { importSummary } from './import.ts';
import type { Jobs } from './jobs.ts';
import { allNodes } from './nodes.ts';
import { replaceOwed } from './result-sending.ts';
import { hurryReplacements } from './retractions.ts';
import { sendDue } from './send-queue.ts';
import { stagingFolder, sweepStaging } from './staging.ts';
import { fetchStudy, importStaged, receiverSettings } from './transfers.ts';
import { record, type Workstation } from './workstation.ts';

const LISTEN_AGAIN_MS = 30_000;
/** After a person cancelled sending. */
const HOLD_MS = 10 * 60_000;
/** The queue is looked at as often: exports and the command line add to it without telling. */
const LOOK_AGAIN_MS = 5000;

type Listening = Pick<ReceiverState, 'state' | 'message'>;

export class NetworkLife {
  readonly #station: Workstation;
  readonly #jobs: Jobs;
  readonly #onChange: () => void;
  #listening: Listening = { state: 'off', message: '' };
  #stopListening: () => Promise<void> = async () => {};
  #timer: NodeJS.Timeout | undefined;
  #working = false;
  #heldUntil = 0;
  #closing = false;

  /** @param onChange is told when the receiver's state or the queue has changed */
  constructor(station: Workstation, jobs: Jobs, onChange: () => void) {
    this.#station = station;
    this.#jobs = jobs;
    this.#onChange = onChange;
  }

  /** Takes up what an earlier session left. */
  async start(): Promise<void> {
    releaseSends(this.#station.store.db, isAlive);
    for (const folder of await sweepStaging(this.#station)) this.#import('a node', folder);
    await this.nodesChanged();
  }

  receiver(): ReceiverState {
    return { settings: receiverSettings(this.#station), ...this.#listening };
  }

  /** Listens anew after nodes or the receiver's settings have changed. */
  async nodesChanged(): Promise<void> {
    await this.#stopListening();
    this.#listen();
    hurryReplacements(this.#station);
    this.queueChanged();
  }

  /** Sends what is due. A person who asks for it ends the pause after a cancelled job. */
  queueChanged(): void {
    this.#heldUntil = 0;
    this.#schedule();
    this.#onChange();
  }

  /** Fetches a study and imports it, as two jobs. Returns the first one's id. @throws Fault `not-found` */
  retrieve(request: { readonly node: string; readonly studyInstanceUid: string; readonly title: string }): string {
    return this.#jobs.start('retrieve', `Retrieve ${request.title}`, request.studyInstanceUid, async (context) => {
      const folder = await fetchStudy(this.#station, request, context);
      const imported = await this.#jobs.finished(this.#import(request.node, folder));
      if (imported.fault) throw Fault.fromRecord(imported.fault);
      return { summary: imported.summary ?? '', subject: request.studyInstanceUid };
    });
  }

  /** Before the jobs are closed: what is being sent then waits for the next start. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#stopListening();
  }

  #import(from: string, folder: string): string {
    return this.#jobs.start('import', `Import from ${from}`, null, async (context) => {
      const result = await importStaged(this.#station, folder, context);
      return { summary: importSummary(result), subject: result.studies[0] ?? null };
    });
  }

  #listen(): void {
    const settings = receiverSettings(this.#station);
    const callers = allNodes(this.#station).filter((node) => node.kind === 'dimse');
    if (this.#closing || !settings.enabled || callers.length === 0) {
      const message = settings.enabled ? 'No DIMSE node is configured, so nobody may send.' : '';
      this.#hear({ state: 'off', message });
      return;
    }
    const abort = new AbortController();
    let again: NodeJS.Timeout | undefined;
    const ended = this.#station.network
      .run(
        'receive',
        { settings, callers, inbox: stagingFolder(this.#station, 'inbox') },
        { signal: abort.signal, onProgress: (event) => this.#received(event) },
      )
      .then(() => {})
      .catch((thrown) => {
        if (abort.signal.aborted) return;
        this.#hear({ state: 'failed', message: Fault.from(thrown).message });
        again = setTimeout(() => this.#listen(), LISTEN_AGAIN_MS);
      });
    this.#stopListening = async () => {
      this.#stopListening = async () => {};
      clearTimeout(again);
      abort.abort();
      await ended;
    };
  }

  #received(event: ReceiverEvent): void {
    const { caller, instances } = { caller: '', instances: 0, ...event };
    if (event.kind === 'listening') this.#hear({ state: 'listening', message: '' });
    if (event.kind === 'received') {
      record(this.#station, 'network.receive', caller, { instances });
      this.#import(caller, event.folder);
    }
    if (event.kind === 'cut') record(this.#station, 'network.receive', caller, { instances, cut: true }, 'failure');
    if (event.kind === 'refused')
      record(this.#station, 'network.receive', caller, { from: event.address, refused: event.reason }, 'failure');
  }

  #hear(listening: Listening): void {
    this.#listening = listening;
    this.#onChange();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closing || this.#working || this.#station.policy.network === false) return;
    const { db } = this.#station.store;
    const [owed, next, now] = [nextOwed(db), nextSend(db), this.#station.now().getTime()];
    const due = next ? Math.max(Date.parse(next.at), this.#heldUntil) - now : LOOK_AGAIN_MS;
    if (owed && Math.max(Date.parse(owed), this.#heldUntil) <= now) void this.#replace();
    else if (next && due <= 0) void this.#send(next.node);
    else this.#timer = setTimeout(() => this.#schedule(), Math.min(due, LOOK_AGAIN_MS));
  }

  /** Queues what nodes are owed after addenda: also those of which an earlier session died. */
  async #replace(): Promise<void> {
    await this.#work('export', 'Replace what was sent', null, async ({ signal }) => {
      const replaced = await replaceOwed(this.#station, signal);
      const queued = replaced.filter(({ owedBecause }) => owedBecause === '');
      const [owed] = replaced.filter(({ owedBecause }) => owedBecause !== '');
      const summary = `New versions wait to be sent to ${queued.map(({ node }) => node).join(', ') || 'no node'}.`;
      const rest = owed ? ` ${owed.node} is still owed them: ${owed.owedBecause}` : '';
      return { summary: `${summary}${rest}`, subject: replaced[0]?.studyInstanceUid ?? null };
    });
  }

  async #send(node: string): Promise<void> {
    await this.#work('send', `Send to ${node}`, node, async (context) => {
      const outcomes = await sendDue(this.#station, context);
      const given = outcomes.find(({ fault }) => fault !== null && fault.code !== 'peer-unreachable')?.fault;
      if (given) throw Fault.fromRecord(given);
      const waiting = outcomes.filter(({ fault }) => fault !== null);
      const sent = `${outcomes.length - waiting.length} of ${outcomes.length} objects sent to ${node}.`;
      const [first] = waiting;
      return { summary: first ? `${sent} The others are tried again: ${first.fault?.message}` : sent, subject: node };
    });
  }

  /** One job of the queue at a time. */
  async #work(...job: Parameters<Jobs['start']>): Promise<void> {
    this.#working = true;
    const id = this.#jobs.start(...job);
    this.#onChange();
    const { state } = await this.#jobs.finished(id);
    this.#working = false;
    if (state === 'cancelled') this.#heldUntil = this.#station.now().getTime() + HOLD_MS;
    if (this.#closing) return;
    this.#onChange();
    this.#schedule();
  }
}
