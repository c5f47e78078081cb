import type { Locator } from 'playwright-core';

/** Types a day into a DateField as a person does: from its first part on, in the order that it shows. @param iso `2026-11-29` */
export async function typeDay(field: Locator, iso: string): Promise<void> {
  const [year, month, day] = iso.split('-');
  const digits: Readonly<Record<string, string | undefined>> = { year, month, day };
  const parts = field.locator('[role="spinbutton"]');
  await parts.first().click();
  for (const part of await parts.evaluateAll((all) => all.map((one) => one.getAttribute('data-segment') ?? '')))
    await field.page().keyboard.type(digits[part] ?? '', { delay: 60 });
}
