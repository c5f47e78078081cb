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
    if (systemCode === 'ENOSPC' || systemCode === 'EDQUOT' || systemCode === 'SQLITE_FULL')
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
    const refusal = REFUSALS[String(systemCode)];
    if (refusal !== undefined && thrown instanceof Error)
      return new Fault(context.code ?? 'not-allowed', refusal(path ?? 'the given path'), { ...about, cause: thrown });
    const message = thrown instanceof Error ? thrown.message : String((thrown as { error?: unknown })?.error ?? thrown);
    return new Fault(context.code ?? 'internal', message, { ...about, cause: thrown });
  }
}

/** What the operating system says no with, by its error codes: a sentence about the path. */
const REFUSALS: Readonly<Record<string, (path: string) => string>> = {
  EACCES: (path) => `This computer does not give access to ${path}. Ask for the right to it, or choose another place.`,
  EPERM: (path) => `This computer does not allow that with ${path}. Ask for the right to it, or choose another place.`,
  EROFS: (path) => `${path} is on a disk that can only be read. Choose another place.`,
  ELOOP: (path) => `The link ${path} leads in a circle. Choose what it was meant to lead to.`,
  ENAMETOOLONG: (path) => `The name ${path} is longer than this disk allows. Choose a shorter one.`,
  ENOTDIR: (path) => `${path} leads through a file as if it were a folder.`,
  EISDIR: (path) => `${path} is a folder, and a file is needed.`,
  EEXIST: (path) => `${path} is there already. Choose another name, or remove it.`,
  EBUSY: (path) => `Another program is using ${path}. Close that program and try again.`,
  EMFILE: () => 'Too many files are open on this computer. Close other programs and try again.',
  ENFILE: () => 'Too many files are open on this computer. Close other programs and try again.',
  EFBIG: (path) => `${path} would be larger than its disk allows. Choose another place.`,
  EIO: (path) => `The disk that holds ${path} cannot be read or written. Check the disk or the connection to it.`,
  ESTALE: (path) => `The connection to the disk that holds ${path} was lost. Connect it again.`,
  ENXIO: (path) => `${path} is no file that can be read.`,
};

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
