/** What is running: versions, models, and for the command line the state of everything that could be wrong. */
import { statfs } from 'node:fs/promises';
import type { About, ProviderReport } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { checkStore, openStore } from '../store/store.ts';
import { listModels, modelFolder, PREFERRED_MODEL } from './models.ts';
import { policyProblems } from './policy.ts';
import type { Tools } from './workstation.ts';

/** What the process that hosts the services knows of itself. */
export interface RuntimeVersions {
  readonly electron: string;
  readonly chromium: string;
  readonly node: string;
}

export async function about(tools: Tools, dataFolder: string, versions: RuntimeVersions): Promise<About> {
  const { onnxruntime } = await tools.engine.run('about', null);
  const { appVersion, user } = tools;
  return { appVersion, ...versions, onnxruntime, dataFolder, user, models: await listModels(tools) };
}

export interface Diagnosis {
  readonly ok: boolean;
  readonly runtime: RuntimeVersions & { readonly app: string; readonly onnxruntime: string | null };
  readonly providers: readonly ProviderReport[];
  readonly database: { readonly ok: boolean; readonly problem?: string; readonly orphanFiles?: number };
  readonly models: About['models'];
  readonly disk: { readonly dataFolder: string; readonly freeBytes: number | null };
  /** Sentences. */
  readonly problems: readonly string[];
}

/** Looks at everything and fails at nothing: what is wrong stands in the answer. */
export async function diagnose(
  tools: Tools,
  dataFolder: string,
  versions: RuntimeVersions,
  signal: AbortSignal,
  model: string = PREFERRED_MODEL,
): Promise<Diagnosis> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (fault.code === 'cancelled') throw fault;
      problems.push(`${what}: ${fault.message}`);
      return null;
    }
  };
  const engine = await attempt('Engine', () => tools.engine.run('about', null, { signal }));
  const models = (await attempt('Models', () => listModels(tools))) ?? [];
  if (models.length === 0) problems.push('Models: there is no model to calibrate with.');
  for (const problem of await policyProblems(tools.policy, tools).catch(() => [])) problems.push(`Policy: ${problem}`);
  const providers = await attempt('Providers', async () =>
    tools.providers.test(await modelFolder(tools, model), { signal }),
  );
  const database = await attempt('Database', () => databaseState(dataFolder, tools.dataKey));
  const disk = await attempt('Disk', () => statfs(dataFolder));
  return {
    ok: problems.length === 0,
    runtime: { app: tools.appVersion, ...versions, onnxruntime: engine?.onnxruntime ?? null },
    providers: providers ?? [],
    database: database ?? { ok: false },
    models,
    disk: { dataFolder, freeBytes: disk && disk.bavail * disk.bsize },
    problems,
  };
}

async function databaseState(dataFolder: string, dataKey: Uint8Array | null): Promise<Diagnosis['database']> {
  const store = openStore(dataFolder, { dataKey });
  try {
    const { ok, problems, missingFiles, orphanFiles } = await checkStore(store);
    const problem = problems[0] ?? (missingFiles.length > 0 ? `${missingFiles.length} stored files are missing.` : '');
    if (!ok) throw new Fault('bad-database', problem);
    return { ok, orphanFiles };
  } finally {
    store.db.close();
  }
}
