/** One HTTP request to a DICOMweb node. Redirections are not followed: they could lead to where nobody configured. */
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DicomwebNode } from '../../preload/contract/pacs.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { authorization, tlsMaterial } from './credentials.ts';
import { connectionFault, refused, unreachable } from './peer-faults.ts';

const SILENCE_MS = 120_000;
/** Of a JSON answer. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** After the service's address, with a leading slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Readable;
}

/**
 * Sends a request and hands over the answer once its headers are there and are no refusal.
 * @throws Fault `peer-unreachable`, `peer-refused`, `not-found` (404), `cancelled`, or the reader's own
 */
export async function withResponse<T>(
  node: DicomwebNode,
  { method, path, headers, body }: HttpRequest,
  signal: AbortSignal,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  throwIfCancelled(signal);
  const url = node.url.replace(/\/+$/, '') + path;
  const secure = url.startsWith('https:');
  const credentials = await authorization(node.auth);
  const options: RequestOptions = {
    method,
    signal,
    headers: { ...headers, ...(credentials === null ? {} : { Authorization: credentials }) },
    timeout: SILENCE_MS,
  };
  try {
    const outgoing = secure ? requestTls(url, { ...options, ...(await tlsMaterial(node)) }) : request(url, options);
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' })));
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
    });
    // An answer may come before all is sent, and is then the better explanation.
    if (body) pipeline(body, outgoing).catch(() => {});
    else outgoing.end();
    const response = await answered;
    try {
      await requireSuccess(node, response);
      return await read(response);
    } finally {
      response.destroy();
    }
  } catch (thrown) {
    if (signal.aborted) throw new Fault('cancelled', 'Cancelled.', { cause: thrown });
    throw connectionFault(node.name, thrown);
  }
}

async function requireSuccess(node: DicomwebNode, response: IncomingMessage): Promise<void> {
  const status = response.statusCode ?? 0;
  // 409 of STOW-RS comes with an explanation that its caller reads.
  if ((status >= 200 && status < 300) || status === 409) return;
  if (status === 401 || status === 403)
    throw refused(node.name, `does not let this workstation in (HTTP ${status}). Check its credentials.`);
  if (status === 404) throw new Fault('not-found', `${node.name} has nothing there (HTTP 404).`);
  if (status >= 300 && status < 400)
    throw refused(node.name, `points elsewhere (HTTP ${status}), which is not followed.`);
  if (status >= 500 || status === 429) throw unreachable(node.name, `cannot answer right now (HTTP ${status}).`);
  throw refused(node.name, `refuses the request (HTTP ${status}).`);
}

/** The JSON of an answer; an empty list where there is no content. @throws Fault `peer-refused` where it is none */
export async function readJson(node: DicomwebNode, response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) throw refused(node.name, 'answers with more than can be read. Ask for less.');
    chunks.push(chunk);
  }
  if (length === 0) return [];
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (thrown) {
    throw refused(node.name, 'does not answer in DICOM JSON. Check the address of its DICOMweb service.', thrown);
  }
}
