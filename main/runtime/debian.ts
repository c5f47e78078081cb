/** The Debian packages that Electron and the tests need: installed when that is allowed, named otherwise. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, runOrFail, SetupError, say } from './command.ts';

/** Alternatives are names of one library in different Debian releases, the older first. */
type Package = readonly string[];

/** What Electron, onnxruntime and the database link against, also without a window. A test compares this with the programs. */
export const ELECTRON_LIBRARIES: readonly Package[] = [
  ['libasound2', 'libasound2t64'],
  ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
  ['libatk1.0-0', 'libatk1.0-0t64'],
  ['libatspi2.0-0', 'libatspi2.0-0t64'],
  ['libc6'],
  ['libcairo2'],
  ['libcups2', 'libcups2t64'],
  ['libdbus-1-3'],
  ['libdrm2'],
  ['libexpat1'],
  ['libgbm1'],
  ['libgcc-s1'],
  ['libglib2.0-0', 'libglib2.0-0t64'],
  ['libgtk-3-0', 'libgtk-3-0t64'],
  ['libnspr4'],
  ['libnss3'],
  ['libpango-1.0-0'],
  ['libstdc++6'],
  ['libudev1'],
  ['libx11-6'],
  ['libxcb1'],
  ['libxcomposite1'],
  ['libxdamage1'],
  ['libxext6'],
  ['libxfixes3'],
  ['libxkbcommon0'],
  ['libxrandr2'],
];
/** The virtual display of the tests. */
export const VIRTUAL_DISPLAY: readonly Package[] = [['xvfb']];
/** Independent readers of what the product writes. Tests that use them say so where they are absent. */
export const TEST_TOOLS: readonly Package[] = [
  ['poppler-utils'],
  ['dcmtk'],
  ['dicom3tools'],
  ['libpixelmed-java'],
  ['jing'],
  ['default-jre-headless'],
  ['libgdcm-tools'],
  ['python3-pydicom'],
  ['python3-numpy'],
  ['python3-gdcm'],
  ['python3-pil'],
  ['orthanc'],
  ['orthanc-dicomweb'],
  ['strace'],
  ['openssl'],
  ['stunnel4'],
  ['gnome-keyring'],
  ['dbus-daemon'],
  ['libsecret-1-0'],
];
export const COMPILER: readonly Package[] = [['g++'], ['make'], ['python3']];

/**
 * Makes sure that these packages are installed. Does nothing on systems without dpkg.
 * @throws SetupError naming the missing packages where they can't be installed.
 */
export async function providePackages(packages: readonly Package[], purpose: string): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const names = await installableNames(missing);
  const command = `apt-get install ${names.join(' ')}`;
  if (process.getuid?.() !== 0 || !isOnPath('apt-get'))
    throw new SetupError(`${purpose} needs Debian packages that are missing. As root, run: ${command}`);
  say(`Installing Debian packages: ${names.join(' ')}.`);
  await runOrFail(
    `${purpose} needs Debian packages that could not be installed: ${names.join(' ')}.`,
    'apt-get',
    ['install', '--yes', '--no-install-recommends', ...names],
    { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  );
}

async function missingPackages(packages: readonly Package[]): Promise<readonly Package[]> {
  if (!isOnPath('dpkg-query')) return [];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the format language of dpkg-query
  const format = '${Package} ${db:Status-Status}\n';
  const { output } = await run('dpkg-query', ['--show', `--showformat=${format}`, ...packages.flat()]);
  const installed = new Set(
    output.split('\n').flatMap((line) => (line.endsWith(' installed') ? line.split(' ')[0] : [])),
  );
  return packages.filter((alternatives) => !alternatives.some((name) => installed.has(name)));
}

/** The alternative of each package that this release of Debian has, after an update of apt's lists where it has none. */
async function installableNames(packages: readonly Package[]): Promise<readonly string[]> {
  const candidates = async () => {
    const { output } = await run('apt-cache', ['madison', ...packages.flat()]);
    const known = new Set(output.split('\n').map((line) => line.split('|')[0]?.trim()));
    return packages.map((alternatives) => alternatives.find((name) => known.has(name)));
  };
  let names = await candidates();
  if (names.includes(undefined) && process.getuid?.() === 0) {
    await run('apt-get', ['update']);
    names = await candidates();
  }
  return names.map((name, index) => name ?? packages[index]?.[0] ?? '');
}

export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
