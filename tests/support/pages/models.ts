/** The models screen: what is here, and bringing one in. */
import type { Locator, Page } from 'playwright-core';
import { textOf } from './text.ts';

export class ModelsPage {
  readonly #window: Page;
  readonly cards: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.cards = window.getByTestId('model-card');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('nav-models').click();
    await this.cards.first().waitFor();
  }

  card(name: string): Locator {
    return this.#window.locator(`[data-testid=model-card][data-model="${name}"]`);
  }

  /** What the card says of where the weights come from. */
  standing(name: string): Promise<string> {
    return textOf(this.card(name).getByTestId('model-standing'));
  }

  /** Goes through the import dialog; the operating system's dialog is answered beforehand. */
  async import(what: 'file' | 'folder', name?: string): Promise<void> {
    await this.#window.getByTestId('import-model').click();
    await this.#window.getByTestId(`choose-model-${what}`).click();
    await this.#window.getByTestId('chosen-model').waitFor();
    if (name !== undefined) await this.#window.getByTestId('model-name').fill(name);
    await this.#window.getByTestId('start-model-import').click();
    await this.#window.getByTestId('import-model-dialog').waitFor({ state: 'detached' });
  }

  async export(name: string): Promise<void> {
    await this.card(name).getByTestId('export-model').click();
  }

  async verify(name: string): Promise<void> {
    await this.card(name).getByTestId('verify-model').click();
  }

  async remove(name: string): Promise<void> {
    await this.card(name).getByTestId('remove-model').click();
    await this.#window.getByTestId('confirm-remove-model').click();
    await this.card(name).waitFor({ state: 'detached' });
  }
}
