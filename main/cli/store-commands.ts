/** Studies, results, database and audit trail: what works on the store. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../fault.ts';
import { importPaths, importSummary } from '../services/import.ts';
import { exportReportPdf } from '../services/reports.ts';
import { backup, checkDatabase, exportTrail, restore, verifyTrail } from '../services/upkeep.ts';
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

const FORMATS = ['pdf', 'sr', 'seg', 'pmap', 'sc', 'fhir', 'csv'];

const exportCommand: Command = {
  usage: '--study UID --to DIR [--formats pdf]',
  does: 'results of a study',
  options: { study: string, to: string, formats: string },
  takes: [0, 0],
  async run({ options, station, host }) {
    const uid = options.required('study');
    const folder = options.required('to');
    const formats = (options.text('formats') ?? 'pdf').split(',');
    const unknown = formats.find((format) => !FORMATS.includes(format));
    if (unknown !== undefined)
      throw new Fault('usage', `There is no format "${unknown}". Known are ${FORMATS.join(', ')}.`);
    const missing = formats.find((format) => format !== 'pdf');
    if (missing !== undefined)
      throw new Fault(
        'unsupported',
        `This version exports pdf only, not ${missing}. Leave ${missing} out of --formats.`,
      );
    await mkdir(folder, { recursive: true }).catch((thrown) => {
      throw Fault.from(thrown, { code: 'bad-file', path: folder });
    });
    const path = join(folder, `report-${uid}.pdf`);
    await exportReportPdf(station(), uid, path, host.signal);
    host.print(JSON.stringify({ files: [{ path, format: 'pdf', sopInstanceUid: null }] }));
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
  usage: '',
  does: 'integrity of the database and of the files that it names',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    const check = await checkDatabase(openOrSay(station, host));
    host.print(JSON.stringify(check));
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
    const kept = await restore(tools, dataFolder, positionals[0] ?? '');
    host.print(JSON.stringify({ ok: true, kept }));
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
  does: 'the audit trail as JSON lines',
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
  export: exportCommand,
  'db check': databaseCheck,
  'db backup': databaseBackup,
  'db restore': databaseRestore,
  'audit verify': auditVerify,
  'audit export': auditExport,
};
