import type { FaultCode, FaultRecord } from '../preload/contract/faults.ts';

/** The one error type that reaches a person: a code, one sentence that says what to do, and the file it is about. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly path: string | undefined;

  constructor(code: FaultCode, message: string, options: { path?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'Fault';
    this.code = code;
    this.path = options.path;
  }

  /** The plain form that crosses process borders. */
  toRecord(): FaultRecord {
    return { code: this.code, message: this.message, ...(this.path === undefined ? {} : { path: this.path }) };
  }

  static fromRecord(record: FaultRecord): Fault {
    return new Fault(record.code, record.message, record.path === undefined ? {} : { path: record.path });
  }

  /** Any thrown value as a Fault. Libraries throw strings and plain objects too; a full disk is named as such. */
  static from(thrown: unknown, context: { code?: FaultCode; path?: string } = {}): Fault {
    if (thrown instanceof Fault) return thrown;
    const systemCode = (thrown as { code?: unknown } | null)?.code;
    const path = context.path ?? (thrown as { path?: string } | null)?.path;
    const about = path === undefined ? {} : { path };
    if (systemCode === 'ENOSPC' || systemCode === 'SQLITE_FULL')
      return new Fault('disk-full', 'The disk is full. Free some space and try again; nothing stored was lost.', {
        ...about,
        cause: thrown,
      });
    if (systemCode === 'ENOENT')
      return new Fault('not-found', `There is no file or folder at ${path ?? 'the given path'}.`, {
        ...about,
        cause: thrown,
      });
    if ((thrown as { name?: unknown } | null)?.name === 'AbortError')
      return new Fault('cancelled', 'Cancelled.', { ...about, cause: thrown });
    const message = thrown instanceof Error ? thrown.message : String((thrown as { error?: unknown })?.error ?? thrown);
    return new Fault(context.code ?? 'internal', message, { ...about, cause: thrown });
  }
}

/** Throws the `cancelled` Fault once the signal has fired. Long loops call it each round. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Fault('cancelled', 'Cancelled.');
}

/** Exit status of the command line for a failure (../docs: the command-line contract). */
export function exitStatusOf(code: FaultCode): number {
  if (code === 'usage') return 2;
  if (code === 'cancelled') return 130;
  return code.startsWith('bad-') || code === 'unsupported' || code === 'not-found' ? 3 : 1;
}
