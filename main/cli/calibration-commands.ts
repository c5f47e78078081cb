/** Stored calibrations, and their way to another workstation of the site. */
import { reportLanguages } from '../../preload/contract/model.ts';
import { exportCalibration, importCalibration, ownFingerprint } from '../services/calibration-transfer.ts';
import { exportEvaluationCard } from '../services/evaluation-card.ts';
import { listAllCalibrations } from '../services/profiles.ts';
import type { Command } from './command.ts';

const calibrationsList: Command = {
  usage: '',
  does: 'the stored calibrations; JSON lines',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    for (const { lossTrace: _, ...row } of listAllCalibrations(station())) host.print(JSON.stringify(row));
    return undefined;
  },
};

const calibrationsKey: Command = {
  usage: '',
  does: 'the fingerprint of the key that this workstation signs calibrations with',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    host.print(JSON.stringify({ key: ownFingerprint(station()) }));
    return undefined;
  },
};

const calibrationsExport: Command = {
  usage: 'ID FILE',
  does: 'one signed file for another workstation of the site; it holds no images',
  options: {},
  takes: [2, 2],
  async run({ station, host, positionals, job }) {
    const [id = '', file = ''] = positionals;
    const path = await exportCalibration(station(), id, file, job);
    host.print(JSON.stringify({ path, key: ownFingerprint(station()) }));
    return undefined;
  },
};

const calibrationsCard: Command = {
  usage: 'ID FILE [--language en|de]',
  does: 'the evaluation card as PDF: what the calibration is worth, on what it rests, and how it was made',
  options: { language: { type: 'string' } },
  takes: [2, 2],
  async run({ station, host, positionals, options }) {
    const [id = '', path = ''] = positionals;
    await exportEvaluationCard(station(), id, path, options.oneOf('language', reportLanguages) ?? 'en');
    host.print(JSON.stringify({ path }));
    return undefined;
  },
};

const calibrationsImport: Command = {
  usage: 'FILE [--key FINGERPRINT]',
  does: 'takes over a calibration once its self-test has passed; --key agrees to the key that it is signed with',
  options: { key: { type: 'string' } },
  takes: [1, 1],
  async run({ station, host, positionals, options, job }) {
    const path = positionals[0] ?? '';
    const fingerprint = options.text('key') ?? null;
    const { lossTrace: _, ...row } = await importCalibration(station(), { path, fingerprint }, job);
    host.print(JSON.stringify(row));
    return undefined;
  },
};

export const calibrationCommands: Readonly<Record<string, Command>> = {
  'calibrations list': calibrationsList,
  'calibrations key': calibrationsKey,
  'calibrations export': calibrationsExport,
  'calibrations card': calibrationsCard,
  'calibrations import': calibrationsImport,
};
