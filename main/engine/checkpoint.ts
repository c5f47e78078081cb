/**
 * Checkpoints of a calibration, so that one that was interrupted goes on where it was, with the same numbers.
 *
 * A calibration is a course of trainings, one after the other, all drawing from the same generators of random numbers.
 * What lies between them is computed anew from the seed; a training itself is put back to its last checkpoint, the
 * generators with it. So a resumed calibration gives the same profile bit for bit on a CPU.
 *
 * The file is a safetensors file: per training N the tensors `N.losses`, `N.P` for every parameter P, and while it goes
 * on `N.first_moment.P` and `N.second_moment.P`; the rest stands in its metadata.
 */
import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Random } from '../method/random.ts';
import { encodeSafetensors, openSafetensors, readSafetensors, type Tensor } from '../modelpack/safetensors.ts';
import type { Learner } from './learner.ts';
import type { TensorValue } from './sessions.ts';

/** Steps between two checkpoints: what a crash costs at most. */
export const CHECKPOINT_STEPS = 20;

const metadataSchema = z.object({
  version: z.literal(1),
  /** Of everything that the numbers depend on; a checkpoint of another calibration is never continued. */
  fingerprint: z.string(),
  trainings: z.array(
    z.object({
      steps: z.number(),
      /** Batches of the present epoch that are still to come. */
      pending: z.array(z.array(z.number())),
      generators: z.array(z.array(z.number())),
    }),
  ),
});

type Saved = z.infer<typeof metadataSchema>['trainings'][number] & {
  readonly losses: Float32Array;
  readonly tensors: ReadonlyMap<string, TensorValue>;
};

/** How far a training has come. */
export interface TrainingPosition {
  readonly losses: readonly number[];
  readonly pending: readonly (readonly number[])[];
}

/** The trainings of one calibration, in their order. */
export interface Journal {
  /** Begins the next training: puts the learner and the generators back where its last checkpoint left them. */
  enter(learner: Learner): TrainingPosition;
  /** Writes a checkpoint. `complete`: the training is over, so what only further steps need is left out. */
  save(learner: Learner, position: TrainingPosition, complete: boolean): Promise<void>;
}

/** @param path where checkpoints are written; without it nothing is kept */
export async function openJournal(
  path: string | undefined,
  fingerprint: string,
  generators: readonly Random[],
): Promise<Journal> {
  const trainings = path === undefined ? [] : await readCheckpoint(path, fingerprint);
  let current = -1;
  return {
    enter(learner) {
      const saved = trainings[++current];
      if (!saved) return { losses: [], pending: [] };
      learner.restore({ steps: saved.steps, tensors: saved.tensors });
      for (const [index, generator] of generators.entries()) generator.restoreState(saved.generators[index]!);
      return { losses: [...saved.losses], pending: saved.pending };
    },
    async save(learner, { losses, pending }, complete) {
      if (path === undefined) return;
      const { steps, tensors } = learner.state();
      trainings[current] = {
        steps,
        pending: pending.map((batch) => [...batch]),
        generators: generators.map((generator) => [...generator.saveState()]),
        losses: Float32Array.from(losses), // they came out of the network as float32
        tensors: complete ? new Map([...tensors].filter(([name]) => !name.includes('_moment.'))) : tensors,
      };
      trainings.length = current + 1;
      await writeCheckpoint(path, fingerprint, trainings);
    },
  };
}

/** Hash of everything in `input`, pictures included. */
export function fingerprintOf(input: unknown): string {
  const hash = createHash('sha256');
  const bytesByHash = (_key: string, value: unknown) =>
    value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value;
  return hash.update(JSON.stringify(input, bytesByHash)).digest('hex');
}

/** Steps that a checkpoint holds, over all its trainings; 0 where there is none that can be read. */
export async function checkpointedSteps(path: string): Promise<number> {
  const file = await openSafetensors(path).catch(() => null);
  const parsed = metadataSchema.safeParse(parseJson(file?.metadata.checkpoint));
  await file?.close();
  return parsed.success ? parsed.data.trainings.reduce((sum, { steps }) => sum + steps, 0) : 0;
}

/** What is missing, damaged or of another calibration is no checkpoint: the calibration then starts at its beginning. */
async function readCheckpoint(path: string, fingerprint: string): Promise<Saved[]> {
  const file = await readSafetensors(path).catch(() => null);
  const parsed = metadataSchema.safeParse(parseJson(file?.metadata.checkpoint));
  if (!file || !parsed.success || parsed.data.fingerprint !== fingerprint) return [];
  return parsed.data.trainings.map((training, index) => {
    const own = [...file.tensors].filter(([name]) => name.startsWith(`${index}.`));
    const tensors = new Map(
      own.map(([name, { shape, data }]) => [
        name.slice(`${index}.`.length),
        { dims: shape, data: data as Float32Array },
      ]),
    );
    const losses = tensors.get('losses')?.data ?? new Float32Array(0);
    tensors.delete('losses');
    return { ...training, losses, tensors };
  });
}

/** Whole or not at all. A disk that is full stops no calibration: it only could not be resumed. */
async function writeCheckpoint(path: string, fingerprint: string, trainings: readonly Saved[]): Promise<void> {
  const tensors = new Map<string, Tensor>();
  for (const [index, saved] of trainings.entries()) {
    tensors.set(`${index}.losses`, { dtype: 'F32', shape: [saved.losses.length], data: saved.losses });
    for (const [name, { dims, data }] of saved.tensors)
      tensors.set(`${index}.${name}`, { dtype: 'F32', shape: dims, data: data as Float32Array });
  }
  const metadata: z.infer<typeof metadataSchema> = {
    version: 1,
    fingerprint,
    trainings: trainings.map(({ steps, pending, generators }) => ({ steps, pending, generators })),
  };
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(encodeSafetensors(tensors, { checkpoint: JSON.stringify(metadata) }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch {
    await rm(unfinished, { force: true });
  }
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
