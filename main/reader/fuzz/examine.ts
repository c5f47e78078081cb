/** One mutated file, and all that the reader process does with a file from outside. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type IndexedFile, indexFile } from '../../imaging/index-file.ts';
import { Random } from '../../method/random.ts';
import type { TaskContext } from '../../process/tasks.ts';
import { readerHandlers } from '../handlers.ts';
import type { ExamineInput, Verdict } from './fuzz-tasks.ts';
import { mutate, type Seed } from './mutate.ts';
import { loadSeeds } from './seeds.ts';

let seeds: Promise<readonly Seed[]> | undefined;

/** The same index gives the same bytes, whatever came before it. */
export async function mutatedInput(
  input: Pick<ExamineInput, 'folder' | 'seed'>,
  index: number,
): Promise<{ name: string; bytes: Buffer }> {
  seeds ??= loadSeeds(input.folder);
  const all = await seeds;
  const random = new Random((input.seed * 0x9e3779b1 + index * 0x85ebca77) >>> 0);
  const seed = all[random.below(all.length)] as Seed;
  return { name: seed.name, bytes: mutate(seed, random) };
}

/** Reads one input in every way. Never throws. */
export async function examineOne(
  input: Pick<ExamineInput, 'folder' | 'seed' | 'scratch'>,
  index: number,
): Promise<Verdict> {
  const { name, bytes } = await mutatedInput(input, index);
  const folder = mkdtempSync(join(input.scratch, 'input-'));
  const path = join(folder, 'input');
  writeFileSync(path, bytes);
  try {
    return { index, name, ...(await readAll(path, folder)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const DEIDENTIFY = { key: Buffer.alloc(32, 7), dates: 'shifted', keepPatientCharacteristics: false } as const;
const context: TaskContext<never> = { signal: new AbortController().signal, progress: () => {} };

/** All that the reader does with a file of this kind: `read`, or the code of the first Fault; `untyped` counts most. */
async function readAll(path: string, scratch: string): Promise<Ending> {
  let indexed: IndexedFile | undefined;
  const index = await endingOf(async () => {
    indexed = await indexFile(path);
  });
  if (indexed === undefined) return index;
  const endings: Ending[] = [];
  for (const task of tasksFor(path, scratch, indexed)) endings.push(await endingOf(task));
  const ending =
    endings.find(({ outcome }) => outcome === 'untyped') ?? endings.find(({ outcome }) => outcome !== 'read') ?? READ;
  return { ...ending, wrapped: endings.find(({ wrapped }) => wrapped !== '')?.wrapped ?? '' };
}

type Ending = Pick<Verdict, 'outcome' | 'detail' | 'wrapped'>;
const READ: Ending = { outcome: 'read', detail: '', wrapped: '' };

function tasksFor(path: string, scratch: string, indexed: IndexedFile): readonly (() => unknown)[] {
  if (indexed.kind === 'zip' || indexed.kind === 'dicomdir') return [() => expandAndIndex(path, scratch)];
  const any = [
    () => readerHandlers.deidentify({ path, to: scratch, ...DEIDENTIFY }, context),
    () => readerHandlers.mediaEntry({ path }, context),
  ];
  if (indexed.kind !== 'image') return [...any, () => readerHandlers.resultFile({ path }, context)];
  const last = { path, frame: (indexed.header.image?.frames ?? 1) - 1 };
  return [
    ...any,
    () => readerHandlers.sourceAttributes({ path }, context),
    () => readerHandlers.pixels(last, context),
    () => readerHandlers.thumbnail({ ...last, side: 160 }, context),
  ];
}

async function expandAndIndex(path: string, scratch: string): Promise<void> {
  for (const file of await readerHandlers.expand({ path, scratch }, context))
    if (file.kind === 'file') await readerHandlers.index({ files: [{ path: file.path }] }, context);
}

async function endingOf(task: () => unknown): Promise<Ending> {
  try {
    await task();
    return READ;
  } catch (thrown) {
    const fault = thrown as { name?: string; code?: string; message?: string; stack?: string; cause?: unknown };
    const typed = fault?.name === 'Fault' && fault.code !== 'internal';
    return {
      outcome: typed ? String(fault.code) : 'untyped',
      detail: typed ? String(fault.message) : String(fault?.stack ?? thrown),
      wrapped: typed ? defectIn(fault.cause) : '',
    };
  }
}

/** The message and first place of a TypeError or RangeError; WebAssembly's own traps are the codecs' way to refuse. */
function defectIn(cause: unknown): string {
  if (!(cause instanceof TypeError || cause instanceof RangeError)) return '';
  const place = cause.stack?.split('\n').find((line) => /\.[cm]?[jt]s:\d/.test(line)) ?? '';
  return `${cause.name}: ${cause.message}${place.replace(/file:.*\/(?=main\/)/, '').replace(/\S*\/node_modules\//, 'node_modules/')}`;
}
