/** Studies, results, database and audit trail: what works on the store. */
import { Fault } from '../fault.ts';
import { deidentifyInstances, originalsOf } from '../services/deidentify.ts';
import { exportableFormats, exportResults, parseFormats } from '../services/exports.ts';
import { importPaths, importSummary } from '../services/import.ts';
import { backup, checkDatabase, exportTrail, repair, restore, verifyTrail } from '../services/upkeep.ts';
import { listWorklist } from '../services/worklist.ts';
import type { Workstation } from '../services/workstation.ts';
import type { Command, CommandContext, CommandHost } from './command.ts';

const string = { type: 'string' } as const;

const importCommand: Command = {
  usage: 'PATH...',
  does: 'files, folders, DICOMDIR and zip archives into the store',
  options: {},
  takes: [1, Number.POSITIVE_INFINITY],
  async run({ station, positionals, host, job }) {
    const result = await importPaths(station(), positionals, job);
    const { studies, series, instances, known, skipped, seconds } = result;
    host.print(JSON.stringify({ studies: studies.length, series, instances, known, skipped, seconds }));
    for (const { path, reason } of skipped) host.log(`Left out ${path}: ${reason}`);
    host.log(importSummary(result)); // throws where nothing at all could be imported
    return undefined;
  },
};

const studiesList: Command = {
  usage: '',
  does: 'the worklist; JSON lines',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    for (const study of listWorklist(station().store.db, [])) host.print(JSON.stringify(study));
    return undefined;
  },
};

const exportCommand: Command = {
  usage: '--study UID --to DIR [--formats sr,seg,pmap,sc,epdf,pdf,png,fhir,csv,json] [--layout folder|media]',
  does: 'results of a study whose report is signed; by default all, of a draft its PDF',
  options: { study: string, to: string, formats: string, layout: string },
  takes: [0, 0],
  async run({ options, station, host, job }) {
    const uid = options.required('study');
    const folder = options.required('to');
    const layout = options.oneOf('layout', ['folder', 'media']) ?? 'folder';
    const words = options.text('formats')?.split(',');
    const formats = words ? parseFormats(words) : exportableFormats(station(), uid);
    if (!words && formats.length === 1) host.log('The report is not signed: only the PDF of its draft is exported.');
    host.print(JSON.stringify({ files: await exportResults(station(), uid, folder, formats, job, layout) }));
    return undefined;
  },
};

const deidentify: Command = {
  usage: 'PATH... --to DIR [--dates shifted|removed] [--keep-patient-characteristics], or --study UID --to DIR',
  does: 'copies of DICOM files or of a stored study without the identity of the patient (PS3.15 annex E)',
  options: { to: string, study: string, dates: string, 'keep-patient-characteristics': { type: 'boolean' } },
  takes: [0, Number.POSITIVE_INFINITY],
  async run({ options, station, host, job, positionals }) {
    const settings = {
      to: options.required('to'),
      dates: options.oneOf('dates', ['shifted', 'removed']) ?? 'shifted',
      keepPatientCharacteristics: options.flag('keep-patient-characteristics'),
    };
    const study = options.text('study');
    const paths = study === undefined ? positionals : originalsOf(station(), study);
    if (paths.length === 0) throw new Fault('usage', 'Name the files or folders, or a study with --study.');
    const { written, skipped, notes } = await deidentifyInstances(station(), paths, settings, job);
    host.print(JSON.stringify({ written, skipped, notes }));
    for (const { path, reason } of skipped) host.log(`Left out ${path}: ${reason}`);
    for (const { path, note } of notes) host.log(`Look at ${path}: ${note}`);
    return undefined;
  },
};

/** A database that cannot even be opened is an answer too. */
function openOrSay(station: CommandContext['station'], host: CommandHost): Workstation {
  try {
    return station();
  } catch (thrown) {
    host.print(JSON.stringify({ ok: false, problems: [Fault.from(thrown).message] }));
    throw thrown;
  }
}

const databaseCheck: Command = {
  usage: '[--repair]',
  does: 'integrity of the database and of the files that it names; --repair removes files that nothing names',
  options: { repair: { type: 'boolean' } },
  takes: [0, 0],
  async run({ station, host, options }) {
    const opened = openOrSay(station, host);
    const swept = options.flag('repair') ? await repair(opened) : {};
    const check = await checkDatabase(opened);
    host.print(JSON.stringify({ ...check, ...swept }));
    if (check.ok) return undefined;
    throw new Fault(
      'bad-database',
      check.problems[0] ??
        `${check.missingFiles.length} stored files are missing. Restore the data folder from a backup.`,
    );
  },
};

const databaseBackup: Command = {
  usage: 'FILE',
  does: 'a copy of the database, while it is in use',
  options: {},
  takes: [1, 1],
  async run({ station, host, positionals }) {
    const path = positionals[0] ?? '';
    await backup(station(), path);
    host.print(JSON.stringify({ ok: true, path }));
    return undefined;
  },
};

const databaseRestore: Command = {
  usage: 'FILE',
  does: 'puts a backup in the place of the database; close the window first',
  options: {},
  takes: [1, 1],
  async run({ tools, dataFolder, host, positionals }) {
    host.print(JSON.stringify({ ok: true, ...(await restore(tools, dataFolder, positionals[0] ?? '')) }));
    return undefined;
  },
};

const auditVerify: Command = {
  usage: '',
  does: 'recomputes the chain of the audit trail',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    const verdict = verifyTrail(station());
    host.print(JSON.stringify(verdict));
    return verdict.ok ? undefined : 1;
  },
};

const auditExport: Command = {
  usage: 'FILE',
  does: 'the audit trail as DICOM audit messages (XML), or as JSON lines where FILE ends with .jsonl',
  options: {},
  takes: [1, 1],
  async run({ station, host, positionals }) {
    const path = positionals[0] ?? '';
    host.print(JSON.stringify({ ok: true, entries: await exportTrail(station(), path), path }));
    return undefined;
  },
};

export const storeCommands: Readonly<Record<string, Command>> = {
  import: importCommand,
  'studies list': studiesList,
  deidentify,
  export: exportCommand,
  'db check': databaseCheck,
  'db backup': databaseBackup,
  'db restore': databaseRestore,
  'audit verify': auditVerify,
  'audit export': auditExport,
};
