/** The calibration screen: reference set, settings, the run with its loss, the result. */
import type { Locator, Page } from 'playwright-core';
import { textOf } from './text.ts';

export interface CalibrationChoice {
  /** `fast` when absent: enough steps to see it train. */
  readonly preset?: 'default' | 'fast';
  readonly name?: string;
  readonly shots?: number;
  /** Share of normals that may be flagged, in percent. */
  readonly toleratedPercent?: number;
}

/** What a running calibration shows at one moment. */
export interface RunState {
  readonly steps: string;
  readonly timeLeft: string;
  readonly loss: string;
}

export class CalibrationPage {
  readonly #window: Page;
  readonly run: Locator;
  readonly detail: Locator;
  readonly fault: Locator;
  readonly save: Locator;
  readonly chosenCount: Locator;
  readonly rows: Locator;
  readonly start: Locator;
  readonly promise: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.run = window.getByTestId('calibration-run');
    this.detail = window.getByTestId('calibration-detail');
    this.fault = window.getByTestId('calibration-fault');
    this.save = window.getByTestId('save-reference-set');
    this.chosenCount = window.getByTestId('chosen-count');
    this.rows = window.getByTestId('calibration-row');
    this.start = window.getByTestId('start-calibration');
    this.promise = window.getByTestId('promise');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('nav-calibration').click();
    await this.#window.getByTestId('new-calibration').waitFor();
  }

  /** Begins a new calibration of the kind that its images will say, and goes to their choice. */
  async new(): Promise<void> {
    await this.open();
    await this.#window.getByTestId('new-calibration').click();
    await this.#window.getByTestId('wizard').waitFor();
    await this.goTo('scope');
    await this.#window.getByTestId('scope-any').check();
    await this.goTo('reference');
  }

  /** One of the steps that are reached. */
  async goTo(step: 'scope' | 'reference' | 'preview' | 'run' | 'evidence' | 'save'): Promise<void> {
    await this.#window.getByTestId(`step-${step}`).click();
    await this.#window.locator(`[data-testid="wizard"][data-step="${step}"]`).waitFor();
  }

  /** Ticks all images of the studies that the filter leaves. */
  async chooseStudies(filter: string): Promise<void> {
    await this.#window.getByTestId('filter-studies').fill(filter);
    await this.#window.getByTestId('choose-all-studies').click();
  }

  /** Takes so many pictures of the middle of each stack that the filter leaves. */
  async chooseSlices({ filter, images }: { readonly filter: string; readonly images: number }): Promise<void> {
    await this.#window.getByTestId('filter-studies').fill(filter);
    await this.#window.getByTestId('slices-images').fill(String(images));
    await this.#window.getByTestId('choose-slices').click();
  }

  /** Opens one study and ticks its images by their place, from 0. */
  async chooseImages(filter: string, places: readonly number[]): Promise<void> {
    await this.#window.getByTestId('filter-studies').fill(filter);
    await this.#window.getByTestId('reference-study').first().getByRole('button').click();
    const frames = this.#window.getByTestId('reference-frame');
    for (const place of places) await frames.nth(place).getByRole('checkbox').check();
  }

  /** Has the chosen images looked over. */
  async check(): Promise<void> {
    await this.#window.getByTestId('check-images').click();
    await this.#window.getByTestId('image-checks').waitFor({ timeout: 120_000 });
  }

  /** Checks, names, confirms and saves the chosen images, and goes on to the settings of the training. */
  async saveReferenceSet(name: string): Promise<void> {
    await this.check();
    await this.saveChecked(name);
  }

  /** Names, confirms and saves the chosen images, once they are checked. */
  async saveChecked(name: string): Promise<void> {
    await this.#window.getByTestId('reference-set-name').fill(name);
    await this.#window.getByTestId('confirm-normal').check();
    await this.save.click();
    await this.#window.getByTestId('anomaly-examples').locator('canvas').first().waitFor();
    await this.goTo('run');
  }

  /** Takes a saved set, which is looked over before it is used: the next step follows where nothing speaks against it. */
  async lookOverReferenceSet(name: string): Promise<void> {
    const select = this.#window.getByTestId('existing-reference-set');
    const option = select.locator('option', { hasText: name });
    await select.selectOption((await option.first().getAttribute('value')) ?? '');
    await this.#window.getByTestId('use-reference-set').click();
    const preview = this.#window.locator('[data-testid="wizard"][data-step="preview"]');
    await this.#window.getByTestId('use-as-saved').or(preview).waitFor({ timeout: 120_000 });
  }

  /** Uses a saved set, whatever its check finds. */
  async useReferenceSet(name: string): Promise<void> {
    await this.lookOverReferenceSet(name);
    const allTheSame = this.#window.getByTestId('use-as-saved');
    if (await allTheSame.isVisible()) await allTheSame.click();
    await this.goTo('run');
  }

  /** Starts on the CPU, because not every machine has more. */
  async begin(choice: CalibrationChoice = {}): Promise<void> {
    await this.goTo('scope');
    await this.#window.getByTestId(`preset-${choice.preset ?? 'fast'}`).check();
    await this.goTo('run');
    await this.#window.getByTestId('provider').selectOption('cpu');
    if (choice.name !== undefined) await this.#window.getByTestId('calibration-name').fill(choice.name);
    if (choice.shots !== undefined) await this.#window.getByTestId('shots').fill(String(choice.shots));
    if (choice.toleratedPercent !== undefined)
      await this.#window.getByTestId('tolerated-share').fill(String(choice.toleratedPercent));
    await this.start.click();
    await this.run.waitFor();
  }

  async runState(): Promise<RunState> {
    const [steps = '', timeLeft = '', loss = ''] = await Promise.all(
      ['calibration-steps', 'calibration-time-left', 'calibration-loss'].map((id) =>
        textOf(this.#window.getByTestId(id)),
      ),
    );
    return { steps, timeLeft, loss };
  }

  /** Waits until training itself is under way: the first loss is there. */
  async training(): Promise<void> {
    await this.#window.getByTestId('calibration-loss').filter({ hasText: /\d/ }).waitFor({ timeout: 120_000 });
  }

  /** Waits until so many training steps are done. */
  async trained(steps: number): Promise<void> {
    await this.training();
    const deadline = Date.now() + 120_000;
    while (Number.parseInt((await this.runState()).steps.replace(/\D.*/, ''), 10) < steps) {
      if (Date.now() > deadline) throw new Error(`no ${steps} steps within two minutes`);
      await this.#window.waitForTimeout(50);
    }
  }

  /** Settles on the share, after which confirmed cases are shown. */
  async fixShare(): Promise<void> {
    await this.#window.getByTestId('fix-share').click();
    await this.#window.getByTestId('share-fixed').waitFor();
  }

  /** Waits for the evidence, and saves the calibration under its name. */
  async finished(name: string): Promise<void> {
    await this.#window.getByTestId('step-evidence-body').waitFor({ timeout: 180_000 });
    await this.goTo('save');
    await this.#window.getByTestId('save-calibration').click();
    await this.detail.getByRole('heading', { name, exact: true }).waitFor();
  }

  async cancel(): Promise<void> {
    await this.#window.getByTestId('cancel-calibration').click();
  }

  /** Once the run shown is in the state. */
  async ended(state: 'failed' | 'cancelled'): Promise<void> {
    await this.run.and(this.#window.locator(`[data-state="${state}"]`)).waitFor({ timeout: 60_000 });
  }

  /** Writes the calibration that is shown to where the dialog was answered. @returns the key that the window names */
  async export(): Promise<string> {
    await this.#window.getByTestId('export-calibration').click();
    const key = await textOf(this.#window.getByTestId('own-key'));
    await this.#window.getByTestId('write-calibration').click();
    await this.#window.getByTestId('export-dialog').waitFor({ state: 'hidden' });
    return key;
  }

  /** Writes the evaluation card of the calibration that is shown to where the dialog was answered. */
  async exportCard(): Promise<void> {
    await this.#window.getByTestId('export-card').click();
    await this.#window.getByTestId('notices-done').filter({ hasText: 'The evaluation card was written to' }).waitFor();
  }

  /** Imports the file that the dialog was answered with, if it is signed with this key. */
  async import(key: string): Promise<void> {
    await this.open();
    await this.#window.getByTestId('import-calibration').click();
    await this.#window.getByTestId('file-key').filter({ hasText: key }).waitFor();

    await this.#window.getByTestId('key-compared').check();
    await this.#window.getByTestId('take-calibration').click();
    await this.#window.getByTestId('import-dialog').waitFor({ state: 'hidden' });
  }

  /** Pauses the run that is shown. */
  async pause(): Promise<void> {
    await this.#window.getByTestId('pause-calibration').click();
    await this.run.and(this.#window.locator('[data-state="paused"]')).waitFor();
  }

  /** Goes on with the newest unfinished calibration. */
  async resume(): Promise<void> {
    await this.open();
    await this.#window.getByTestId('resume-calibration').first().click();
    await this.run.waitFor();
  }

  /** Of the calibration that is shown; waits for it. */
  async measureNullBaseline(): Promise<void> {
    await this.#window.getByTestId('measure-null-baseline').click();
    await this.#window.getByTestId('null-auroc').waitFor({ timeout: 120_000 });
  }

  /** @returns the rows of the table, as text */
  async compareOnSameImages(): Promise<readonly string[]> {
    await this.#window.getByTestId('compare-same-images').click();
    const table = this.#window.getByTestId('before-after');
    await table.waitFor({ timeout: 60_000 });
    const cells = async (row: Locator) => (await row.locator('th, td').allTextContents()).join(' ');
    return await Promise.all((await table.locator('tbody tr').all()).map(cells));
  }

  /** Shows a calibration of the list. */
  async show(name: string): Promise<void> {
    await this.open();
    await this.rows.filter({ hasText: name }).first().getByRole('button').click();
    await this.detail.getByRole('heading', { name, exact: true }).waitFor();
  }

  /** Writes a saved set into the folder that the dialog was answered with. */
  async exportReferenceSet(name: string): Promise<void> {
    const select = this.#window.getByTestId('existing-reference-set');
    const option = select.locator('option', { hasText: name }).first();
    await select.selectOption((await option.getAttribute('value')) ?? '');
    await this.#window.getByTestId('export-reference-set').click();
  }
}
