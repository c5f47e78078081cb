/** electron-builder's hook for every target: what a packed application gets before it becomes a folder, a .deb or an AppImage. */
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAddon } from './addon.ts';
import { projectRoot, runOrFail, say } from './command.ts';
import { type ElectronRuntime, findElectron, shippingElectron } from './electron.ts';
import { licenceTexts } from './licences.ts';
import { BILL, LICENCES, RUNTIME_NOTICE } from './package-folder.ts';
import { billOfMaterials, type RuntimeVersions } from './sbom.ts';
import { shippedPackages } from './shipped.ts';

/** Of electron-builder's context, what is used here. */
interface PackContext {
  readonly appOutDir: string;
  readonly electronPlatformName: 'linux' | 'darwin' | 'win32';
  readonly packager: {
    readonly executableName?: string;
    getResourcesDir(appOutDir: string): string;
    doAddElectronFuses(context: PackContext): Promise<void>;
  };
}

export default async function afterPack(context: PackContext): Promise<void> {
  const runtime = await findElectron();
  const resources = context.packager.getResourcesDir(context.appOutDir);
  // The fallback runtime's stand-in for the default application has no place in a package.
  rmSync(join(resources, 'app'), { recursive: true, force: true });
  if (context.electronPlatformName === 'linux') await finishLinux(context, resources, runtime);
  await describeContents(resources, runtime);
}

async function describeContents(resources: string, runtime: ElectronRuntime): Promise<void> {
  const { productName, version, license } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const versions = await versionsIn(runtime);
  const bill = billOfMaterials({ name: productName, version, licence: license }, resources, versions, new Date());
  writeFileSync(join(resources, BILL), `${JSON.stringify(bill, null, 1)}\n`);
  writeFileSync(join(resources, LICENCES), licenceTexts(shippedPackages(resources)));
  const notice = runtimeNotice(runtime.version);
  if (notice === null) return;
  writeFileSync(join(resources, RUNTIME_NOTICE), `${notice}\n`);
  say(`\n*** ${notice}\n`);
}

/** What a person has to know of a runtime that is not the one meant for sites; null for that one. */
export function runtimeNotice(version: string): string | null {
  const meant = shippingElectron();
  if (version === meant) return null;
  return `NOT FOR SITES: this package holds Electron ${version} and not ${meant}, which could not be had where it was built. Electron ${version} gets no security fixes. It serves for trying the package alone.`;
}

async function versionsIn({ executable }: ElectronRuntime): Promise<RuntimeVersions> {
  const said = await runOrFail(
    'Electron does not tell its versions.',
    executable,
    ['--print', 'JSON.stringify(process.versions)'],
    { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } },
  );
  return JSON.parse(said) as RuntimeVersions;
}

async function finishLinux(context: PackContext, resources: string, runtime: ElectronRuntime): Promise<void> {
  const { appOutDir, packager } = context;
  const addon = await findAddon(runtime.nodeApi);
  if (addon !== null) copyFileSync(addon, join(resources, 'better_sqlite3.node'));
  copyFileSync(join(projectRoot, 'LICENSE'), join(appOutDir, 'LICENSE'));

  // electron-builder flips the fuses after this hook in the file of the executable's name, which is the launcher by then.
  await packager.doAddElectronFuses(context);
  packager.doAddElectronFuses = () => Promise.resolve();
  const name = packager.executableName ?? '';
  const launcher = join(appOutDir, name);
  renameSync(launcher, `${launcher}-app`);
  writeFileSync(launcher, launcherOf(`${name}-app`));
  chmodSync(launcher, 0o755);
}

/**
 * What carries the application's name on Linux. Chromium chooses its platform before any code of ours runs, so what the
 * command line needs has to stand on the command line.
 */
const launcherOf = (program: string) => `#!/bin/sh
# Starts MediCLIP Workstation: its window, or with "cli" as the first word its command line, which needs no display.
here=$(dirname "$(readlink -f "$0")")
sandbox=
graphics=
# Chromium's sandbox does not start as root; everybody else has it.
[ "$(id -u)" = 0 ] && sandbox=--no-sandbox
if [ "\${1:-}" = cli ]; then
  exec "$here/${program}" $sandbox --ozone-platform=headless --disable-gpu --log-level=3 "$@"
fi
# Without a graphics device the viewer's WebGL runs on the processor.
[ -e /dev/dri ] || graphics="--use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader --disable-gpu-compositing"
exec "$here/${program}" $sandbox $graphics --log-level=3 "$@"
`;
