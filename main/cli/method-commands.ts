/** Calibrate, detect, evaluate and parity: on files, without the store. */
import { mkdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { mostShots, type Scope } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { evaluate } from '../services/evaluation.ts';
import { calibrateFiles, detectFiles, drawDetection } from '../services/files.ts';
import { modelFolder } from '../services/models.ts';
import { type Picture, type PictureSearch, withPictures } from '../services/pictures.ts';
import { writeWhole } from '../services/reports.ts';
import { misfit } from '../services/scope.ts';
import { dataFolder } from '../services/workstation.ts';
import type { Command, CommandContext, CommandOptions } from './command.ts';
import { methodOptions, methodSettingsOf, methodUsage } from './method-options.ts';

const PRESETS = ['parity', 'fast', 'default'] as const;
const PROVIDERS = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
const TOLERATED_SHARE = 0.05;

const string = { type: 'string' } as const;
const trainingOptions = {
  model: string,
  preset: string,
  provider: string,
  seed: string,
  shots: string,
  tolerated: string,
  ...methodOptions,
};

const presetOf = (options: CommandOptions) => options.oneOf('preset', PRESETS) ?? 'default';
const providerOf = (options: CommandOptions) => options.oneOf('provider', PROVIDERS) ?? 'auto';
const seedOf = (options: CommandOptions) => options.whole('seed', 0, 0xffffffff) ?? 0;
const toleratedOf = (options: CommandOptions) => options.share('tolerated') ?? TOLERATED_SHARE;

function searchOf({ host }: CommandContext): PictureSearch {
  return { signal: host.signal, onSkipped: (label, fault) => host.log(`Left out ${label}: ${fault.message}`) };
}

const calibrate: Command = {
  usage: `--model M --normals PATH --out PROFILE [--shots K] [--seed N] [--preset parity|fast|default] [--provider P] [--tolerated SHARE] ${methodUsage}`,
  does: 'few-shot calibration on K normal images drawn with the seed, or on all',
  options: { ...trainingOptions, normals: { type: 'string', multiple: true }, out: string },
  takes: [0, 0],
  async run(context) {
    const { options, tools, host, job } = context;
    const out = options.required('out');
    const modelName = options.required('model');
    const shots = options.whole('shots', 2, mostShots);
    if (options.texts('normals').length === 0) options.required('normals');
    const settings = {
      modelName,
      out,
      preset: presetOf(options),
      provider: providerOf(options),
      seed: seedOf(options),
      toleratedShare: toleratedOf(options),
      method: methodSettingsOf(options),
      ...(shots === undefined ? {} : { shots }),
      checkpoints: {
        folder: dataFolder(context.dataFolder).checkpoints,
        onKept: (steps: number) =>
          host.log(`${steps} steps are kept in the data folder: the same command goes on from there.`),
      },
    };
    await modelFolder(tools, modelName);
    const output = await withPictures(tools, options.texts('normals'), searchOf(context), (pictures) =>
      calibrateFiles(tools, pictures, settings, job),
    );
    const { steps, seconds, stepMs, lossTrace, threshold, thresholdFrom, peakRssMb } = output;
    const [lossFirst, lossLast] = [lossTrace[0], lossTrace.at(-1)];
    const training = { steps, seconds, stepMs, lossFirst, lossLast };
    const { provider, providerVersion } = output;
    const computing = { provider, providerVersion, peakRssMb };
    host.print(JSON.stringify({ profile: out, ...training, threshold, thresholdFrom, ...computing }));
    return undefined;
  },
};

const detect: Command = {
  usage: '--profile PROFILE PATH... [--overlays DIR] [--model M] [--provider P]',
  does: 'scores and maps; JSON lines',
  options: { profile: string, overlays: string, model: string, provider: string },
  takes: [1, Number.POSITIVE_INFINITY],
  async run(context) {
    const { options, tools, host, positionals, job } = context;
    const profilePath = options.required('profile');
    const overlays = options.text('overlays');
    const provider = providerOf(options);
    const modelName = options.text('model');
    if (overlays !== undefined)
      await mkdir(overlays, { recursive: true }).catch((thrown) => {
        throw Fault.from(thrown, { code: 'bad-file', path: overlays });
      });
    await withPictures(tools, positionals, searchOf(context), async (pictures) => {
      const settings = {
        profilePath,
        provider,
        ...(modelName === undefined ? {} : { modelName }),
      };
      const names = overlayNames(pictures);
      const outside: Scope[] = [];
      let scope: Scope | null = null;
      let done = 0;
      for await (const detection of detectFiles(tools, pictures, settings, host.signal)) {
        const { label, frame, score, pValue, flagged, ms, thresholdFrom, provider, providerVersion, fits } = detection;
        const found = {
          path: label,
          frame,
          score,
          pValue,
          flagged,
          ms,
          thresholdFrom,
          provider,
          providerVersion,
          fits,
        };
        host.print(JSON.stringify(found));
        ({ scope } = detection);
        if (fits === false) outside.push(detection.kind);
        if (overlays !== undefined)
          await writeWhole(
            join(overlays, names[done] ?? `${done}.png`),
            await drawDetection(tools, detection, host.signal),
          );
        done++;
        job.progress({ done, total: pictures.length, unit: 'images', note: '' });
      }
      if (scope && outside.length > 0) host.log(misfit(scope, outside, pictures.length));
    });
    return undefined;
  },
};

/** File names for overlays: those of the pictures, numbered where they would meet. */
function overlayNames(pictures: readonly Picture[]): readonly string[] {
  const taken = new Set<string>();
  return pictures.map(({ label, frame }) => {
    const stem = basename(label, extname(label)) + (frame > 0 ? `-${frame + 1}` : '');
    let name = stem;
    for (let number = 2; taken.has(name); number++) name = `${stem}-${number}`;
    taken.add(name);
    return `${name}.png`;
  });
}

const NO_NULL_BASELINE =
  'The null baseline was not measured, and without it these figures are no evidence: add --null-baseline to measure the same splits at random weights.';

const evaluateCommand: Command = {
  usage: `--model M --normal DIR --abnormal DIR --shots K --seeds S [--hold-out N] [--masks DIR] [--null-baseline] [--draw given|content] [--seed FIRST] [--preset P] [--provider P] [--tolerated SHARE] ${methodUsage}`,
  does: 'per seed: K normals calibrate, N others set the threshold, all that remain and all abnormals are the test',
  options: {
    ...trainingOptions,
    normal: string,
    abnormal: string,
    masks: string,
    seeds: string,
    'hold-out': string,
    draw: string,
    'null-baseline': { type: 'boolean' },
  },
  takes: [0, 0],
  async run(context) {
    const { options, tools, host, job } = context;
    const modelName = options.required('model');
    const paths = { normal: options.required('normal'), abnormal: options.required('abnormal') };
    const shots = options.whole('shots', 2, mostShots) ?? 16;
    const seeds = options.whole('seeds', 1, 1000) ?? 5;
    const settings = {
      holdOut: options.whole('hold-out', 0, 100_000) ?? 0,
      preset: presetOf(options),
      provider: providerOf(options),
      toleratedShare: toleratedOf(options),
      method: methodSettingsOf(options),
      draw: options.oneOf('draw', ['given', 'content']) ?? 'given',
    };
    const firstSeed = seedOf(options);
    const search = searchOf(context);
    await modelFolder(tools, modelName);
    const evaluation = await withPictures(tools, [paths.normal], search, (normal) =>
      withPictures(tools, [paths.abnormal], search, (abnormal) => {
        const nullBaseline = options.flag('null-baseline');
        const request = { modelName, ...settings, shots, seeds, firstSeed, normal, abnormal, nullBaseline };
        const masks = options.text('masks');
        if (masks === undefined) return evaluate(tools, request, job);
        return withPictures(tools, [masks], search, (found) => evaluate(tools, { ...request, masks: found }, job));
      }),
    );
    if (evaluation.nullBaseline) host.print(JSON.stringify(evaluation));
    else {
      host.print(JSON.stringify({ ...evaluation, note: NO_NULL_BASELINE }));
      host.log(NO_NULL_BASELINE);
    }
    return undefined;
  },
};

const parity: Command = {
  usage: 'CASE [--format hf|open_clip|openai] [--precision float32|float64]',
  does: 'compares forward pass, gradients and 100 training steps with the recorded numbers of a case',
  options: { format: string, precision: string },
  takes: [1, 1],
  async run({ options, tools, host, positionals, job }) {
    const output = await tools.engine.run(
      'parity',
      {
        caseFolder: positionals[0] ?? '',
        format: options.oneOf('format', ['hf', 'open_clip', 'openai']) ?? 'hf',
        precision: options.oneOf('precision', ['float32', 'float64']) ?? 'float32',
      },
      {
        signal: host.signal,
        onProgress: ({ step }) => job.progress({ done: step, total: 100, unit: 'steps', note: '' }),
      },
    );
    host.print(JSON.stringify(output));
    return undefined;
  },
};

export const methodCommands: Readonly<Record<string, Command>> = {
  calibrate,
  detect,
  evaluate: evaluateCommand,
  parity,
};
