/** The real application under test: its window through Playwright, its command line as a program. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { projectRoot } from '../../main/runtime/command.ts';
import { headlessSwitches, provideRuntime, windowSwitches } from '../../main/runtime/launch.ts';

export interface LaunchedWorkstation {
  readonly app: ElectronApplication;
  /** The first window, its page loaded. */
  readonly window: Page;
  readonly dataDir: string;
  /** Quits the application. A data folder that was made for this launch is removed. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** Folder of database, pixel files and settings; a fresh one when absent. */
  readonly dataDir?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program that starts Electron with the arguments that it gets, in its place. */
  readonly starter?: string;
  /** Whether the tour may open by itself, over everything else. */
  readonly tour?: boolean;
}

/** Opens the workstation. `--data-dir` and Electron's own `--user-data-dir` both point into the data folder. */
export async function launchWorkstation(options: LaunchOptions = {}): Promise<LaunchedWorkstation> {
  const { runtime, environment } = await provideRuntime();
  const dataDir = options.dataDir ?? freshFolder();
  const app = await _electron.launch({
    executablePath: options.starter ?? runtime.executable,
    args: [
      ...windowSwitches(),
      `--user-data-dir=${join(dataDir, 'electron')}`,
      projectRoot,
      '--data-dir',
      dataDir,
      ...(options.tour ? [] : ['--no-tour']),
      ...(options.args ?? []),
    ],
    env: { ...definedOnly(environment), ...options.env },
    cwd: projectRoot,
  });
  const window = await app.firstWindow();
  await window.waitForLoadState('load');
  return {
    app,
    window,
    dataDir,
    async close() {
      await app.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface CommandLineResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cli <args>` as `npm run cli` does, but on a build that is there already. */
export async function runCli(
  args: readonly string[],
  options: Pick<LaunchOptions, 'env' | 'starter'> & { readonly cwd?: string } = {},
): Promise<CommandLineResult> {
  const { runtime, environment } = await provideRuntime();
  return await new Promise((resolve, reject) => {
    const child = spawn(options.starter ?? runtime.executable, [...headlessSwitches(), projectRoot, 'cli', ...args], {
      cwd: options.cwd ?? projectRoot,
      env: { ...environment, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
  });
}

/** An empty folder of its own under the system's temporary folder. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'workstation-test-'));
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
