/** The worklist: bringing studies in, finding and opening them. */
import type { Locator, Page } from 'playwright-core';

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

  constructor(window: Page) {
    this.#window = window;
    this.rows = window.getByTestId('study-row');
    this.search = window.getByTestId('worklist-search');
  }

  async open(): Promise<void> {
    await this.#window.getByTestId('nav-worklist').click();
    await this.#window.getByRole('heading', { name: 'Worklist' }).waitFor();
  }

  async openDemo(): Promise<void> {
    await this.#window.getByTestId('open-demo').click();
  }

  /** The dialog must have been answered before; see dialogs.ts. */
  async import(what: 'files' | 'folder'): Promise<void> {
    await this.open();
    await this.#window.getByTestId(`import-${what}`).click();
  }

  row(studyInstanceUid: string): Locator {
    return this.#window.locator(`[data-testid="study-row"][data-study="${studyInstanceUid}"]`);
  }

  /** What the rows say, from top to bottom. */
  async read(): Promise<readonly WorklistRow[]> {
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

  /** Opens a study with a double click and waits for its picture. */
  async openStudy(studyInstanceUid: string): Promise<void> {
    await this.row(studyInstanceUid).dblclick();
    await this.#window.locator('[data-testid="stack"][data-rendered="true"]').waitFor();
  }
}
