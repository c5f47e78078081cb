/** One mutated file, and all that the reader process does with a file from outside. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Index, expand, show and prepare for the network: `read`, or the code of the Fault that ended it. */
async function readAll(path: string, scratch: string): Promise<Pick<Verdict, 'outcome' | 'detail'>> {
  try {
    const [indexed] = await readerHandlers.index({ files: [{ path }] }, context);
    if (indexed?.kind === 'failed') return { outcome: indexed.fault.code, detail: indexed.fault.message };
    if (indexed?.kind !== 'image') {
      const files = await readerHandlers.expand({ path, scratch }, context);
      for (const file of files)
        if (file.kind === 'file') await readerHandlers.index({ files: [{ path: file.path }] }, context);
      return { outcome: 'read', detail: '' };
    }
    await readerHandlers.deidentify({ path, to: scratch, ...DEIDENTIFY }, context);
    const last = { path, frame: (indexed.header.image?.frames ?? 1) - 1 };
    await readerHandlers.pixels(last, context);
    await readerHandlers.thumbnail({ ...last, side: 160 }, context);
    return { outcome: 'read', detail: '' };
  } catch (thrown) {
    const fault = thrown as { name?: string; code?: string; message?: string; stack?: string };
    const typed = fault?.name === 'Fault' && fault.code !== 'internal';
    return {
      outcome: typed ? String(fault.code) : 'untyped',
      detail: typed ? String(fault.message) : String(fault?.stack ?? thrown),
    };
  }
}
