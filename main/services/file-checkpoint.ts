/**
 * Checkpoints of calibrations that have no name: those of the command line. They lie in the data folder under what they are
 * of, so that the same command goes on where it was broken off, by Ctrl-C or with its process.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointedSteps } from '../engine/checkpoint.ts';
import { Fault } from '../fault.ts';

export interface FileCheckpoints {
  /** The data folder's own for checkpoints. */
  readonly folder: string;
  /** Told how many steps are kept where the work did not end. */
  readonly onKept: (steps: number) => void;
}

const PREFIX = 'files-';
/** Nobody goes on with a calibration after so long, ms. */
const FORGOTTEN_AFTER = 30 * 24 * 60 * 60 * 1000;

/**
 * Does work that writes checkpoints to the path that it is given, and continues one that lies there.
 * @param of a hash of all that the work depends on
 * @throws what the work throws; `disk-full`
 */
export async function withFileCheckpoint<T>(
  { folder, onKept }: FileCheckpoints,
  of: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((thrown) => {
    throw Fault.from(thrown, { path: folder });
  });
  await removeForgotten(folder);
  const path = join(folder, `${PREFIX}${of}.safetensors`);
  try {
    const result = await work(path);
    // Also half a checkpoint, which a process that died has left.
    for (const name of await readdir(folder))
      if (name.startsWith(`${PREFIX}${of}`)) await rm(join(folder, name), { force: true });
    return result;
  } catch (thrown) {
    const steps = await checkpointedSteps(path);
    if (steps > 0) onKept(steps);
    throw thrown;
  }
}

async function removeForgotten(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(folder, name);
    const about = await stat(path).catch(() => null);
    if (about && Date.now() - about.mtimeMs > FORGOTTEN_AFTER) await rm(path, { force: true });
  }
}
