/** The tasks of the network process, the only one that opens sockets. */
import type { FaultRecord } from '../../preload/contract/faults.ts';
import type { DimseNode, PacsNode, ReceiverSettings, StudyMatches, StudyQuery } from '../../preload/contract/pacs.ts';
import type { StoredFile } from '../seal/sealed-file.ts';

export interface RetrieveInput {
  readonly node: PacsNode;
  readonly studyInstanceUid: string;
  /** An empty folder; it holds whole DICOM files afterwards, and is to be thrown away where the task fails. */
  readonly folder: string;
  /** Where the node's C-MOVE arrives; not needed for the other ways. */
  readonly receiver: ReceiverSettings;
}

/** What happened at the receiver, as it happens. */
export type ReceiverEvent =
  | { readonly kind: 'listening'; readonly port: number }
  /** An association ended in order: the folder is whole, and its reader's to import and remove. */
  | { readonly kind: 'received'; readonly caller: string; readonly folder: string; readonly instances: number }
  /** An association ended without release: what it brought is thrown away. */
  | { readonly kind: 'cut'; readonly caller: string; readonly instances: number }
  | { readonly kind: 'refused'; readonly caller: string; readonly address: string; readonly reason: string };

export interface FileToSend extends StoredFile {
  readonly id: string;
}

/** `fault` is null where the node took the file. */
export interface SendResult {
  readonly id: string;
  readonly fault: FaultRecord | null;
}

export interface TransferProgress {
  readonly done: number;
  /** 0 while unknown. */
  readonly total: number;
}

export interface NetworkTasks {
  /** C-ECHO, or the smallest possible QIDO-RS query. Milliseconds until the answer. */
  echo: { input: { readonly node: PacsNode }; progress: never; output: { readonly ms: number } };
  find: {
    input: { readonly node: PacsNode; readonly query: StudyQuery; readonly limit: number };
    progress: never;
    output: StudyMatches;
  };
  retrieve: { input: RetrieveInput; progress: TransferProgress; output: { readonly instances: number } };
  /** Tells of each file as progress; files that are missing there were not tried. */
  send: {
    input: { readonly node: PacsNode; readonly files: readonly FileToSend[] };
    progress: SendResult;
    output: null;
  };
  /** Listens until it is cancelled. */
  receive: {
    input: { readonly settings: ReceiverSettings; readonly callers: readonly DimseNode[]; readonly inbox: string };
    progress: ReceiverEvent;
    output: null;
  };
}
