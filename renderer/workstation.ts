/** The window's only door to the main process. */
import type { FaultCode, FaultRecord } from '../preload/contract/faults.ts';
import type {
  CallArguments,
  CallName,
  CallResults,
  Events,
  WorkstationBridge,
} from '../preload/contract/workstation.ts';
import { translated } from './language/main-words.ts';

declare global {
  interface Window {
    readonly workstation: WorkstationBridge;
  }
}

/** A failure that main reported: its message is the sentence that a person reads, in the window's language. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
  readonly code: FaultCode;
  readonly path: string | undefined;

  constructor(fault: FaultRecord) {
    super(translated(fault.message));
    this.code = fault.code;
    this.path = fault.path;
  }
}

/** Calls main by name. Throws FaultError where main answers with a fault. */
export async function call<Name extends CallName>(
  name: Name,
  ...args: CallArguments<Name>
): Promise<CallResults[Name]> {
  const outcome = await window.workstation.call(name, ...args);
  if (!outcome.ok) throw new FaultError(outcome.fault);
  return outcome.value;
}

/** Listens to main; returns its own unregister function. */
export function on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
  return window.workstation.on(name, listener);
}

/** Paths on disk of what was dropped onto the window. */
export function droppedPaths(transfer: DataTransfer): string[] {
  return [...transfer.files].map((file) => window.workstation.pathOfDroppedFile(file)).filter((path) => path !== '');
}
