/**
 * What window and main process say about the network: nodes, queries, transfers. Nothing here leads to a connection before
 * a person has configured a node.
 */
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[\w.-]{1,40}$/, 'A node is named with letters, digits, dots, dashes and underscores, 40 at most.');
/** PS3.5, VR AE: at most 16 characters; blanks and case matter to some, so neither is changed. */
const aeTitle = z
  .string()
  .regex(/^(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )$/, 'An AE title has 1 to 16 plain characters and no backslash.');
const host = z.string().regex(/^[\w.:-]{1,253}$/, 'A host is a name or an address.');
const port = z.int().min(1).max(65_535);
/** Absolute path of a PEM file; empty where there is none. */
const pemFile = z.string().max(4096);
const tlsFiles = { caFile: pemFile, certFile: pemFile, keyFile: pemFile };

const dimseNodeSchema = z.strictObject({
  kind: z.literal('dimse'),
  name,
  host,
  port,
  /** The node's own title: what is called, and from whom pushes are taken. */
  aeTitle,
  /** The title under which this workstation calls. */
  callingAeTitle: aeTitle,
  /** C-GET needs nothing of the node; for C-MOVE the node must know this workstation, and receiving must be on. */
  retrieve: z.enum(['get', 'move']),
  tls: z.boolean(),
  ...tlsFiles,
});

const dicomwebNodeSchema = z.strictObject({
  kind: z.literal('dicomweb'),
  name,
  /** Of the service: what stands before `/studies`. */
  url: z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[^\s@?#]+$/, 'The address starts with http:// or https:// and holds no password.'),
  /**
   * Where credentials are, never the credentials: `env:NAME` or `file:/path`. What lies there is `user:password`, or
   * `Bearer token`. Empty for none.
   */
  auth: z
    .string()
    .max(4096)
    .regex(/^(|env:\w+|file:.+)$/, 'Credentials are named by env:NAME or file:/path, and never stored here.'),
  ...tlsFiles,
});

export const pacsNodeSchema = z.discriminatedUnion('kind', [dimseNodeSchema, dicomwebNodeSchema]);
export type PacsNode = z.infer<typeof pacsNodeSchema>;

export type SendState =
  | 'waiting' // for its turn or its next try
  | 'sending'
  | 'sent'
  | 'failed'; // given up: refused, or tried too often; a person may try again

/** One object on its way to a node. */
export interface SendEntry {
  readonly id: string;
  readonly node: string;
  /** What it is, for people: a file's name. */
  readonly label: string;
  readonly sopInstanceUid: string;
  readonly bytes: number;
  readonly state: SendState;
  readonly attempts: number;
  /** ISO 8601. */
  readonly queuedAt: string;
  readonly nextTryAt: string;
  readonly sentAt: string | null;
  readonly lastError: string;
}
