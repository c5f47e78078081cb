/** The trainings of one calibration: prompts and adapters on the whole support set, adapters alone on parts of it. */
import { Fault, throwIfCancelled } from '../fault.ts';
import type { Random } from '../method/random.ts';
import type { MethodSettings } from '../method/settings.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import type { DrawSamples } from './anomalies.ts';
import { CHECKPOINT_STEPS, type Journal } from './checkpoint.ts';
import { type Batch, type Learner, startLearner } from './learner.ts';
import type { Networks } from './networks.ts';
import type { ProfileTensor } from './profile.ts';
import { epochBatches, type Schedule, stepCount, TRAINING_BATCH } from './schedule.ts';
import type { TapCache } from './taps.ts';
import type { CalibrateProgress } from './tasks.ts';

export interface CalibrateContext {
  readonly signal: AbortSignal;
  readonly progress: (value: CalibrateProgress) => void;
  readonly cache: TapCache;
}

/** What every training of one calibration shares. */
export interface Course {
  readonly networks: Networks;
  readonly method: MethodSettings;
  readonly schedule: Schedule;
  readonly draw: DrawSamples;
  /** Anomalies in pictures as they are judged: what the kinds of evidence are weighed on. */
  readonly judged: DrawSamples;
  readonly random: Random;
  readonly context: CalibrateContext;
  readonly journal: Journal;
}

export interface Trained {
  readonly tensors: ReadonlyMap<string, ProfileTensor>;
  readonly losses: readonly number[];
}

export async function trainPromptsAndAdapters(count: number, course: Course): Promise<Trained> {
  const { networks, method, schedule, draw, random } = course;
  const { session, prompts, rest } = await networks.training(method);
  const options = { architecture: networks.architecture, taps: networks.taps, prompts };
  const learner = startLearner({
    prompts: { session, every: schedule.promptEvery },
    adapters: networks.adapterTraining,
    taps: networks.taps,
    side: networks.side,
    parameters: trainableParameters(options),
    initial: initialParameters(options, random),
  });
  const members = Array.from({ length: count }, (_, i) => i);
  const losses = await train(learner, members, course, 'training');
  const textFeatures = await learner.textFeatures(await draw([0]));
  await rest();
  const tensors = new Map<string, ProfileTensor>();
  for (const [name, value] of learner.parameters()) tensors.set(name, asProfileTensor(value));
  tensors.set('text.features', asProfileTensor(textFeatures));
  return { tensors, losses };
}

/** Trains on the given members, from the last checkpoint where there is one. @returns the loss of every step */
export async function train(
  learner: Learner,
  members: readonly number[],
  { schedule: { epochs }, draw, random, context: { signal, progress }, journal }: Course,
  phase: CalibrateProgress['phase'],
  batchSize = TRAINING_BATCH,
): Promise<number[]> {
  const total = stepCount(members.length, epochs, batchSize);
  const position = journal.enter(learner);
  const losses = [...position.losses];
  const pending = [...position.pending]; // batches of the present epoch
  progress({ phase, done: losses.length, total, losses: [...losses], firstStep: 0 });
  while (losses.length < total) {
    throwIfCancelled(signal);
    const firstStep = losses.length;
    const untilCheckpoint = CHECKPOINT_STEPS - (firstStep % CHECKPOINT_STEPS);
    const batches: Batch[] = [];
    while (batches.length < Math.min(learner.ahead, untilCheckpoint, total - firstStep)) {
      if (pending.length === 0) pending.push(...epochBatches(members.length, batchSize, random));
      batches.push(await draw(pending.shift()!.map((position) => members[position]!)));
    }
    const fresh = await learner.steps(batches);
    if (!fresh.every(Number.isFinite))
      throw new Fault('provider-failed', 'Training diverged: the loss is no longer a number. Try another provider.');
    losses.push(...fresh);
    progress({ phase, done: losses.length, total, losses: fresh, firstStep });
    const complete = losses.length === total;
    if (complete || losses.length % CHECKPOINT_STEPS === 0) await journal.save(learner, { losses, pending }, complete);
  }
  return losses;
}

function asProfileTensor({ dims, data }: { readonly dims: readonly number[]; readonly data: unknown }): ProfileTensor {
  return { shape: dims, data: data as Float32Array };
}
