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
export type DimseNode = z.infer<typeof dimseNodeSchema>;

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
export type DicomwebNode = z.infer<typeof dicomwebNodeSchema>;

export const pacsNodeSchema = z.discriminatedUnion('kind', [dimseNodeSchema, dicomwebNodeSchema]);
export type PacsNode = z.infer<typeof pacsNodeSchema>;

/** How modalities and nodes reach this workstation (C-STORE SCP). Only configured nodes may. */
export const receiverSchema = z.strictObject({
  enabled: z.boolean(),
  aeTitle,
  /** The address to listen on: 0.0.0.0 is every interface, 127.0.0.1 this computer alone. */
  host,
  port,
  tls: z.boolean(),
  ...tlsFiles,
});
export type ReceiverSettings = z.infer<typeof receiverSchema>;

const key = z.string().max(64);
/** Empty fields match everything; `*` and `?` are wildcards; dates are DA or a range `20260101-20260131`. */
export const studyQuerySchema = z.strictObject({
  patientName: key,
  patientId: key,
  accessionNumber: key,
  studyDate: z.string().regex(/^(|\d{8}|\d{8}-|-\d{8}|\d{8}-\d{8})$/, 'A date is YYYYMMDD or a range of two.'),
  modality: key,
  studyInstanceUid: key,
});
export type StudyQuery = z.infer<typeof studyQuerySchema>;

/** The receiver as it is configured, and what it does now. */
export interface ReceiverState {
  readonly settings: ReceiverSettings;
  readonly state: 'off' | 'listening' | 'failed';
  /** Why it does not listen although it should. */
  readonly message: string;
}

/** A study that a node told of. Empty or null where it did not say. */
export interface RemoteStudy {
  readonly studyInstanceUid: string;
  readonly patientName: string;
  readonly patientId: string;
  readonly patientBirthDate: string;
  readonly patientSex: string;
  readonly studyDate: string;
  readonly studyTime: string;
  readonly studyDescription: string;
  readonly accessionNumber: string;
  readonly modalities: readonly string[];
  readonly seriesCount: number | null;
  readonly instanceCount: number | null;
}

export interface StudyMatches {
  readonly studies: readonly RemoteStudy[];
  /** There were more than are shown. */
  readonly truncated: boolean;
}

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

/** What a node has yet to be given because an addendum replaced, or took back, results that it has. */
export interface OwedReplacement {
  readonly studyInstanceUid: string;
  /** It may not be configured any more. */
  readonly node: string;
  /** Of the results that it has. */
  readonly formats: readonly string[];
  /** ISO 8601. */
  readonly owedSince: string;
  readonly nextTryAt: string;
  readonly lastError: string;
}

const id = z.string().min(1).max(64);

/** Arguments of the calls about the network. */
export const networkCallArguments = {
  'network.nodes': z.tuple([]),
  /** Adds a node, or changes the one of that name. */
  'network.saveNode': z.tuple([pacsNodeSchema]),
  'network.removeNode': z.tuple([name]),
  'network.testNode': z.tuple([name]),
  'network.find': z.tuple([name, studyQuerySchema]),
  'network.retrieve': z.tuple([
    z.strictObject({ node: name, studyInstanceUid: id, title: z.string().min(1).max(200) }),
  ]),
  'network.receiver': z.tuple([]),
  'network.saveReceiver': z.tuple([receiverSchema]),
  'network.queue': z.tuple([]),
  'network.owed': z.tuple([]),
  /** Tries at once what is owed. */
  'network.replaceNow': z.tuple([]),
  'network.forgetOwed': z.tuple([z.strictObject({ node: name, studyInstanceUid: id })]),
  'network.sendStudy': z.tuple([z.strictObject({ node: name, studyInstanceUid: id })]),
  'network.sendAgain': z.tuple([id]),
  'network.takeFromQueue': z.tuple([id]),
} as const;

export interface NetworkCallResults {
  'network.nodes': readonly PacsNode[];
  'network.saveNode': PacsNode;
  'network.removeNode': void;
  /** How long the node took to answer. */
  'network.testNode': { readonly ms: number };
  'network.find': StudyMatches;
  'network.retrieve': string;
  'network.receiver': ReceiverState;
  'network.saveReceiver': ReceiverState;
  'network.queue': readonly SendEntry[];
  'network.owed': readonly OwedReplacement[];
  'network.replaceNow': void;
  'network.forgetOwed': void;
  /** How many objects were queued. */
  'network.sendStudy': number;
  'network.sendAgain': void;
  'network.takeFromQueue': void;
}
