/** Which nodes there are. */
import { resolve } from 'node:path';
import { allNodes, configureNode, removeNode } from '../services/nodes.ts';
import type { Command, CommandOptions } from './command.ts';

const string = { type: 'string' } as const;

const nodesList: Command = {
  usage: '',
  does: 'the configured nodes; JSON lines',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    for (const node of allNodes(station())) host.print(JSON.stringify(node));
    return undefined;
  },
};

const nodesAdd: Command = {
  usage:
    'NAME (--host H --port P --aet TITLE [--calling-aet TITLE] [--retrieve get|move] [--tls] | --url URL [--auth env:NAME|file:PATH]) ' +
    '[--ca FILE] [--cert FILE --key FILE]',
  does: 'adds a DIMSE or DICOMweb node, or changes the one of that name; until then nothing is connected',
  options: {
    host: string,
    port: string,
    aet: string,
    'calling-aet': string,
    retrieve: string,
    tls: { type: 'boolean' },
    url: string,
    auth: string,
    ca: string,
    cert: string,
    key: string,
  },
  takes: [1, 1],
  async run({ station, host, options, positionals }) {
    const node = configureNode(station(), { name: positionals[0], ...tlsFiles(options), ...nodeSettings(options) });
    host.print(JSON.stringify(node));
    return undefined;
  },
};

function nodeSettings(options: CommandOptions): Readonly<Record<string, unknown>> {
  const url = options.text('url');
  if (url !== undefined) return { kind: 'dicomweb', url, auth: options.text('auth') ?? '' };
  return {
    kind: 'dimse',
    host: options.required('host'),
    port: options.whole('port', 1, 65_535) ?? 104,
    aeTitle: options.required('aet'),
    callingAeTitle: options.text('calling-aet') ?? 'MEDICLIP',
    retrieve: options.oneOf('retrieve', ['get', 'move']) ?? 'get',
    tls: options.flag('tls'),
  };
}

const NO_FILES = { caFile: '', certFile: '', keyFile: '' };

/** PEM files that were named, as absolute paths, over those there are. */
export function tlsFiles(options: CommandOptions, now: typeof NO_FILES = NO_FILES): typeof NO_FILES {
  const path = (name: string, otherwise: string) => {
    const given = options.text(name);
    return given === undefined ? otherwise : resolve(given);
  };
  return { caFile: path('ca', now.caFile), certFile: path('cert', now.certFile), keyFile: path('key', now.keyFile) };
}

const nodesRemove: Command = {
  usage: 'NAME',
  does: 'forgets a node',
  options: {},
  takes: [1, 1],
  async run({ station, host, positionals }) {
    const name = positionals[0] ?? '';
    removeNode(station(), name);
    host.print(JSON.stringify({ removed: name }));
    return undefined;
  },
};

export const nodeCommands: Readonly<Record<string, Command>> = {
  'pacs nodes': nodesList,
  'pacs add': nodesAdd,
  'pacs remove': nodesRemove,
};
