/** The application with its window, from start to quit. */
import { join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';
import type { Events } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import { isBackupDue } from '../services/backup.ts';
import { Jobs } from '../services/jobs.ts';
import { NetworkLife } from '../services/network-life.ts';
import { backupPlan } from '../services/policy.ts';
import { resumeImports, startBackup } from '../services/start.ts';
import { recordFailure, type Workstation } from '../services/workstation.ts';
import { callsOf } from './calls.ts';
import { dataFolderOf, openOn, prepareTools, versions } from './host.ts';
import { answerCalls, tell } from './ipc.ts';
import { type Log, openLog } from './log.ts';
import { declareScheme, guardApplication, openWindow } from './window.ts';

/** What lists must look at again when a job of a kind has ended. */
const CHANGES: Readonly<Record<string, readonly Events['data.changed']['what'][]>> = {
  model: ['models'],
  import: ['studies'],
  demo: ['studies', 'referenceSets'],
  calibrate: ['calibrations'],
  analyse: ['studies', 'analyses'],
};

export async function runWorkstation(args: readonly string[]): Promise<void> {
  const root = dataFolderOf(args);
  // Each data folder has a window of its own, and Chromium's files with it.
  if (args.some((argument) => argument.startsWith('--data-dir'))) app.setPath('userData', join(root, 'chromium'));
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  declareScheme();
  await app.whenReady();
  guardApplication();
  try {
    open(root);
  } catch (thrown) {
    const fault = Fault.from(thrown);
    dialog.showErrorBox('MediCLIP Workstation cannot start', [fault.message, fault.path ?? ''].join('\n\n').trim());
    app.exit(1);
  }
}

function open(root: string): void {
  const log: Log = openLog(join(root, 'log'));
  const { tools, children } = prepareTools(root, log);
  const station = openOn(tools, root, log);
  log.event('app.start', { version: app.getVersion(), ...versions });
  let window: BrowserWindow | null = null;
  const jobs = new Jobs({
    onChange: (status) => {
      tell(window, 'job.changed', status);
      const ended = status.state !== 'running' && status.state !== 'queued';
      const changed = ended ? (CHANGES[status.kind] ?? []) : status.kind === 'analyse' ? (['studies'] as const) : [];
      if (ended || status.progress.done === 0) for (const what of changed) tell(window, 'data.changed', { what });
    },
    onFault: (kind, fault) => {
      log.fault(`job ${kind}`, fault);
      recordFailure(station, `job.${kind}`, '', fault);
    },
  });
  const network = new NetworkLife(station, jobs, () => tell(window, 'data.changed', { what: 'network' }));
  process.on('uncaughtException', (error) => log.fault('uncaught', error));
  process.on('unhandledRejection', (error) => log.fault('unhandled', error));

  const show = () => {
    window = openWindow();
    const stop = answerCalls(
      window,
      callsOf(window, station, jobs, network, (what) => tell(window, 'data.changed', { what })),
      log,
      (name, fault) => recordFailure(station, `call.${name}`, '', fault),
    );
    window.webContents.on('did-finish-load', () => log.event('window.ready'));
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      log.event('window.gone', { reason });
      if (reason !== 'clean-exit') window?.reload();
    });
    window.once('closed', () => {
      stop();
      window = null;
    });
  };
  show();
  // First, since it moves what an interrupted import of received files would look for.
  void network
    .start()
    .catch((thrown) => log.fault('network', Fault.from(thrown)))
    .then(() => resumeImports(station, jobs));
  app.on('activate', () => window ?? show());
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  keepBackups(station, jobs, log);
  quitInOrder(station, jobs, network, () => children.close(), log);
}

const HOUR_MS = 60 * 60 * 1000;

/** Makes a backup whenever one is due, looking once an hour; a failure shows in the window like that of any job. */
function keepBackups(station: Workstation, jobs: Jobs, log: Log): void {
  const plan = backupPlan(station.policy);
  const look = async () => {
    if (await isBackupDue(station, plan)) startBackup(station, jobs, plan);
  };
  const lookSafely = () => void look().catch((thrown) => log.fault('backup', thrown));
  lookSafely();
  const timer = setInterval(lookSafely, HOUR_MS);
  app.once('will-quit', () => clearInterval(timer));
}

/** Cancels what runs, waits for its end, and closes the store before the process goes. */
function quitInOrder(
  station: Workstation,
  jobs: Jobs,
  network: NetworkLife,
  closeChildren: () => void,
  log: Log,
): void {
  let closing = false;
  app.on('will-quit', (event) => {
    if (closing) return;
    closing = true;
    event.preventDefault();
    // A child that does not answer is ended; its job then fails as cancelled.
    const impatience = setTimeout(closeChildren, 3000);
    void Promise.all([network.close(), jobs.close()]).then(() => {
      clearTimeout(impatience);
      closeChildren();
      station.store.db.close();
      log.event('app.quit');
      app.exit(0);
    });
  });
}
