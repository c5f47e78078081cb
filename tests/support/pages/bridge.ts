/** Calls of the contract as the window makes them, for what the screen does not say in figures. */
import type { Page } from 'playwright-core';
import type {
  CallArguments,
  CallName,
  CallResults,
  Outcome,
  WorkstationBridge,
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
