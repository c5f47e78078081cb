/** What window and command line have in common: the child processes, and a workstation on a data folder. */
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { app } from 'electron';
import { installed, outsideArchive } from '../engine/provider-problems.ts';
import type { RuntimeVersions } from '../services/about.ts';
import { readPolicy } from '../services/policy.ts';
import { dataFolder, openWorkstation, type Tools, type Workstation } from '../services/workstation.ts';
import { Providers } from '../supervision/providers.ts';
import { supervise } from '../supervision/supervised-engine.ts';
import { Verdicts } from '../supervision/verdicts.ts';
import { describeAdapters } from './adapters.ts';
import { type Children, prepareChildren } from './children.ts';
import type { Log } from './log.ts';
import { policyPlace } from './policy-place.ts';
import { printDocument } from './print.ts';

export const versions: RuntimeVersions = {
  electron: process.versions.electron ?? '',
  chromium: process.versions.chrome ?? '',
  node: process.versions.node,
};

/** `--data-dir DIR` anywhere among the arguments, else the application's own folder. */
export function dataFolderOf(args: readonly string[]): string {
  const at = args.findIndex((argument) => argument === '--data-dir' || argument.startsWith('--data-dir='));
  const value = args[at]?.includes('=') ? args[at]?.slice('--data-dir='.length) : args[at + 1];
  return at >= 0 && value ? resolve(value) : join(app.getPath('userData'), 'data');
}

/** A checkout takes the path of the policy from the environment, a package never. */
const policyPath = (): string | null =>
  app.isPackaged ? policyPlace(process.platform, process.execPath) : (process.env.MEDICLIP_POLICY ?? null);

/** Asked once: an engine at work would keep one waiting. */
function onnxruntimeOf({ engine }: Pick<Children, 'engine'>): () => Promise<string> {
  let version: string | null = null;
  return async () => {
    version ??= (await engine.run('about', null)).onnxruntime;
    return version;
  };
}

/** @throws Fault `bad-policy` */
export function prepareTools(root: string, log: Log): { readonly tools: Tools; readonly children: Children } {
  const children = prepareChildren(log);
  const { engine, trial } = children;
  const providers = new Providers({
    trial,
    verdicts: new Verdicts(dataFolder(root).providers),
    appVersion: app.getVersion(),
    version: onnxruntimeOf(children),
    adapters: describeAdapters,
    installed,
  });
  const tools: Tools = {
    engine: supervise(engine, providers),
    providers,
    restartEngine: () => engine.restart(),
    reader: children.reader,
    network: children.network,
    // Outside the archive: onnxruntime maps its files into memory.
    ownPacksFolder: join(outsideArchive(app.getAppPath()), 'models'),
    packsFolder: dataFolder(root).packs,
    appVersion: app.getVersion(),
    dataKey: null,
    policy: readPolicy(policyPath()),
    user: userInfo().username,
    now: () => new Date(),
    print: printDocument,
  };
  return { tools, children };
}

/** @throws Fault as opening the store does */
export function openOn(tools: Tools, root: string, log: Log): Workstation {
  return openWorkstation(tools, root, (sql, ms) =>
    log.event('database.slow', { sql: sql.slice(0, 200), ms: Math.round(ms) }),
  );
}
