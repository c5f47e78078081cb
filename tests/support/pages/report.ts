/** The report beside the picture: writing, signing, exporting. */
import type { Locator, Page } from 'playwright-core';

export class ReportPage {
  readonly #window: Page;
  readonly impression: Locator;
  readonly saved: Locator;
  readonly signed: Locator;
  readonly sign: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.impression = window.getByTestId('impression');
    this.saved = window.getByTestId('report-saved');
    this.signed = window.getByTestId('signed');
    this.sign = window.getByTestId('sign');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('tab-report').click();
    await this.#window.getByTestId('report-panel').waitFor();
  }

  async write(text: { readonly indication: string; readonly impression: string }): Promise<void> {
    await this.#window.getByTestId('indication').fill(text.indication);
    await this.impression.fill(text.impression);
    await this.impression.blur();
    await this.saved.filter({ hasText: 'Saved' }).waitFor();
  }

  async signIt(): Promise<void> {
    await this.sign.click();
    await this.#window.getByTestId('confirm-sign').click();
    await this.signed.waitFor();
  }

  /** Exports in these formats into the folder that the dialog, answered before, gives. */
  async exportResults(formats: readonly string[]): Promise<void> {
    await this.#window.getByTestId('export-results').click();
    for (const box of await this.#window.getByTestId('export-dialog').getByRole('checkbox').all())
      await box.setChecked(formats.includes((await box.getAttribute('value')) ?? ''));
    await this.#window.getByTestId('start-export').click();
    await this.#window.getByTestId('export-dialog').waitFor({ state: 'hidden' });
  }

  /** Sends the results in these formats to a node of the network. */
  async sendResults(node: string, formats: readonly string[]): Promise<void> {
    await this.#window.getByTestId('export-results').click();
    const dialog = this.#window.getByTestId('export-dialog');
    await dialog.getByLabel(`Network node ${node}`).check();
    for (const box of await dialog.getByRole('checkbox', { disabled: false }).all())
      await box.setChecked(formats.includes((await box.getAttribute('value')) ?? ''));
    await this.#window.getByTestId('start-export').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  /** De-identified copies into the folder or archive that the dialog, answered before, gives. */
  async writeCopies(as: 'folder' | 'zip'): Promise<void> {
    await this.#window.getByTestId('copies').click();
    const dialog = this.#window.getByTestId('copies-dialog');
    if (as === 'zip') await dialog.getByTestId('copies-zip').check();
    await dialog.getByTestId('write-copies').click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async addAddendum(text: string): Promise<void> {
    await this.#window.getByTestId('addendum').click();
    await this.#window.getByTestId('addendum-text').fill(text);
    await this.#window.getByTestId('sign-addendum').click();
    await this.#window.getByTestId('signed-addendum').filter({ hasText: text }).waitFor();
  }

  /** Signs an addendum that takes the first accepted finding back for the patient's safety. */
  async takeBack(text: string): Promise<void> {
    await this.#window.getByTestId('addendum').click();
    await this.#window.getByTestId('addendum-text').fill(text);
    await this.#window.getByTestId('take-back').first().check();
    await this.#window.getByTestId('reason-safety').check();
    await this.#window.getByTestId('sign-addendum').click();
    await this.#window.getByTestId('signed-addendum').filter({ hasText: text }).waitFor();
  }

  /** The dialog must have been answered before; see dialogs.ts. */
  async exportPdf(): Promise<void> {
    await this.#window.getByTestId('export-pdf').click();
    await this.#window.getByTestId('notices-done').getByText('The report was written to').waitFor({ timeout: 60_000 });
  }
}
