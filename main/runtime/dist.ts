/**
 * `npm run dist`: what is handed to a site, in release/. On Linux a folder, a .tar.gz and a .deb, made without anything
 * from outside (`-- --quick` makes larger ones in less time, for tests). Elsewhere, and for targets that are named (`npm run dist -- --linux AppImage`), electron-builder makes
 * what electron-builder.yml says; it fetches tools of its own for that.
 */
import { basename } from 'node:path';
import { runScript, say } from './command.ts';
import { findElectron } from './electron.ts';
import { checkLock } from './lock-file.ts';
import { packDeb, packTarball } from './package-deb.ts';
import { buildWith, linuxFolder, megabytes, packageFolder, releaseFolder } from './package-folder.ts';

const QUICK = '--quick';

await runScript(async () => {
  const named = process.argv.slice(2).filter((argument) => argument !== QUICK);
  const effort = process.argv.includes(QUICK) ? 'quick' : 'small';
  if (process.platform !== 'linux' || named.length > 0) {
    sayWhatIsNotSigned();
    await checkLock();
    await buildWith(await findElectron(), named);
    say(`The packages are in ${releaseFolder}.`);
    return 0;
  }
  if (effort === 'small') await checkLock();
  const { version } = await packageFolder();
  say(`Folder: ${megabytes(linuxFolder)}, on Electron ${version}. Packing it as .tar.gz and .deb.`);
  for (const path of await Promise.all([packTarball(effort), packDeb(effort)]))
    say(`${basename(path)}: ${megabytes(path)}`);
  return 0;
});

/** electron-builder goes on without keys in silence; whoever ships the result should know. */
function sayWhatIsNotSigned(): void {
  const { env } = process;
  const toWindows = process.platform === 'win32' || process.argv.includes('--win');
  if (toWindows && !env.WIN_CSC_LINK && !env.CSC_LINK)
    say('Not signed for Windows: set WIN_CSC_LINK and WIN_CSC_KEY_PASSWORD (electron-builder.yml says more).');
  if (process.platform !== 'darwin') return;
  if (!env.CSC_LINK && !env.CSC_NAME) say('Not signed for macOS: set CSC_LINK and CSC_KEY_PASSWORD.');
  if (!env.APPLE_ID && !env.APPLE_API_KEY) say('Not notarised: set APPLE_ID and its companions, or APPLE_API_KEY.');
}
