/** The first half of an import: what each file says of itself, read in batches by the reader process. */
import { Fault, throwIfCancelled } from '../fault.ts';
import type { InstanceHeader } from '../imaging/header.ts';
import type { CollectedFile } from '../imaging/sources.ts';
import type { Indexed } from '../reader/tasks.ts';
import { readFile } from './reading.ts';
import type { Tools } from './workstation.ts';

export type FoundFile = Extract<CollectedFile, { kind: 'file' }> & {
  /** Where it stands on its own or below a folder; a container inside a container is not opened. */
  readonly from: 'path' | 'folder' | 'container';
};

/** A file with what it turned out to be. */
export type ReadFile = { readonly file: FoundFile } & (
  | { readonly kind: 'image'; readonly header: InstanceHeader }
  | { readonly kind: 'zip' | 'dicomdir' | 'result' }
  | { readonly kind: 'failed'; readonly fault: Fault }
);

/** Files of one message to the reader: enough that messages cost nothing, few enough that progress moves. */
const BATCH = 64;

/**
 * Reads the files in their order, a batch ahead of whoever takes them. A file that stops the reader or takes too long
 * is found by reading its batch again one by one.
 * @param files may grow while it is read: what is added is read as well.
 * @throws Fault `cancelled`
 */
export async function* readInBatches(
  tools: Pick<Tools, 'reader'>,
  files: readonly FoundFile[],
  signal: AbortSignal,
): AsyncGenerator<readonly ReadFile[], void, undefined> {
  let begun = 0;
  const beginNext = (): Promise<readonly ReadFile[]> | null => {
    const batch = files.slice(begun, begun + BATCH);
    begun += batch.length;
    if (batch.length === 0) return null;
    const reading = readBatch(tools, batch, signal);
    reading.catch(() => {}); // awaited in the next round; must not count as unhandled meanwhile
    return reading;
  };
  let reading = beginNext();
  while (reading) {
    const read = await reading;
    reading = beginNext();
    yield read;
    reading ??= beginNext(); // what was added meanwhile
  }
}

async function readBatch(
  tools: Pick<Tools, 'reader'>,
  batch: readonly FoundFile[],
  signal: AbortSignal,
): Promise<readonly ReadFile[]> {
  const input = { files: batch.map(({ path, name, group }) => ({ path, origin: { name, group } })) };
  try {
    const outcomes = await readFile(tools, 'index', input, signal);
    return batch.map((file, i) => readFileOf(file, outcomes[i] as Indexed));
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code === 'cancelled') throw fault;
    if (batch.length === 1) return batch.map((file) => ({ file, kind: 'failed', fault }));
    const one: ReadFile[] = [];
    for (const file of batch) {
      throwIfCancelled(signal);
      one.push(...(await readBatch(tools, [file], signal)));
    }
    return one;
  }
}

function readFileOf(file: FoundFile, indexed: Indexed): ReadFile {
  return indexed.kind === 'failed'
    ? { file, kind: 'failed', fault: Fault.fromRecord(indexed.fault) }
    : { file, ...indexed };
}
