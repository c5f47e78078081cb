/** Pictures from files that are not in the store: what the command line calibrates on, detects in and evaluates. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, throwIfCancelled } from '../fault.ts';
import { collectFiles } from '../imaging/sources.ts';
import type { FrameSource } from '../reader/tasks.ts';
import type { Drawable } from './draw.ts';
import { readFile } from './reading.ts';
import type { Tools } from './workstation.ts';

export interface Picture extends FrameSource, Drawable {
  /** The path as a person knows it; for a member of a zip archive the archive's and its own. */
  readonly label: string;
}

export interface PictureSearch {
  readonly signal: AbortSignal;
  /** Told of every file in a folder that is no picture. */
  readonly onSkipped: (label: string, fault: Fault) => void;
}

/**
 * All frames behind the paths, while `work` runs; what came out of archives is gone afterwards. Files in folders that
 * are no pictures are left out.
 * @throws Fault what is wrong with a file that was named itself; `bad-file` where there is no picture; `cancelled`
 */
export async function withPictures<T>(
  tools: Pick<Tools, 'reader'>,
  paths: readonly string[],
  search: PictureSearch,
  work: (pictures: readonly Picture[]) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'mediclip-pictures-'));
  try {
    return await work(await findPictures(tools, paths, scratch, search));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function findPictures(
  tools: Pick<Tools, 'reader'>,
  paths: readonly string[],
  scratch: string,
  { signal, onSkipped }: PictureSearch,
): Promise<readonly Picture[]> {
  const pictures: Picture[] = [];
  const leaveOut = (label: string, fault: Fault) => {
    if (fault.code === 'cancelled') throw fault;
    if (paths.includes(label)) throw new Fault(fault.code, fault.message, { path: label, cause: fault });
    onSkipped(label, fault);
  };
  for await (const file of collectFiles(paths, { scratch, signal })) {
    throwIfCancelled(signal);
    if (file.kind === 'skipped') {
      leaveOut(file.label, file.fault);
      continue;
    }
    try {
      const { image, instance, patient, source } = await readFile(tools, 'inspect', { path: file.path }, signal);
      // As in the store: a photograph names no patient.
      const owner = source === 'photo' ? instance.uid : JSON.stringify([patient.id, patient.name, patient.birthDate]);
      for (let frame = 0; frame < (image?.frames ?? 0); frame++)
        pictures.push({ path: file.path, label: file.label, frame, owner, key: `${instance.uid}/${frame}` });
    } catch (thrown) {
      leaveOut(file.label, Fault.from(thrown));
    }
  }
  if (pictures.length === 0)
    throw new Fault('bad-file', 'There is no image here that can be read.', { path: paths[0] ?? '' });
  return pictures;
}
