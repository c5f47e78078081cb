/** Starts the built application on the Electron that was found, with a window or without. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { findAddon } from './addon.ts';
import { ensureBuilt } from './bundle.ts';
import { projectRoot } from './command.ts';
import { ELECTRON_LIBRARIES, isOnPath, providePackages } from './debian.ts';
import { type ElectronRuntime, findElectron } from './electron.ts';

export interface Workstation {
  readonly runtime: ElectronRuntime;
  readonly environment: NodeJS.ProcessEnv;
}

/** Provides the runtime, the libraries that it links and the database addon. @throws SetupError */
export async function provideRuntime(): Promise<Workstation> {
  await providePackages(ELECTRON_LIBRARIES, 'Electron');
  const runtime = await findElectron();
  const addon = await findAddon(runtime.nodeApi);
  const { ELECTRON_RUN_AS_NODE: _, ...environment } = process.env;
  return { runtime, environment: addon === null ? environment : { ...environment, MEDICLIP_SQLITE_BINDING: addon } };
}

/** Switches of Chromium for a window on this machine. */
export function windowSwitches(): readonly string[] {
  return [...sandboxSwitches(), ...graphicsSwitches(), '--log-level=3'];
}

/** Switches of Chromium for work without any window or display. */
export function headlessSwitches(): readonly string[] {
  const platform = process.platform === 'linux' ? ['--ozone-platform=headless'] : [];
  return [...sandboxSwitches(), ...platform, '--disable-gpu', '--log-level=3'];
}

/** Chromium's sandbox does not start as root, nor where the kernel or the container forbids user namespaces. */
function sandboxSwitches(): readonly string[] {
  if (process.platform !== 'linux') return [];
  const works = process.getuid?.() !== 0 && spawnSync('unshare', ['--user', 'true']).status === 0;
  return works ? [] : ['--no-sandbox'];
}

/**
 * Without a graphics device the viewer's WebGL runs on the processor, which Chromium wants to be asked for. The page around
 * the pictures is put together without WebGL then: that takes a fifth of the processor time (docs/performance.md).
 */
function graphicsSwitches(): readonly string[] {
  if (process.platform !== 'linux' || existsSync('/dev/dri')) return [];
  return ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-gpu-compositing'];
}

/** Runs the command line of the product and returns its exit code. stdout carries the program's results alone. */
export async function runCommandLine(args: readonly string[], options: { cwd: string }): Promise<number> {
  const { runtime, environment } = await provideRuntime();
  await ensureBuilt(['main', 'preload']);
  return runToEnd(runtime.executable, [...headlessSwitches(), projectRoot, 'cli', ...args], environment, options.cwd);
}

/** Opens the window and returns the exit code once it has closed. */
export async function runWindow(args: readonly string[]): Promise<number> {
  const { runtime, environment } = await provideRuntime();
  await ensureBuilt(['main', 'preload', 'renderer']);
  return runToEnd(runtime.executable, [...windowSwitches(), projectRoot, ...args], environment, projectRoot);
}

/**
 * Ctrl-C in a terminal goes to every process of the group, Chromium's children included. So the application gets a group
 * of its own, and only its main process is told: it cancels its work and ends in order. It ends too when this process
 * dies, and this process ends when whoever started it has died (npm's shell does so on SIGTERM without a word).
 */
function runToEnd(executable: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const command = isOnPath('setpriv') ? ['setpriv', '--pdeathsig', 'TERM', executable, ...args] : [executable, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      cwd,
      env,
      stdio: 'inherit',
      detached: process.platform !== 'win32',
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    const parent = process.ppid;
    const watch = setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 1000);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}
