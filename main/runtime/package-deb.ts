/** The Linux folder as .deb and .tar.gz, made with dpkg-deb and tar. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { projectRoot, runOrFail } from './command.ts';
import { ELECTRON_LIBRARIES } from './debian.ts';
import { LICENCES, linuxFolder, PRODUCT, releaseFolder, sizeOf } from './package-folder.ts';

const description = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly description: string;
  readonly productName: string;
};
const DEBIAN_NAMES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const architecture = DEBIAN_NAMES[process.arch] ?? process.arch;
const nameOf = (ending: string) =>
  join(releaseFolder, `${PRODUCT}-${description.version}-linux-${process.arch}.${ending}`);

/** `quick` packs in a fraction of the time and makes larger files: for tests. */
export type Effort = 'quick' | 'small';

/** Where the .deb puts the folder. */
const INSTALLED = `/opt/${PRODUCT}`;

/** Returns the archive's path; it unpacks into a folder of the product's name and version. @throws SetupError */
export async function packTarball(effort: Effort): Promise<string> {
  const path = nameOf('tar.gz');
  const folder = `${PRODUCT}-${description.version}`;
  await runOrFail('tar could not pack the folder.', 'tar', [
    ...[
      '--create',
      `--use-compress-program=gzip -${effort === 'quick' ? 1 : 6}`,
      '--file',
      path,
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--sort=name',
    ],
    ...['--directory', dirname(linuxFolder), `--transform=s,^linux-unpacked,${folder},`, 'linux-unpacked'],
  ]);
  return path;
}

/** Returns the package's path. @throws SetupError */
export async function packDeb(effort: Effort): Promise<string> {
  const path = nameOf('deb');
  const root = mkdtempSync(join(tmpdir(), 'mediclip-deb-'));
  try {
    cpSync(linuxFolder, join(root, INSTALLED), { recursive: true });
    // Where the kernel keeps user namespaces from ordinary users, Chromium's sandbox needs this file to belong to root.
    await runOrFail('chmod failed.', 'chmod', ['-R', 'u+rwX,go+rX,go-w', root]);
    await runOrFail('chmod failed.', 'chmod', ['4755', join(root, INSTALLED, 'chrome-sandbox')]);
    const put = (place: string, text: string) => {
      mkdirSync(dirname(join(root, place)), { recursive: true });
      writeFileSync(join(root, place), text);
    };
    put('usr/share/applications/mediclip-workstation.desktop', DESKTOP_ENTRY);
    const icons = 'usr/share/icons/hicolor/scalable/apps';
    put(join(icons, `${PRODUCT}.svg`), readFileSync(join(projectRoot, 'packaging', 'icon.svg'), 'utf8'));
    put(`usr/share/doc/${PRODUCT}/copyright`, copyrightFile());
    mkdirSync(join(root, 'usr', 'bin'), { recursive: true });
    symlinkSync(join(INSTALLED, PRODUCT), join(root, 'usr', 'bin', PRODUCT));
    put('DEBIAN/md5sums', md5sumsOf(root));
    put('DEBIAN/control', controlFile(Math.ceil(sizeOf(root) / 1024)));
    await runOrFail('dpkg-deb could not build the package.', 'dpkg-deb', [
      ...['--build', '--root-owner-group', ...(effort === 'quick' ? ['-Zgzip', '-z1'] : ['-Zxz', '-z2'])],
      ...[root, path],
    ]);
    return path;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What `dpkg --verify` compares an installation with. */
function md5sumsOf(root: string): string {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${relative(root, path)}\n`)
    .join('');
}

/** `installedKilobytes` is what dpkg shows as the size. */
function controlFile(installedKilobytes: number): string {
  return `Package: ${PRODUCT}
Version: ${description.version}
Architecture: ${architecture}
Maintainer: ${description.productName}
Installed-Size: ${installedKilobytes}
Depends: ${ELECTRON_LIBRARIES.map((names) => names.join(' | ')).join(', ')}
Section: science
Priority: optional
Description: ${description.description.split('. ')[0]}
 Calibrated on site with a handful of normal images, it shows where a new image
 differs from them. Works without any network. Not for diagnostic use.
`;
}

/** Debian's machine-readable form (DEP-5), with the places of what others wrote. */
function copyrightFile(): string {
  const licence = readFileSync(join(projectRoot, 'LICENSE'), 'utf8');
  const indented = licence.trimEnd().replaceAll(/^/gm, ' ').replaceAll(/^ $/gm, ' .');
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ${description.productName}
Comment: Electron and Chromium are under the licences in ${INSTALLED}/LICENSE.electron.txt and
 ${INSTALLED}/LICENSES.chromium.html, the npm packages inside under those in
 ${INSTALLED}/resources/${LICENCES}.

Files: *
Copyright: the contributors of ${description.productName}
License: Apache-2.0
${indented}
`;
}

const DESKTOP_ENTRY = `[Desktop Entry]
Type=Application
Name=${description.productName}
Comment=Not for diagnostic use
Exec=${join(INSTALLED, PRODUCT)}
Icon=${PRODUCT}
Categories=Science;MedicalSoftware;
StartupWMClass=${description.productName}
`;
