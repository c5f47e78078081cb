/** The lock of an encrypted data folder's window. */
import type { Locator, Page } from 'playwright-core';

export class VaultPage {
  readonly #window: Page;
  readonly locked: Locator;
  readonly refused: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.locked = window.getByTestId('locked');
    this.refused = window.getByTestId('refused');
  }

  async enter(passphrase: string): Promise<void> {
    await this.locked.getByTestId('passphrase').fill(passphrase);
    await this.locked.getByTestId('unlock').click();
  }

  async lockNow(): Promise<void> {
    await this.#window.getByTestId('about-button').click();
    await this.#window.getByTestId('lock-now').click();
    await this.locked.waitFor();
  }
}
