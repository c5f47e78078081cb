/** `npm run package`: the application as a folder for this platform, in release/, on the Electron that was found. */
import { runScript, say } from './command.ts';
import { linuxFolder, megabytes, packageFolder } from './package-folder.ts';

await runScript(async () => {
  const { version } = await packageFolder();
  if (process.platform === 'linux') say(`${linuxFolder}: ${megabytes(linuxFolder)}, on Electron ${version}.`);
  return 0;
});
