/** The only user of `ipcMain`: one channel for calls, checked for sender and arguments; events to the window. */
import { type BrowserWindow, ipcMain, type WebFrameMain } from 'electron';
import {
  type CallArguments,
  type CallName,
  type CallResults,
  callArguments,
  callChannel,
  type Events,
  eventChannelPrefix,
  type Outcome,
} from '../../preload/contract/workstation.ts';
import { Fault } from '../fault.ts';
import type { Log } from './log.ts';
import { ORIGIN } from './window-files.ts';

export type Calls = {
  readonly [Name in CallName]: (...args: CallArguments<Name>) => Promise<CallResults[Name]> | CallResults[Name];
};

/** Answers calls of the window's main frame, those that may be made now; `onFault` hears of those that failed. Returns the function that stops it. */
export function answerCalls(
  window: BrowserWindow,
  calls: Calls,
  log: Log,
  onFault: (name: CallName | 'unknown', fault: Fault) => void,
  mayCall: (name: CallName) => boolean = () => true,
): () => void {
  ipcMain.handle(callChannel, async (event, name: unknown, args: unknown): Promise<Outcome<unknown>> => {
    if (!isOurs(event.senderFrame, window)) {
      log.event('ipc.refused');
      const fault = new Fault('not-allowed', 'This page may not talk to the application.');
      onFault('unknown', fault);
      return failed(fault);
    }
    try {
      return { ok: true, value: await call(calls, name, args, mayCall) };
    } catch (thrown) {
      const fault = Fault.from(thrown);
      // A name that the contract does not have could be anything, a patient's too: it is not logged.
      const known = isCall(name) ? name : 'unknown';
      if (fault.code !== 'cancelled') log.fault(`call ${known}`, fault);
      onFault(known, fault);
      return failed(fault);
    }
  });
  return () => ipcMain.removeHandler(callChannel);
}

const failed = (fault: Fault): Outcome<never> => ({ ok: false, fault: fault.toRecord() });

function isOurs(frame: WebFrameMain | null, window: BrowserWindow): boolean {
  if (frame === null || window.isDestroyed() || frame !== window.webContents.mainFrame) return false;
  return frame.url === ORIGIN || frame.url.startsWith(`${ORIGIN}/`);
}

const isCall = (name: unknown): name is CallName => typeof name === 'string' && Object.hasOwn(callArguments, name);

/** Checks name and arguments, then calls. @throws Fault `usage`, `not-allowed` while the window is locked, or the call's own */
async function call(
  calls: Calls,
  name: unknown,
  args: unknown,
  mayCall: (name: CallName) => boolean,
): Promise<unknown> {
  if (!isCall(name)) throw new Fault('usage', 'The application has no such call.');
  if (!mayCall(name)) throw new Fault('not-allowed', 'The window is locked. Enter the passphrase first.');
  const parsed = callArguments[name].safeParse(args);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Fault('usage', `${name} was called with something it does not take: ${issue?.message ?? 'unknown'}.`);
  }
  const answer = calls[name] as (...checked: readonly unknown[]) => unknown;
  return await answer(...parsed.data);
}

/** Tells the window something, if there still is one. */
export function tell<Name extends keyof Events>(window: BrowserWindow | null, name: Name, event: Events[Name]): void {
  if (window && !window.isDestroyed()) window.webContents.send(eventChannelPrefix + name, event);
}
