/** Doctor, models and the demo. */
import { resolve } from 'node:path';
import { diagnose } from '../services/about.ts';
import { runDemo } from '../services/demo.ts';
import { exportModel, importModelFrom, listModels, removeModel, verifyModel } from '../services/models.ts';
import { withScratch } from '../services/scratch.ts';
import { supportBundle } from '../services/support.ts';
import { openWorkstation } from '../services/workstation.ts';
import type { Command } from './command.ts';

const string = { type: 'string' } as const;

const doctor: Command = {
  usage: '[--model M]',
  does: 'versions, providers with their self-test (on the embedded model, or on M), database, models, free disk',
  options: { model: string },
  takes: [0, 0],
  async run({ tools, dataFolder, host, options }) {
    const model = options.text('model');
    const { ok, problems, ...found } = await diagnose(tools, dataFolder, host.versions, host.signal, model);
    host.print(JSON.stringify({ ...found, problems }));
    for (const problem of problems) host.log(problem);
    return ok ? undefined : 1;
  },
};

const support: Command = {
  usage: '',
  does: 'a text for whoever helps: versions, self-tests, counts, the log; no names, images or paths',
  options: {},
  takes: [0, 0],
  async run({ station, host }) {
    host.print(await supportBundle(station(), host.versions, host.signal));
    return undefined;
  },
};

const modelsList: Command = {
  usage: '',
  does: 'model packs',
  options: {},
  takes: [0, 0],
  async run({ tools, host }) {
    host.print(JSON.stringify(await listModels(tools)));
    return undefined;
  },
};

const modelsImport: Command = {
  usage: 'PATH [--name N]',
  does: 'a Hugging Face or OpenCLIP folder, an OpenAI .pt, or a packed .mclip',
  options: { name: string },
  takes: [1, 1],
  async run({ tools, host, options, positionals, job }) {
    const name = options.text('name');
    const model = await importModelFrom(tools, positionals[0] ?? '', {
      signal: host.signal,
      onProgress: ({ done, total }) => job.progress({ done, total, unit: 'bytes', note: 'Importing the model' }),
      ...(name === undefined ? {} : { name }),
    });
    host.print(JSON.stringify(model));
    return undefined;
  },
};

const modelsVerify: Command = {
  usage: 'NAME',
  does: 'compares every file of a pack with its hash',
  options: {},
  takes: [1, 1],
  async run({ tools, host, positionals }) {
    host.print(JSON.stringify(await verifyModel(tools, positionals[0] ?? '', { signal: host.signal })));
    return undefined;
  },
};

const modelsExport: Command = {
  usage: 'NAME --to FILE',
  does: 'writes a pack as one .mclip file, for another workstation',
  options: { to: string },
  takes: [1, 1],
  async run({ tools, host, options, positionals, job }) {
    const path = await exportModel(tools, positionals[0] ?? '', resolve(options.required('to')), {
      signal: host.signal,
      onProgress: ({ done, total }) => job.progress({ done, total, unit: 'bytes', note: 'Writing the model' }),
    });
    host.print(JSON.stringify({ path }));
    return undefined;
  },
};

const modelsRemove: Command = {
  usage: 'NAME',
  does: 'removes an imported pack',
  options: {},
  takes: [1, 1],
  async run({ tools, host, positionals }) {
    const name = positionals[0] ?? '';
    await removeModel(tools, name);
    host.print(JSON.stringify({ removed: name }));
    return undefined;
  },
};

const demo: Command = {
  usage: '[--out DIR] [--preset P] [--seed N]',
  does: 'the whole job on fictional studies, into demo-output/',
  options: { out: string, preset: string, seed: string },
  takes: [0, 0],
  async run({ options, tools, dataFolder, host, job, station }) {
    const out = resolve(options.text('out') ?? 'demo-output');
    const settings = {
      out,
      preset: options.oneOf('preset', ['parity', 'fast', 'default']) ?? 'default',
      provider: 'auto' as const,
      seed: options.whole('seed', 0, 0xffffffff) ?? 0,
      say: (sentence: string) => host.log(sentence),
    };
    // A store of its own that is gone afterwards, unless one was named.
    const result =
      dataFolder === host.dataFolder
        ? await withScratch(async (folder) => {
            const own = openWorkstation(tools, folder);
            try {
              return await runDemo(own, settings, job);
            } finally {
              own.store.db.close();
            }
          })
        : await runDemo(station(), settings, job);
    const { collections, files, seconds } = result;
    host.print(JSON.stringify({ out, collections, files: files.length, seconds }));
    return undefined;
  },
};

export const upkeepCommands: Readonly<Record<string, Command>> = {
  doctor,
  support,
  'models list': modelsList,
  'models import': modelsImport,
  'models verify': modelsVerify,
  'models export': modelsExport,
  'models remove': modelsRemove,
  demo,
};
