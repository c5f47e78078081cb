/** What a calibration costs in time and memory, at the sizes of published CLIP models (random weights). */
import type { Preset } from '../../preload/contract/model.ts';
import { stepCount } from '../engine/schedule.ts';
import type { CalibrateInput, CalibrateProgress } from '../engine/tasks.ts';
import { Fault } from '../fault.ts';
import { methodSettingsOf } from '../services/calibration.ts';
import { wavyPictures } from './made-up.ts';
import { type PublishedSize, vitB16, vitL14, writeRandomPack } from './random-pack.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const SHOTS = 16;
const EPOCHS = 200;

export const calibrate: Suite = {
  does: 'presets parity and fast at ViT-B/16, k = 16, 400 steps; peak memory of calibrations at ViT-L/14',
  async run(context) {
    const { quick, models } = context;
    const wanted = ({ name }: PublishedSize) => models.length === 0 || models.includes(name);
    const rows: BenchRow[] = [];
    if (wanted(vitB16)) rows.push(...(await parityAgainstFast(context)));
    if (wanted(vitL14) && !quick) rows.push(...(await trainingMemory(vitL14, context)));
    return rows;
  },
};

/** `fast` is measured whole; `parity` over some steps, which all cost the same, and extrapolated. */
async function parityAgainstFast(context: BenchContext): Promise<readonly BenchRow[]> {
  const packFolder = await writeRandomPack(context.scratch, vitB16, context.job.signal);
  const steps = stepCount(SHOTS, EPOCHS);
  const parity = await timeSteps(inputOf(packFolder, 'parity'), context.quick ? 2 : 8, context);
  const rows: BenchRow[] = [
    figure(`${vitB16.name}: parity, one step`, parity.msPerStep, 'ms'),
    figure(`${vitB16.name}: parity, ${steps} steps`, (parity.msPerStep * steps) / 1000, 's', 'extrapolated'),
  ];
  if (context.quick) {
    const fast = await timeSteps(inputOf(packFolder, 'fast', 2), 4, context);
    return [...rows, figure(`${vitB16.name}: fast, one step`, fast.msPerStep, 'ms')];
  }
  for (const preset of ['fast', 'default'] as const) {
    const marks = await timeWhole(inputOf(packFolder, preset), context);
    rows.push(
      figure(
        `${vitB16.name}: ${preset}, looking at the images`,
        marks.features,
        's',
        'all anomalies through the tower',
      ),
      figure(`${vitB16.name}: ${preset}, training`, marks.training, 's', `${marks.steps} steps`),
      figure(`${vitB16.name}: ${preset}, threshold`, marks.evidence, 's', 'nothing held out: cross-fit'),
      figure(
        `${vitB16.name}: ${preset} of parity`,
        marks.total / ((parity.msPerStep * steps) / 1000),
        'ratio',
        'all of it',
      ),
      figure(
        `${vitB16.name}: ${preset} of parity, training with its images`,
        (marks.features + marks.training) / ((parity.msPerStep * steps) / 1000),
        'ratio',
        'what parity does too',
      ),
    );
  }
  return rows;
}

async function trainingMemory(size: PublishedSize, context: BenchContext): Promise<readonly BenchRow[]> {
  const packFolder = await writeRandomPack(context.scratch, size, context.job.signal);
  const rows: BenchRow[] = [];
  for (const preset of ['fast', 'default', 'parity'] as const) {
    context.tools.restartEngine();
    // Longer training takes no more memory; every phase has to be gone through, the evidence's too.
    const { steps } = await timeWhole({ ...inputOf(packFolder, preset), epochs: 2 }, context);
    const { peakRssMb } = await context.tools.engine.run('about', null);
    const note = `whole calibration, k = ${SHOTS}, ${steps} steps, with mapped weights`;
    rows.push(figure(`${size.name}: ${preset}, peak resident memory`, peakRssMb, 'MB', note));
  }
  return rows;
}

function inputOf(packFolder: string, preset: Preset, shots = SHOTS): CalibrateInput {
  return {
    packFolder,
    support: wavyPictures(shots, 256),
    heldOut: [],
    preset,
    method: methodSettingsOf(preset),
    seed: 1,
    provider: 'cpu',
    toleratedShare: 0.05,
    preprocessing: 'measurement',
  };
}

/** Mean of some training steps after the first; the calibration is then cancelled. */
async function timeSteps(
  input: CalibrateInput,
  steps: number,
  { tools, job }: BenchContext,
): Promise<{ readonly msPerStep: number }> {
  const enough = new AbortController();
  let first = { at: 0, done: 0 };
  let last = first;
  const onProgress = ({ phase, done }: CalibrateProgress) => {
    if (phase !== 'training' || done === 0) return;
    last = { at: performance.now(), done };
    if (first.done === 0) first = last;
    if (done >= first.done + steps) enough.abort();
  };
  const signal = AbortSignal.any([job.signal, enough.signal]);
  await tools.engine.run('calibrate', input, { signal, onProgress }).catch((thrown: unknown) => {
    if (Fault.from(thrown).code !== 'cancelled' || job.signal.aborted) throw thrown;
  });
  return { msPerStep: (last.at - first.at) / (last.done - first.done) };
}

/** Seconds of each phase of a whole calibration. */
async function timeWhole(input: CalibrateInput, { tools, job }: BenchContext) {
  const seconds = { features: 0, training: 0, evidence: 0 };
  const started = performance.now();
  let before = started;
  const onProgress = ({ phase, done, total }: CalibrateProgress) => {
    const now = performance.now();
    seconds[phase] += (now - before) / 1000;
    before = now;
    job.progress({ done, total, unit: 'steps', note: phase });
  };
  const { steps } = await tools.engine.run('calibrate', input, { signal: job.signal, onProgress });
  const ended = performance.now();
  return { ...seconds, evidence: seconds.evidence + (ended - before) / 1000, steps, total: (ended - started) / 1000 };
}
