/** `npm run package`: the application as a folder for this platform, in release/, on the Electron that was found. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from './bundle.ts';
import { projectRoot, runInTerminal, runScript, toolPath } from './command.ts';
import { findElectron } from './electron.ts';

await runScript(async () => {
  const runtime = await findElectron();
  await ensureBuilt(['main', 'preload', 'renderer']);
  const code = await runInTerminal(toolPath('electron-builder'), [
    '--dir',
    `--config.electronDist=${runtime.folder}`,
    `--config.electronVersion=${runtime.version}`,
    '--publish=never',
  ]);
  // The fallback runtime's stand-in for the default application has no place in a package.
  rmSync(join(projectRoot, 'release', 'linux-unpacked', 'resources', 'app'), { recursive: true, force: true });
  return code;
});
