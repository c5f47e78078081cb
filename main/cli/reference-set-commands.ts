/** Sets of normal images, and their way to another workstation. */
import { exportReferenceSet, importReferenceSet } from '../services/reference-set-transfer.ts';
import { listAllReferenceSets } from '../services/reference-sets.ts';
import type { Command } from './command.ts';

const setsList: Command = {
  usage: '',
  does: 'the stored reference sets; JSON lines',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    for (const { frames, ...set } of listAllReferenceSets(station()))
      host.print(JSON.stringify({ ...set, images: frames.length }));
    return undefined;
  },
};

const setsExport: Command = {
  usage: 'ID --to DIR',
  does: 'de-identified copies of the images of a reference set, and the list of them',
  options: { to: { type: 'string' } },
  takes: [1, 1],
  async run({ station, host, positionals, options, job }) {
    const { images, skipped, notes } = await exportReferenceSet(
      station(),
      positionals[0] ?? '',
      options.required('to'),
      job,
    );
    host.print(JSON.stringify({ images, skipped, notes }));
    for (const { path, note } of notes) host.log(`Look at ${path}: ${note}`);
    return undefined;
  },
};

const setsImport: Command = {
  usage: 'DIR',
  does: 'an exported reference set with its images',
  options: {},
  takes: [1, 1],
  async run({ station, host, positionals, job }) {
    const { frames, ...set } = await importReferenceSet(station(), positionals[0] ?? '', job);
    host.print(JSON.stringify({ ...set, images: frames.length }));
    return undefined;
  },
};

export const referenceSetCommands: Readonly<Record<string, Command>> = {
  'reference-sets list': setsList,
  'reference-sets export': setsExport,
  'reference-sets import': setsImport,
};
