/** Queries and transfers. JSON lines. */
import type { SendEntry } from '../../preload/contract/pacs.ts';
import { Fault } from '../fault.ts';
import { importSummary } from '../services/import.ts';
import { Jobs } from '../services/jobs.ts';
import { NetworkLife } from '../services/network-life.ts';
import { replaceOwed } from '../services/result-sending.ts';
import { enqueueSend, enqueueStudy, type SendOutcome, sendDue, sendQueue } from '../services/send-queue.ts';
import {
  fetchStudy,
  findRemoteStudies,
  importStaged,
  receiverSettings,
  saveReceiverSettings,
  testNode,
} from '../services/transfers.ts';
import type { Command, CommandContext } from './command.ts';
import { nodeCommands, tlsFiles } from './node-commands.ts';

const string = { type: 'string' } as const;
const node = { node: string };

const echo: Command = {
  usage: '--node NAME',
  does: 'asks a node whether it answers (C-ECHO, or an empty QIDO-RS query)',
  options: node,
  takes: [0, 0],
  async run({ station, host, options }) {
    const name = options.required('node');
    host.print(JSON.stringify({ node: name, ok: true, ...(await testNode(station(), name, host.signal)) }));
    return undefined;
  },
};

const find: Command = {
  usage:
    '--node NAME [--patient-name N] [--patient-id ID] [--accession A] [--date YYYYMMDD[-YYYYMMDD]] [--modality M] [--study UID] [--limit N]',
  does: 'studies that a node has; JSON lines',
  options: {
    ...node,
    'patient-name': string,
    'patient-id': string,
    accession: string,
    date: string,
    modality: string,
    study: string,
    limit: string,
  },
  takes: [0, 0],
  async run({ station, host, options }) {
    const query = {
      patientName: options.text('patient-name') ?? '',
      patientId: options.text('patient-id') ?? '',
      accessionNumber: options.text('accession') ?? '',
      studyDate: options.text('date') ?? '',
      modality: options.text('modality') ?? '',
      studyInstanceUid: options.text('study') ?? '',
    };
    const limit = options.whole('limit', 1, 100_000);
    const { studies, truncated } = await findRemoteStudies(station(), options.required('node'), query, {
      ...(limit === undefined ? {} : { limit }),
      signal: host.signal,
    });
    for (const study of studies) host.print(JSON.stringify(study));
    if (truncated) host.log('There are more. Ask for less, or raise --limit.');
    return undefined;
  },
};

const retrieve: Command = {
  usage: '--node NAME --study UID',
  does: 'fetches a study and imports it, whole or not at all',
  options: { ...node, study: string },
  takes: [0, 0],
  async run({ station, host, options, job }) {
    const request = { node: options.required('node'), studyInstanceUid: options.required('study') };
    const result = await importStaged(station(), await fetchStudy(station(), request, job), job);
    const { instances, known, skipped } = result;
    host.print(JSON.stringify({ ...request, instances, known, skipped }));
    host.log(importSummary(result));
    return undefined;
  },
};

const send: Command = {
  usage: '--node NAME (PATH... | --study UID)',
  does: 'DICOM files, or a stored study, to a node; what does not arrive stays in the queue and is tried again',
  options: { ...node, study: string },
  takes: [0, Number.POSITIVE_INFINITY],
  async run({ station, host, options, positionals, job }) {
    const name = options.required('node');
    const study = options.text('study');
    if ((study === undefined) === (positionals.length === 0))
      throw new Fault('usage', 'Name either files to send or a stored study with --study.');
    const queued = study
      ? enqueueStudy(station(), study, name)
      : await enqueueSend(station(), positionals, name, host.signal);
    const sent = await sendQueued({ station, job }, queued);
    for (const one of sent) host.print(JSON.stringify(one));
    return sent.every((one) => one.sent) ? undefined : 1;
  },
};

/** Sends what was queued, and what else is due; says of each entry how it fared. */
export async function sendQueued(context: Pick<CommandContext, 'station' | 'job'>, queued: readonly SendEntry[]) {
  const outcomes = await sendAllDue(context);
  return queued.map(({ id, node, label, sopInstanceUid }) => {
    const fault = outcomes.get(id)?.fault;
    return { id, node, label, sopInstanceUid, sent: fault === null, error: fault?.message };
  });
}

async function sendAllDue({ station, job }: Pick<CommandContext, 'station' | 'job'>) {
  const outcomes = new Map<string, SendOutcome>();
  await replaceOwed(station(), job.signal);
  for (;;) {
    const batch = await sendDue(station(), job);
    if (batch.length === 0) return outcomes;
    for (const outcome of batch) outcomes.set(outcome.id, outcome);
  }
}

const queue: Command = {
  usage: '[--send]',
  does: 'what was queued to be sent; JSON lines. With --send what is due is sent first',
  options: { send: { type: 'boolean' } },
  takes: [0, 0],
  async run({ station, host, options, job }) {
    if (options.flag('send')) await sendAllDue({ station, job });
    for (const entry of sendQueue(station())) host.print(JSON.stringify(entry));
    return undefined;
  },
};

const receiver: Command = {
  usage: '[--on | --off] [--port P] [--aet TITLE] [--address A] [--tls] [--ca FILE] [--cert FILE --key FILE]',
  does: 'how nodes reach this workstation, and whether they may; without options it only tells',
  options: {
    on: { type: 'boolean' },
    off: { type: 'boolean' },
    tls: { type: 'boolean' },
    port: string,
    aet: string,
    address: string,
    ca: string,
    cert: string,
    key: string,
  },
  takes: [0, 0],
  async run({ station, host, options }) {
    const now = receiverSettings(station());
    const settings = {
      enabled: options.flag('on') || (now.enabled && !options.flag('off')),
      aeTitle: options.text('aet') ?? now.aeTitle,
      host: options.text('address') ?? now.host,
      port: options.whole('port', 1, 65_535) ?? now.port,
      tls: options.flag('tls') || now.tls,
      ...tlsFiles(options, now),
    };
    const changed = JSON.stringify(settings) !== JSON.stringify(now);
    host.print(JSON.stringify(changed ? saveReceiverSettings(station(), settings) : now));
    return undefined;
  },
};

const receive: Command = {
  usage: '',
  does: 'takes what configured nodes send, until Ctrl-C, and works the queue off; JSON lines of jobs that ended',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    const jobs = new Jobs({
      onChange: ({ kind, title, state, summary, fault, subject }) => {
        if (state === 'queued' || state === 'running') return;
        host.print(JSON.stringify({ kind, title, state, summary, error: fault?.message, subject }));
      },
    });
    let told = '';
    const network = new NetworkLife(station(), jobs, () => {
      const { state, message, settings } = network.receiver();
      const line = JSON.stringify({ receiver: state, port: settings.port, message });
      if (line !== told) host.print(line);
      told = line;
    });
    await network.start();
    if (!host.signal.aborted)
      await new Promise((resolve) => host.signal.addEventListener('abort', resolve, { once: true }));
    await network.close();
    await jobs.close();
    return undefined;
  },
};

export const pacsCommands: Readonly<Record<string, Command>> = {
  ...nodeCommands,
  'pacs echo': echo,
  'pacs find': find,
  'pacs retrieve': retrieve,
  'pacs send': send,
  'pacs queue': queue,
  'pacs receiver': receiver,
  'pacs receive': receive,
};
