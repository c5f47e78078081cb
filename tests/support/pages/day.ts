import type { Locator } from 'playwright-core';

/** Types a day into a DateField, part by part, whatever their order. @param iso `2026-11-29` */
export async function typeDay(field: Locator, iso: string): Promise<void> {
  const [year, month, day] = iso.split('-') as [string, string, string];
  for (const [part, digits] of Object.entries({ year, month, day })) {
    const segment = field.locator(`[data-segment="${part}"]`);
    await segment.click();
    await segment.pressSequentially(digits);
  }
}
