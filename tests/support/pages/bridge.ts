/** Calls of the contract as the window makes them, for what the screen does not say in figures. */
import type { ElectronApplication, Page } from 'playwright-core';
import {
  type CallArguments,
  type CallName,
  type CallResults,
  callChannel,
  type Outcome,
  type WorkstationBridge,
} from '../../../preload/contract/workstation.ts';

/** Answer or refusal. */
export async function ask<Name extends CallName>(
  window: Page,
  name: Name,
  ...args: CallArguments<Name>
): Promise<Outcome<CallResults[Name]>> {
  return (await window.evaluate(
    ([called, given]) => {
      const { workstation } = globalThis as unknown as { workstation: WorkstationBridge };
      return workstation.call(called as 'app.about', ...(given as []));
    },
    [name, args] as const,
  )) as Outcome<CallResults[Name]>;
}

/** The answer. @throws Error with the sentence of a refusal */
export async function askFor<Name extends CallName>(
  window: Page,
  name: Name,
  ...args: CallArguments<Name>
): Promise<CallResults[Name]> {
  const answer = await ask(window, name, ...args);
  if (!answer.ok) throw new Error(`${name}: ${answer.fault.message}`);
  return answer.value;
}

export interface RecordedCalls {
  /** Names of the calls that the window made since, in order. */
  made(): Promise<readonly string[]>;
  /** What it gave the calls of one name, in order. */
  given<Name extends CallName>(name: Name): Promise<readonly CallArguments<Name>[]>;
  /** From now on main answers those that were held back, too. */
  letGo(): Promise<void>;
}

/** Notes every call of the window from now on; where a name is given, main answers those once they are let go. */
export async function recordCalls(app: ElectronApplication, held: CallName | null = null): Promise<RecordedCalls> {
  const recorder = await app.evaluateHandle(
    ({ ipcMain }, [channel, heldName]) => {
      type Answer = (event: unknown, name: string, args: unknown) => Promise<unknown>;
      // Electron does not tell who answers; its own map does.
      const { _invokeHandlers: handlers } = ipcMain as unknown as { _invokeHandlers: Map<string, Answer> };
      const answer = handlers.get(channel);
      if (!answer) throw new Error('Nobody answers the window.');
      const made: (readonly [name: string, args: unknown])[] = [];
      let letGo = () => {};
      const free = new Promise<void>((go) => {
        letGo = go;
      });
      handlers.set(channel, async (event, name, args) => {
        made.push([name, args]);
        if (name === heldName) await free;
        return await answer(event, name, args);
      });
      return { made, letGo };
    },
    [callChannel, held] as const,
  );
  return {
    made: () => recorder.evaluate(({ made }) => made.map(([name]) => name)),
    given: async <Name extends CallName>(name: Name) =>
      (await recorder.evaluate(
        ({ made }, wanted) => made.flatMap(([called, args]) => (called === wanted ? [args] : [])),
        name,
      )) as CallArguments<Name>[],
    letGo: () => recorder.evaluate(({ letGo }) => letGo()),
  };
}
