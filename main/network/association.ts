/** One association with a node, as its user (PS3.7 annex D, PS3.8). */
import { connect, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { association, requests, responses } from 'dcmjs-dimse';
import type { DimseNode } from '../../preload/contract/pacs.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { serverName, tlsMaterial } from './credentials.ts';
import { Association, CStoreResponse, Dataset, PresentationContextResult, Scp, Status } from './dimse-library.ts';
import { connectionFault, refused, unreachable } from './peer-faults.ts';
import type { StagedFile, Staging } from './staging.ts';

/** What is proposed for one kind of object or service. */
export interface Proposal {
  readonly sopClass: string;
  readonly transferSyntaxes: readonly string[];
  /** We take objects of this class (C-GET) instead of giving them. */
  readonly asProvider?: boolean;
}

const CONNECT_MS = 15_000;
const ASSOCIATE_MS = 30_000;
/** Longer than an archive takes to fetch a study from its tapes. */
export const SILENCE_MS = 10 * 60_000;
/** Presentation context ids are the odd numbers up to 255. */
export const MOST_PROPOSALS = 128;

/**
 * Opens an association, works on it and releases it.
 * @param staging takes what arrives by C-STORE on the same association (C-GET)
 * @throws Fault `peer-unreachable`, `peer-refused`, `cancelled`, `not-found` (a certificate's file), or the work's own
 */
export async function withAssociation<T>(
  node: DimseNode,
  proposals: readonly Proposal[],
  options: { readonly signal: AbortSignal; readonly staging?: Staging },
  work: (line: Line) => Promise<T>,
): Promise<T> {
  throwIfCancelled(options.signal);
  const socket = await openSocket(node);
  const line = new Line(node, socket, options.staging ?? null);
  const cancel = () => line.giveUp(new Fault('cancelled', 'Cancelled.'));
  options.signal.addEventListener('abort', cancel, { once: true });
  try {
    await line.associate(proposals);
    const result = await work(line);
    await line.release();
    return result;
  } finally {
    options.signal.removeEventListener('abort', cancel);
    line.giveUp(unreachable(node.name, 'is no longer connected.'));
  }
}

async function openSocket(node: DimseNode): Promise<Socket> {
  const { host, port } = node;
  const socket = node.tls
    ? connectTls({ host, port, ...serverName(host), ...(await tlsMaterial(node)) })
    : connect({ host, port });
  const timer = setTimeout(
    () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    CONNECT_MS,
  );
  socket.once(node.tls ? 'secureConnect' : 'connect', () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
  return socket;
}

/** The association itself. Whatever ends it early fails everything that waits on it, with the first reason. */
export class Line extends Scp {
  readonly #node: DimseNode;
  readonly #socket: Socket;
  readonly #staging: Staging | null;
  readonly #waiting = new Set<(fault: Fault) => void>();
  #files = new Map<Writable, StagedFile>();
  #over: Fault | null = null;
  #association: association.Association | null = null;

  constructor(node: DimseNode, socket: Socket, staging: Staging | null) {
    // Before the library's own listeners, which forget the error's code.
    let first: unknown = null;
    socket.on('error', (error) => {
      first ??= error;
    });
    super(socket, { connectTimeout: SILENCE_MS, associationTimeout: ASSOCIATE_MS, pduTimeout: SILENCE_MS });
    this.#node = node;
    this.#socket = socket;
    this.#staging = staging;
    this.on('networkError', (error: Error) => this.giveUp(connectionFault(node.name, first ?? error)));
    this.on('close', () => this.giveUp(unreachable(node.name, 'closed the connection before all was done.')));
    this.on('associationRejected', (rejection: { reason: number; source: number; result: number }) =>
      this.giveUp(rejectionFault(node, rejection)),
    );
  }

  async associate(proposals: readonly Proposal[]): Promise<void> {
    const proposed = new Association(this.#node.callingAeTitle, this.#node.aeTitle);
    const provided = new Set<string>();
    for (const { sopClass, transferSyntaxes, asProvider } of proposals.slice(0, MOST_PROPOSALS)) {
      const id = proposed.addPresentationContext(sopClass);
      for (const syntax of transferSyntaxes) proposed.addTransferSyntaxToPresentationContext(id, syntax);
      // Roles are of a SOP class, however often it is proposed.
      if (asProvider && !provided.has(sopClass)) proposed.getPresentationContext(id).setProviderRole(true);
      if (asProvider) provided.add(sopClass);
    }
    await this.#unlessOver<void>((done) => {
      this.on('connect', () => this.sendAssociationRequest(proposed));
      this.on('associationAccepted', () => done());
    });
    this.#association = proposed;
  }

  /** Whether the node agreed to a class, in one of these syntaxes where some are named. */
  accepts(sopClass: string, syntaxes?: readonly string[]): boolean {
    return (this.#association?.getPresentationContexts() ?? []).some(
      ({ context }) =>
        context.getAbstractSyntaxUid() === sopClass &&
        context.getResult() === PresentationContextResult.Accept &&
        (!syntaxes || syntaxes.includes(context.getAcceptedTransferSyntaxUid() ?? '')),
    );
  }

  /**
   * Sends one request and waits for its last response.
   * @param onPending is told of those before
   * @throws Fault `peer-refused` where the request cannot be sent as the node wants it
   */
  async request(
    request: requests.Request,
    onPending: (response: responses.Response) => void = () => {},
  ): Promise<responses.Response> {
    return await this.#unlessOver<responses.Response>((done, fail) => {
      request.on('response', (response: responses.Response) => {
        if (response.getStatus() === Status.Pending) onPending(response);
        else done(response);
      });
      // Done without a response: nothing was sent.
      request.on('done', () =>
        fail(refused(this.#node.name, 'does not take this object in any form that can be made of it.')),
      );
      this.sendRequests(request);
    });
  }

  async release(): Promise<void> {
    await this.#unlessOver<void>((done) => {
      this.on('associationReleaseResponse', () => done());
      this.sendAssociationReleaseRequest();
    });
  }

  /** Ends the association at once. Later reasons do not count. */
  giveUp(fault: Fault): void {
    if (this.#over) return;
    this.#over = fault;
    if (fault.code === 'cancelled' && this.#association) this.sendAbort();
    for (const fail of [...this.#waiting]) fail(fault);
    for (const file of this.#files.values()) file.destroy();
    this.#socket.destroySoon();
    // A node that does not read would keep the socket open.
    setTimeout(() => this.#socket.destroy(), 1000).unref();
  }

  override abort(): void {
    this.giveUp(unreachable(this.#node.name, 'aborted the association.'));
  }

  override createStoreWritableStream(
    context: association.PresentationContext,
    request: requests.CStoreRequest,
  ): Writable {
    if (!this.#staging) throw new Fault('internal', 'Nothing was asked for, and yet an object arrives.');
    const file = this.#staging.dataset({
      sopClassUid: request.getAffectedSopClassUid(),
      sopInstanceUid: request.getAffectedSopInstanceUid(),
      transferSyntax: context.getAcceptedTransferSyntaxUid() ?? '',
    });
    this.#files.set(file, file);
    return file;
  }

  override createDatasetFromStoreWritableStream(
    writable: Writable,
    _context: association.PresentationContext,
    done: (dataset: InstanceType<typeof Dataset>) => void,
  ): void {
    const file = this.#files.get(writable);
    this.#files.delete(writable);
    file?.complete();
    done(new Dataset());
  }

  override cStoreRequest(request: requests.CStoreRequest, answer: (response: responses.CStoreResponse) => void): void {
    const response = CStoreResponse.fromRequest(request);
    response.setStatus(Status.Success);
    answer(response);
  }

  async #unlessOver<T>(start: (done: (value: T) => void, fail: (fault: Fault) => void) => void): Promise<T> {
    if (this.#over) throw this.#over;
    let fail: (fault: Fault) => void = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        fail = reject;
        this.#waiting.add(fail);
        start(resolve, reject);
      });
    } finally {
      this.#waiting.delete(fail);
    }
  }
}

/** PS3.8 table 9-21. */
function rejectionFault(node: DimseNode, { source, reason }: { source: number; reason: number }): Fault {
  if (source === 1 && reason === 7) return refused(node.name, `is not called ${node.aeTitle}. Check its AE title.`);
  if (source === 1 && reason === 3)
    return refused(node.name, `does not know ${node.callingAeTitle}. Its administrator has to enter this workstation.`);
  if (source === 3) return unreachable(node.name, 'is too busy for another association.');
  return refused(node.name, `rejected the association (source ${source}, reason ${reason}).`);
}
