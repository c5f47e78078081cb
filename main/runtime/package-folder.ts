/** The application as a folder for this platform, in release/, on the Electron that was found. */
import { chmodSync, copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAddon } from './addon.ts';
import { ensureBuilt } from './bundle.ts';
import { projectRoot, runInTerminal, SetupError, toolPath } from './command.ts';
import { type ElectronRuntime, findElectron } from './electron.ts';

export const PRODUCT = 'mediclip-workstation';
export const releaseFolder = join(projectRoot, 'release');
/** What electron-builder makes of the target `dir` on Linux. */
export const linuxFolder = join(releaseFolder, 'linux-unpacked');

/** Runs electron-builder on the Electron that was found. @throws SetupError */
export async function buildWith(runtime: ElectronRuntime, targets: readonly string[]): Promise<void> {
  await ensureBuilt(['main', 'preload', 'renderer']);
  const code = await runInTerminal(toolPath('electron-builder'), [
    ...targets,
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
  if (process.platform === 'linux') await finishLinuxFolder(runtime);
  return runtime;
}

async function finishLinuxFolder(runtime: ElectronRuntime): Promise<void> {
  const resources = join(linuxFolder, 'resources');
  // The fallback runtime's stand-in for the default application has no place in a package.
  rmSync(join(resources, 'app'), { recursive: true, force: true });
  const addon = await findAddon(runtime.nodeApi);
  if (addon !== null) copyFileSync(addon, join(resources, 'better_sqlite3.node'));
  copyFileSync(join(projectRoot, 'LICENSE'), join(linuxFolder, 'LICENSE'));

  const launcher = join(linuxFolder, PRODUCT);
  renameSync(launcher, `${launcher}-app`);
  writeFileSync(launcher, LAUNCHER);
  chmodSync(launcher, 0o755);
}

/**
 * What is called `mediclip-workstation` on Linux. Chromium chooses its platform before any code of ours runs, so what the
 * command line needs has to stand on the command line.
 */
const LAUNCHER = `#!/bin/sh
# Starts MediCLIP Workstation: its window, or with "cli" as the first word its command line, which needs no display.
here=$(dirname "$(readlink -f "$0")")
# Chromium's sandbox does not start as root; everybody else has it.
[ "$(id -u)" = 0 ] && sandbox=--no-sandbox
if [ "\${1:-}" = cli ]; then
  exec "$here/${PRODUCT}-app" $sandbox --ozone-platform=headless --disable-gpu --log-level=3 "$@"
fi
# Without a graphics device the viewer's WebGL runs on the processor.
[ -e /dev/dri ] || graphics="--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader"
exec "$here/${PRODUCT}-app" $sandbox $graphics --log-level=3 "$@"
`;

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
