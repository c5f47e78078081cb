/**
 * The receiver: nodes push to it by C-STORE, and test it by C-ECHO (PS3.4 annexes A and B, as provider). Each association
 * has a folder of its own. A release makes it whole; anything else that ends the association throws it away.
 */
import { randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { association, requests, responses } from 'dcmjs-dimse';
import type { ReceiverSettings } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import { SILENCE_MS } from './association.ts';
import { tlsMaterial } from './credentials.ts';
import {
  CEchoResponse,
  CStoreResponse,
  Dataset,
  PresentationContextResult,
  RejectReason,
  RejectResult,
  RejectSource,
  Scp,
  Status,
} from './dimse-library.ts';
import { PduGuard } from './pdu-guard.ts';
import { type StagedFile, Staging } from './staging.ts';
import { acceptableSyntax, isStorageClass } from './syntaxes.ts';
import type { ReceiverEvent } from './tasks.ts';

const VERIFICATION = '1.2.840.10008.1.1';
/** Of folders that are whole. What has another name when the application starts was cut off. */
export const WHOLE = '.whole';
const MOST_CONNECTIONS = 32;

interface Host {
  readonly aeTitle: string;
  readonly inbox: string;
  readonly isCaller: (aeTitle: string) => boolean;
  readonly tell: (event: ReceiverEvent) => void;
}

export interface Receiver {
  readonly port: number;
  /** Associations from a node that are open now. */
  openFrom(aeTitle: string): number;
  close(): Promise<void>;
}

/**
 * Listens until closed.
 * @throws Fault `peer-refused` where the port is taken or not allowed, `not-found` where a certificate is missing
 */
export async function openReceiver(settings: ReceiverSettings, host: Omit<Host, 'aeTitle'>): Promise<Receiver> {
  const associations = new Set<Incoming>();
  const greet = (socket: Socket) => {
    const incoming = new Incoming(socket, { ...host, aeTitle: settings.aeTitle });
    associations.add(incoming);
    socket.once('close', () => associations.delete(incoming));
  };
  const server = settings.tls ? createTlsServer(await serverTls(settings), greet) : createServer(greet);
  server.maxConnections = MOST_CONNECTIONS;
  // A handshake that fails is the caller's affair.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  const port = await listen(server, settings);
  return {
    port,
    openFrom: (aeTitle) => [...associations].filter((incoming) => incoming.caller === aeTitle).length,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const incoming of associations) incoming.socketOf().destroy();
      await closed;
    },
  };
}

/** With a CA, only callers that show a certificate of it are let in. */
async function serverTls(settings: ReceiverSettings) {
  if (settings.certFile === '' || settings.keyFile === '')
    throw new Fault('usage', 'Receiving over TLS needs a certificate and its key.');
  const material = await tlsMaterial(settings);
  return { ...material, requestCert: material.ca !== undefined, rejectUnauthorized: material.ca !== undefined };
}

async function listen(server: Server, { host, port }: ReceiverSettings): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Fault(
          'peer-refused',
          error.code === 'EADDRINUSE'
            ? `Port ${port} is taken by another program. Choose another for receiving, or close that program.`
            : `This computer does not let the application listen on ${host}, port ${port} (${error.code}).`,
          { cause: error },
        ),
      ),
    );
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

/** One association that a node opened. */
class Incoming extends Scp {
  caller = '';
  readonly #socket: Socket;
  readonly #host: Host;
  #staging: Staging | null = null;
  readonly #files = new Map<Writable, StagedFile>();
  #failure: Fault | null = null;

  constructor(socket: Socket, host: Host) {
    super(socket, { connectTimeout: SILENCE_MS, associationTimeout: 30_000, pduTimeout: SILENCE_MS });
    this.#socket = socket;
    this.#host = host;
    Object.assign(this, { connected: true, connectedTime: Date.now() }); // as the library's own server does
    const guard = new PduGuard();
    socket.prependListener('data', (bytes: Buffer) => {
      if (!guard.allows(bytes)) socket.destroy();
    });
    this.on('networkError', () => socket.destroy());
    this.on('close', () => this.#drop());
  }

  socketOf(): Socket {
    return this.#socket;
  }

  override associationRequested(requested: association.Association): void {
    const caller = requested.getCallingAeTitle().trim();
    const called = requested.getCalledAeTitle().trim();
    if (!this.#host.isCaller(caller))
      this.#reject(caller, RejectReason.CallingAeNotRecognized, 'It is not a configured node.');
    else if (called !== this.#host.aeTitle)
      this.#reject(caller, RejectReason.CalledAeNotRecognized, `It called ${called}.`);
    else {
      this.caller = caller;
      for (const { context } of requested.getPresentationContexts()) answer(context);
      this.sendAssociationAccept();
    }
  }

  #reject(caller: string, reason: number, sentence: string): void {
    const address = this.#socket.remoteAddress ?? '';
    this.#host.tell({ kind: 'refused', caller: caller.slice(0, 16), address, reason: sentence });
    this.sendAssociationReject(RejectResult.Permanent, RejectSource.ServiceUser, reason);
  }

  override cEchoRequest(request: requests.CEchoRequest, reply: (response: responses.CEchoResponse) => void): void {
    const response = CEchoResponse.fromRequest(request);
    response.setStatus(Status.Success);
    reply(response);
  }

  override createStoreWritableStream(
    context: association.PresentationContext,
    request: requests.CStoreRequest,
  ): Writable {
    this.#staging ??= new Staging(join(this.#host.inbox, randomUUID()));
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
    try {
      this.#failure = null;
      file?.complete();
    } catch (thrown) {
      this.#failure = Fault.from(thrown);
    }
    done(new Dataset());
  }

  override cStoreRequest(request: requests.CStoreRequest, reply: (response: responses.CStoreResponse) => void): void {
    const response = CStoreResponse.fromRequest(request);
    // PS3.4 table B.2-1: A700 is out of resources.
    response.setStatus(this.#failure === null ? Status.Success : 0xa700);
    reply(response);
  }

  /** The folder is given away before the release is confirmed, so that a sender who is told so can rely on it. */
  override associationReleaseRequested(): void {
    const staging = this.#staging;
    this.#staging = null;
    if (staging && staging.instances > 0) {
      const folder = `${staging.folder}${WHOLE}`;
      renameSync(staging.folder, folder);
      this.#host.tell({ kind: 'received', caller: this.caller, folder, instances: staging.instances });
    } else staging?.remove();
    this.sendAssociationReleaseResponse();
    this.#socket.end();
  }

  override abort(): void {
    this.#socket.destroy();
  }

  #drop(): void {
    for (const file of this.#files.values()) file.destroy();
    if (!this.#staging) return;
    this.#staging.remove();
    this.#host.tell({ kind: 'cut', caller: this.caller, instances: this.#staging.instances });
    this.#staging = null;
  }
}

function answer(context: association.PresentationContext): void {
  const sopClass = context.getAbstractSyntaxUid();
  const known = sopClass === VERIFICATION || isStorageClass(sopClass);
  const syntax = acceptableSyntax(context.getTransferSyntaxUids());
  if (!known) context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
  else if (syntax === undefined) context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
  else context.setResult(PresentationContextResult.Accept, syntax);
}
