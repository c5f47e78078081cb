/**
 * The first half of an import: which files there are, and what each says of itself, read in batches by the reader process,
 * which also opens archives and the index of a disc. Here no file is parsed.
 */
import { Fault, throwIfCancelled } from '../fault.ts';
import type { InstanceHeader } from '../imaging/header.ts';
import { type CollectedFile, listFiles } from '../imaging/sources.ts';
import type { Indexed } from '../reader/tasks.ts';
import { readFile, runWhileItMoves } from './reading.ts';
import type { Tools } from './workstation.ts';

export type FoundFile = Extract<CollectedFile, { kind: 'file' }> & {
  /** Where it stands on its own or below a folder; a container inside a container is not opened. */
  readonly from: 'path' | 'folder' | 'container';
};

/** A file with what it turned out to be. */
export type ReadFile = { readonly file: FoundFile } & (
  | { readonly kind: 'image'; readonly header: InstanceHeader }
  | { readonly kind: 'zip' | 'dicomdir' }
  | { readonly kind: 'result' }
  | { readonly kind: 'failed'; readonly fault: Fault }
);

/** A file that is left out, by what a person calls it, and why. */
export type OnLeftOut = (label: string, fault: Fault) => void;

/**
 * Everything behind the paths, unopened.
 * @throws Fault `cancelled`
 */
export async function findFiles(
  paths: readonly string[],
  signal: AbortSignal,
  onLeftOut: OnLeftOut,
  onFound: (count: number) => void = () => {},
): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  for await (const file of listFiles(paths, signal)) {
    if (file.kind === 'skipped') onLeftOut(file.label, file.fault);
    else files.push({ ...file, from: file.chosen ? 'path' : 'folder' });
    onFound(files.length);
  }
  return files;
}

/**
 * Adds what a zip archive or DICOMDIR holds to `files`. The index of a disc that lies in a folder or an archive is passed
 * over: all of that is read, since many discs list less than they carry.
 * @param scratch folder for what comes out of archives
 * @throws Fault `cancelled`, `disk-full`
 */
export async function openContainer(
  tools: Pick<Tools, 'reader'>,
  { file, kind }: ReadFile & { readonly kind: 'zip' | 'dicomdir' },
  { scratch, files }: { readonly scratch: string; readonly files: FoundFile[] },
  signal: AbortSignal,
  onLeftOut: OnLeftOut,
): Promise<void> {
  if (kind === 'dicomdir' && file.from !== 'path') return;
  try {
    if (file.from === 'container')
      throw new Fault('bad-file', 'This zip archive lies inside another. Unpack the outer one first.');
    for (const one of await runWhileItMoves(tools, 'expand', { path: file.path, scratch }, signal))
      if (one.kind === 'file') files.push({ ...one, from: 'container' });
      else onLeftOut(one.label, Fault.fromRecord(one.fault));
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code === 'cancelled' || fault.code === 'disk-full') throw fault;
    onLeftOut(file.label, fault);
  }
}

/** Files of one message to the reader: enough that messages cost nothing, few enough that progress moves. */
const BATCH = 64;
/** Where a batch is read as quickly as this, the next one is twice as large: each costs a transaction of the database. */
const QUICK_MS = 250;
const LARGEST_BATCH = 512;

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
  let size = BATCH;
  const beginNext = (): Promise<readonly ReadFile[]> | null => {
    const batch = files.slice(begun, begun + size);
    begun += batch.length;
    if (batch.length === 0) return null;
    const started = performance.now();
    const reading = readBatch(tools, batch, signal).then((read) => {
      size = performance.now() - started < QUICK_MS ? Math.min(2 * size, LARGEST_BATCH) : BATCH;
      return read;
    });
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
