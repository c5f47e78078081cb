/** The command line in Electron's main process: the same runtime, engine and store as the window, without one. */
import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app } from 'electron';
import { runCommandLine } from '../cli/command-line.ts';
import { isAlive } from '../process/alive.ts';
import type { Children } from './children.ts';
import { dataFolderOf, prepareTools, versions } from './host.ts';
import { openLog } from './log.ts';
import { measureWindow } from './measured-window.ts';
import { systemKeys } from './system-keys.ts';

export async function runCommands(args: readonly string[]): Promise<void> {
  const dataFolder = dataFolderOf([]);
  // Chromium's own files: a folder of this run, so that a window on the same data is not disturbed.
  removeLeftovers();
  const chromium = join(tmpdir(), `${CHROMIUM_PREFIX}${process.pid}`);
  app.setPath('userData', chromium);
  app.setPath('sessionData', chromium);
  // Reports are printed in windows that come and go.
  app.on('window-all-closed', () => {});
  const abort = new AbortController();
  // Whoever read the results has closed the pipe: there is nobody left to work for.
  process.stdout.on('error', () => abort.abort());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => abort.abort());
  app.on('before-quit', (event) => {
    event.preventDefault();
    abort.abort();
  });
  await app.whenReady();

  let children: Children | null = null;
  const status = await runCommandLine(args, {
    print: (line) => void process.stdout.write(`${line}\n`),
    log: (line) => void process.stderr.write(`${line}\n`),
    signal: abort.signal,
    dataFolder,
    versions,
    systemKeys,
    measureWindow,
    toolsOn: (root) => {
      const prepared = prepareTools(root, openLog(join(root, 'log')));
      children = prepared.children;
      return prepared.tools;
    },
  });
  (children as Children | null)?.close();
  rmSync(chromium, { recursive: true, force: true });
  // Pipes are written in the background on Windows: wait until all is out.
  await new Promise((resolve) => process.stdout.write('', resolve));
  app.exit(status);
}

const CHROMIUM_PREFIX = 'mediclip-chromium-';

/** Chromium writes into its folder until its very end, so the folders of earlier runs are removed here. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(CHROMIUM_PREFIX) ? Number(name.slice(CHROMIUM_PREFIX.length)) : 0;
    if (owner > 0 && !isAlive(owner)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
