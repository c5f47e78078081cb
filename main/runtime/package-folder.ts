/** The application as a folder for this platform, in release/, on the Electron that was found. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './bundle.ts';
import { projectRoot, runInTerminal, SetupError, toolPath } from './command.ts';
import { type ElectronRuntime, findElectron } from './electron.ts';

export const PRODUCT = 'mediclip-workstation';
/** Tests name another with MEDICLIP_RELEASE, so that they leave a developer's packages alone. */
export const releaseFolder = process.env.MEDICLIP_RELEASE ?? join(projectRoot, 'release');
/** What electron-builder makes of the target `dir` on Linux. */
export const linuxFolder = join(releaseFolder, 'linux-unpacked');

/** Below the resources of a package, on every platform. */
export const LICENCES = 'third-party-licences.txt';
export const BILL = 'sbom.cdx.json';
export const RUNTIME_NOTICE = 'RUNTIME-NOTICE.txt';

/** Runs electron-builder on the Electron that was found. @throws SetupError */
export async function buildWith(runtime: ElectronRuntime, targets: readonly string[]): Promise<void> {
  await ensureBuilt(['main', 'preload', 'renderer']);
  const code = await runInTerminal(toolPath('electron-builder'), [
    ...targets,
    `--config.directories.output=${releaseFolder}`,
    `--config.electronDist=${runtime.folder}`,
    `--config.electronVersion=${runtime.version}`,
    '--publish=never',
  ]);
  if (code !== 0) throw new SetupError('electron-builder could not build the package; what it said stands above.');
}

/** Returns the runtime that is inside. @throws SetupError */
export async function packageFolder(): Promise<ElectronRuntime> {
  const runtime = await findElectron();
  rmSync(linuxFolder, { recursive: true, force: true });
  await buildWith(runtime, ['--dir']);
  return runtime;
}

/** Bytes of a file, or of all files below a folder. */
export function sizeOf(path: string): number {
  const status = statSync(path);
  if (!status.isDirectory()) return status.size;
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .reduce((sum, entry) => sum + sizeOf(join(path, entry.name)), 0);
}

export const megabytes = (path: string): string =>
  existsSync(path) ? `${(sizeOf(path) / 1024 / 1024).toFixed(1)} MB` : 'not there';
