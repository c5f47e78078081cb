/** The worklist: bringing studies in, finding and opening them. */
import type { Locator, Page } from 'playwright-core';
import { typeDay } from './day.ts';

/** What a row says, column by column. */
export interface WorklistRow {
  readonly patient: string;
  readonly patientId: string;
  readonly study: string;
  readonly modality: string;
  readonly date: string;
  readonly images: number;
  readonly state: string;
  readonly score: string;
  readonly flagged: string;
}

export class WorklistPage {
  readonly #window: Page;
  readonly rows: Locator;
  readonly search: Locator;
  readonly count: Locator;

  constructor(window: Page) {
    this.#window = window;
    this.rows = window.getByTestId('study-row');
    this.search = window.getByTestId('worklist-search');
    this.count = window.getByTestId('worklist-count');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('nav-worklist').click();
    await this.#window.locator('#worklist-title').waitFor();
  }

  async openDemo(): Promise<void> {
    await this.#window.getByTestId('open-demo').click();
  }

  /** The dialog must have been answered before; see dialogs.ts. */
  async import(what: 'files' | 'folder'): Promise<void> {
    await this.open();
    await this.#window.getByTestId(`import-${what}`).click();
  }

  /** Files and folders let go over the window, as from the file manager of the system. */
  async drop(paths: readonly string[]): Promise<void> {
    const session = await this.#window.context().newCDPSession(this.#window);
    const data = { items: [], files: [...paths], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
    await session.detach();
  }

  /** Answers the form that photographs are met with: in its own words, or not at all. */
  async tellOfPhotos(fields: Readonly<Record<string, string>> | 'nothing'): Promise<void> {
    const form = this.#window.getByTestId('photo-form');
    await form.waitFor();
    if (fields === 'nothing') await form.getByTestId('photos-without').click();
    else {
      const { 'Date of birth': birth, ...others } = fields;
      for (const [label, value] of Object.entries(others))
        await form.getByRole('textbox', { name: label, exact: true }).fill(value);
      if (birth) await typeDay(form.getByTestId('photo-birth'), birth);
      await form.getByRole('button', { name: 'Import', exact: true }).click();
    }
    await form.waitFor({ state: 'hidden' });
  }

  row(studyInstanceUid: string): Locator {
    return this.#window.locator(`[data-testid="study-row"][data-study="${studyInstanceUid}"]`);
  }

  /** The headings of the columns that are shown. */
  async columns(): Promise<readonly string[]> {
    return (await this.#window.getByRole('columnheader').allInnerTexts()).map((heading) => heading.trim());
  }

  /** For each row whether it stands below another study of its patient. */
  priors(): Promise<readonly boolean[]> {
    return this.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-prior') === 'true'));
  }

  /** 1 for the first row of the list, wherever it is scrolled to; 0 where no row has the focus. */
  focusedPlace(): Promise<number> {
    return this.#window.evaluate(() => Number(document.activeElement?.getAttribute('aria-rowindex') ?? 1) - 1);
  }

  focusedText(): Promise<string> {
    return this.#window.evaluate(() => document.activeElement?.textContent ?? '');
  }

  /** What the rows in sight say, from top to bottom, with all columns but the last shown. */
  async read(): Promise<readonly WorklistRow[]> {
    await this.#window.waitForFunction(
      () => document.querySelector('[data-testid="study-row"] [aria-busy="true"]') === null,
    );
    const texts = await this.rows.evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent?.replace(/\s+/g, ' ').trim())),
    );
    return texts.map(([patient, patientId, study, modality, date, images, state, score, flagged]) => ({
      patient: patient ?? '',
      patientId: patientId ?? '',
      study: study ?? '',
      modality: modality ?? '',
      date: date ?? '',
      images: Number(images),
      state: state ?? '',
      score: score ?? '',
      flagged: flagged ?? '',
    }));
  }

  /** Asks to remove a study, by the menu of its row; the answer is `confirm-remove` or Escape. */
  async askToRemove(studyInstanceUid: string): Promise<Locator> {
    await this.row(studyInstanceUid).click({ button: 'right' });
    await this.#window.getByTestId('remove-study-item').click();
    const dialog = this.#window.getByTestId('remove-study');
    await dialog.waitFor();
    return dialog;
  }

  /** Opens a study with a double click and waits for its picture. */
  async openStudy(studyInstanceUid: string): Promise<void> {
    await this.row(studyInstanceUid).dblclick();
    await this.#window.locator('[data-testid="stack"][data-rendered="true"]').first().waitFor();
  }
}
