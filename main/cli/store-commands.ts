/** Studies, results, database and audit trail: what works on the store. */
import type { ExportFormat } from '../../preload/contract/results.ts';
import { Fault } from '../fault.ts';
import { deidentifyInstances, originalsOf } from '../services/deidentify.ts';
import { exportableFormats, exportResults, parseFormats } from '../services/exports.ts';
import { importPaths, importSummary } from '../services/import.ts';
import { removeStudies, studiesOfPatient } from '../services/removal.ts';
import { OBJECT_FORMATS } from '../services/result-objects.ts';
import { sendResults } from '../services/result-sending.ts';
import { applyRetention } from '../services/retention.ts';
import { backup, checkDatabase, examineTrail, exportTrail, repair, restore } from '../services/upkeep.ts';
import { adoptKeys, readPassphrase, unlockBackup, unlockByPassphrase } from '../services/vault.ts';
import { listWorklist } from '../services/worklist.ts';
import type { Workstation } from '../services/workstation.ts';
import type { Command, CommandContext, CommandHost } from './command.ts';
import { sendQueued } from './pacs-commands.ts';

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

const studiesRemove: Command = {
  usage: 'UID... | --patient ID',
  does: 'studies with their images, analyses and drafts, for good; not what has a signed report or is in a reference set',
  options: { patient: string },
  takes: [0, Number.POSITIVE_INFINITY],
  async run({ station, host, options, positionals }) {
    const patient = options.text('patient');
    if ((patient === undefined) === (positionals.length === 0)) options.refuse('Name either studies or a patient.');
    const uids = patient === undefined ? positionals : studiesOfPatient(station(), patient);
    host.print(JSON.stringify(await removeStudies(station(), [], [...new Set(uids)])));
    return undefined;
  },
};

const exportCommand: Command = {
  usage:
    '--study UID (--to DIR [--layout folder|media] | --node NAME) [--formats sr,seg,pmap,sc,epdf,pdf,png,fhir,csv,json]',
  does: 'results of a study whose report is signed, by default all; of a draft its PDF. A node takes DICOM objects alone',
  options: { study: string, to: string, node: string, formats: string, layout: string },
  takes: [0, 0],
  async run(context) {
    const { options, station, host, job } = context;
    const uid = options.required('study');
    const words = options.text('formats')?.split(',');
    if (options.text('node') !== undefined) return await exportToNode(context, uid, words ? parseFormats(words) : null);
    const folder = options.required('to');
    const layout = options.oneOf('layout', ['folder', 'media']) ?? 'folder';
    const formats = words ? parseFormats(words) : exportableFormats(station(), uid);
    if (!words && formats.length === 1) host.log('The report is not signed: only the PDF of its draft is exported.');
    host.print(JSON.stringify({ files: await exportResults(station(), uid, folder, formats, job, layout) }));
    return undefined;
  },
};

/** What does not arrive stays in the queue and is tried again. */
async function exportToNode(
  { options, station, host, job }: CommandContext,
  studyInstanceUid: string,
  formats: readonly ExportFormat[] | null,
): Promise<number | undefined> {
  if (options.text('to') !== undefined || options.text('layout') !== undefined)
    options.refuse('Results go either to a folder or to a node.');
  const objects = OBJECT_FORMATS.filter((format) => formats?.includes(format) ?? true);
  const other = formats?.find((format) => !objects.some((object) => object === format));
  if (other !== undefined) options.refuse(`A node takes DICOM objects alone: ${OBJECT_FORMATS.join(', ')}.`);
  const node = options.required('node');
  const queued = await sendResults(station(), studyInstanceUid, node, objects, job.signal);
  if (queued.length === 0) host.log(`${node} was sent all of these before.`);
  const sent = await sendQueued({ station, job }, queued);
  host.print(JSON.stringify({ node, objects: sent }));
  return sent.every((one) => one.sent) ? undefined : 1;
}

const deidentify: Command = {
  usage:
    'PATH... --to DIR|FILE.zip [--dates shifted|removed] [--keep-patient-characteristics], or --study UID --to DIR',
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
    const sources = study === undefined ? positionals : originalsOf(station(), study);
    if (sources.length === 0) throw new Fault('usage', 'Name the files or folders, or a study with --study.');
    const { written: copies, skipped, notes } = await deidentifyInstances(station(), sources, settings, job);
    const written = copies.map(({ path, sopInstanceUid }) => ({ path, sopInstanceUid }));
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
  usage: 'FILE [--backup-passphrase-file FILE]',
  does: 'puts a backup in the place of the database; close the window first. The passphrase: of a backup under another key',
  options: { 'backup-passphrase-file': string },
  takes: [1, 1],
  async run({ tools, dataFolder, host, options, positionals }) {
    const path = positionals[0] ?? '';
    const passphrase = options.text('passphrase-file');
    const ofBackup = options.text('backup-passphrase-file');
    const backupKey = ofBackup === undefined ? null : await unlockBackup(path, readPassphrase(ofBackup));
    const adopted = backupKey === null && (await adoptKeys(dataFolder, path));
    const dataKey =
      adopted && passphrase !== undefined
        ? await unlockByPassphrase(dataFolder, readPassphrase(passphrase))
        : tools.dataKey;
    const restored = await restore({ ...tools, dataKey }, dataFolder, path, backupKey ?? dataKey);
    host.print(JSON.stringify({ ok: true, ...restored }));
    return undefined;
  },
};

const databaseRetention: Command = {
  usage: '',
  does: 'removes studies past the retention period of the policy now, which the window does by itself once an hour',
  options: {},
  takes: [0, 0],
  async run({ station, host, job }) {
    host.print(JSON.stringify(await applyRetention(station(), job)));
    return undefined;
  },
};

const auditVerify: Command = {
  usage: '',
  does: 'recomputes the chain of the audit trail',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    const verdict = examineTrail(station());
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
  'studies remove': studiesRemove,
  deidentify,
  export: exportCommand,
  'db check': databaseCheck,
  'db backup': databaseBackup,
  'db restore': databaseRestore,
  'db retention': databaseRetention,
  'audit verify': auditVerify,
  'audit export': auditExport,
};
