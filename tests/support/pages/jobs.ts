/** Long work as the window shows it: the tray with its jobs, and the notices. */
import type { Locator, Page } from 'playwright-core';
import type { JobKind, JobStatus } from '../../../preload/contract/model.ts';

export class JobsTray {
  readonly #window: Page;
  readonly tray: Locator;
  readonly button: Locator;
  /** Failures that wait to be dismissed. */
  readonly faults: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.tray = window.getByTestId('jobs-tray');
    this.button = window.getByTestId('jobs-button');
    this.faults = window.getByTestId('notices-fault').getByTestId('notice');
  }

  async open(): Promise<void> {
    if (!(await this.tray.isVisible())) await this.button.click();
    await this.tray.waitFor();
  }

  async close(): Promise<void> {
    if (await this.tray.isVisible()) await this.#window.keyboard.press('Escape');
    await this.tray.waitFor({ state: 'hidden' });
  }

  /** The newest job of a kind, once it is in the state. */
  async waitFor(kind: JobKind, state: JobStatus['state']): Promise<Locator> {
    await this.open();
    const newest = this.tray.locator(`[data-testid="job"][data-kind="${kind}"]`).first();
    await newest.and(this.#window.locator(`[data-state="${state}"]`)).waitFor({ timeout: 180_000 });
    return newest;
  }

  /** What the newest import left out: file name and reason. */
  async skippedFiles(): Promise<ReadonlyMap<string, string>> {
    const job = await this.waitFor('import', 'done');
    await job.getByRole('button', { name: 'Files that were skipped' }).click();
    const items = job.getByTestId('skipped-files').locator('li');
    await items.first().waitFor();
    const pairs = await items.evaluateAll((found) =>
      found.map((item) => [...item.querySelectorAll('span')].map((span) => span.textContent ?? '')),
    );
    return new Map(pairs.map(([path = '', reason = '']) => [path.split(/[\\/]/).at(-1) ?? '', reason]));
  }

  async dismissFaults(): Promise<void> {
    while ((await this.faults.count()) > 0) await this.faults.first().getByRole('button').click();
  }
}
