import type { Locator } from 'playwright-core';

/** What an element says, on one line. */
export async function textOf(locator: Locator): Promise<string> {
  return oneLine(await locator.textContent());
}

function oneLine(text: string | null | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}
