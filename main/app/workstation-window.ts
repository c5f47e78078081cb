/** The application with its window, from start to quit. */
import { join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';
import type { CallName, Events } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import { isBackupDue } from '../services/backup.ts';
import { Jobs } from '../services/jobs.ts';
import { NetworkLife } from '../services/network-life.ts';
import { backupPlan } from '../services/policy.ts';
import { keepWindowPlace, windowPlace } from '../services/reading-room.ts';
import { expiredStudies } from '../services/retention.ts';
import { resumeImports, startBackup, startRetention } from '../services/start.ts';
import { isEncrypted, lockAfterMinutes, unfinishedConversion, unlockBySystem } from '../services/vault.ts';
import { record, recordFailure, type Workstation } from '../services/workstation.ts';
import { callsOf } from './calls.ts';
import { askForPassphrase } from './gate.ts';
import { dataFolderOf, openOn, prepareTools, versions } from './host.ts';
import { answerCalls, tell } from './ipc.ts';
import { type Log, openLog } from './log.ts';
import { systemKeys } from './system-keys.ts';
import { declareScheme, guardApplication, openWindow } from './window.ts';
import { WindowLock } from './window-lock.ts';
import { keepPlace, parsePlace } from './window-place.ts';

/** What lists must look at again when a job of a kind has ended. */
const CHANGES: Readonly<Record<string, readonly Events['data.changed']['what'][]>> = {
  model: ['models'],
  import: ['studies'],
  demo: ['studies', 'referenceSets'],
  retention: ['studies'],
  calibrate: ['calibrations'],
  check: ['calibrations'],
  transfer: ['calibrations', 'referenceSets', 'studies'],
  analyse: ['studies', 'analyses'],
};

const WHILE_LOCKED: readonly CallName[] = ['vault.state', 'vault.unlock'];

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
  const log = openLog(join(root, 'log'));
  try {
    const dataKey = isEncrypted(root) ? await unlockBySystem(root, await systemKeys()) : null;
    // What is half converted is said when it is opened.
    if (dataKey || !isEncrypted(root) || unfinishedConversion(root)) open(root, log, dataKey);
    else askForPassphrase(root, log, (key, window) => openOrGiveUp(root, log, key, window));
  } catch (thrown) {
    giveUp(thrown);
  }
}

function openOrGiveUp(...opening: Parameters<typeof open>): void {
  try {
    open(...opening);
  } catch (thrown) {
    giveUp(thrown);
  }
}

function giveUp(thrown: unknown): void {
  const fault = Fault.from(thrown);
  dialog.showErrorBox('MediCLIP Workstation cannot start', [fault.message, fault.path ?? ''].join('\n\n').trim());
  app.exit(1);
}

/** `entered`: the window that the passphrase was typed into. */
function open(root: string, log: Log, dataKey: Uint8Array | null, entered: BrowserWindow | null = null): void {
  const { tools, children } = prepareTools(root, log);
  const station = openOn({ ...tools, dataKey }, root, log);
  log.event('app.start', { version: app.getVersion(), ...versions });
  record(station, 'app.start', '', { version: app.getVersion() });
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

  const lock = new WindowLock(
    () => lockAfterMinutes(station),
    (locked) => {
      record(station, locked ? 'window.lock' : 'window.unlock', '');
      tell(window, 'vault.changed', null);
    },
  );
  app.once('will-quit', lock.watch());
  const show = (shown: BrowserWindow) => {
    window = shown;
    lock.heed(shown.webContents);
    keepPlace(shown, (place) => keepWindowPlace(station, place));
    const stop = answerCalls(
      window,
      callsOf(window, station, jobs, network, lock, (what) => tell(window, 'data.changed', { what })),
      log,
      (name, fault) => recordFailure(station, `call.${name}`, '', fault),
      (name) => !lock.locked || WHILE_LOCKED.includes(name),
    );
    window.webContents.on('did-finish-load', () => {
      log.event('window.ready');
      children.reader.prepare(); // the first picture would wait for it
    });
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      log.event('window.gone', { reason });
      if (reason !== 'clean-exit') window?.reload();
    });
    window.once('closed', () => {
      stop();
      window = null;
    });
  };
  const place = () => parsePlace(windowPlace(station));
  const stood = place();
  if (entered && stood) entered.setBounds(stood);
  show(entered ?? openWindow(stood));
  // First, since it moves what an interrupted import of received files would look for.
  void network
    .start()
    .catch((thrown) => log.fault('network', Fault.from(thrown)))
    .then(() => resumeImports(station, jobs));
  app.on('activate', () => window ?? show(openWindow(place())));
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  keepHouse(station, jobs, log);
  quitInOrder(station, jobs, network, () => children.close(), log);
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Looks once an hour whether a backup is due or a retention period over; a failure shows in the window like that of any job.
 */
function keepHouse(station: Workstation, jobs: Jobs, log: Log): void {
  const plan = backupPlan(station.policy);
  const look = async () => {
    if (await isBackupDue(station, plan)) startBackup(station, jobs, plan);
    if (expiredStudies(station).length > 0) startRetention(station, jobs);
  };
  const lookSafely = () => void look().catch((thrown) => log.fault('upkeep', thrown));
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
      noteStop(station, log);
      station.store.db.close();
      log.event('app.quit');
      app.exit(0);
    });
  });
}

/** A trail that cannot be written any more must not keep the application open. */
function noteStop(station: Workstation, log: Log): void {
  try {
    record(station, 'app.stop', '');
  } catch (thrown) {
    log.fault('audit', Fault.from(thrown));
  }
}
