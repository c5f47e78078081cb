/** The window before an encrypted data folder is open: it takes the passphrase and answers nothing else. */
import { app, type BrowserWindow } from 'electron';
import { type CallName, callArguments } from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import { unlockByPassphrase } from '../services/vault.ts';
import { answerCalls, type Calls } from './ipc.ts';
import type { Log } from './log.ts';
import { openWindow } from './window.ts';

/** `enter` goes on with the data key and the window, once the passphrase was right; until then closing it quits. */
export function askForPassphrase(
  root: string,
  log: Log,
  enter: (dataKey: Uint8Array, window: BrowserWindow) => void,
): void {
  const window = openWindow();
  const quit = () => app.quit();
  app.on('window-all-closed', quit);
  const stop = answerCalls(
    window,
    {
      ...nothing(),
      'vault.state': () => ({ encrypted: true, locked: true, bySystem: false, lockAfterMinutes: 0 }),
      'vault.unlock': async (passphrase) => {
        const dataKey = await unlockByPassphrase(root, passphrase);
        stop();
        app.off('window-all-closed', quit);
        enter(dataKey, window);
      },
    },
    log,
    (name, fault) => log.fault(`locked ${name}`, fault),
  );
}

/** Every call of the contract, refused. */
function nothing(): Calls {
  const refuse = () => {
    throw new Fault('not-allowed', 'The data folder is encrypted. Enter its passphrase first.');
  };
  const names = Object.keys(callArguments) as CallName[];
  return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as Calls;
}
