/** The worklist as the reader has set it: search, filters, order, columns; and the rows that are in sight. */
import { SvelteMap } from 'svelte/reactivity';
import type { StudyRow, WorklistColumn, WorklistFound } from '../../preload/contract/model.ts';
import type { WorklistQuery } from '../../preload/contract/workstation.ts';
import { attempt } from '../design/notices.svelte.ts';
import { oneOf, remember, remembered } from '../remembered.ts';
import { call, on } from '../workstation.ts';

/** In the order in which they stand. */
export const columns: readonly WorklistColumn[] = [
  'patient',
  'id',
  'description',
  'modality',
  'date',
  'images',
  'state',
  'score',
  'flagged',
  'imported',
];
export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];

/** Columns of which the high end is the interesting one. */
const startsDescending: readonly WorklistColumn[] = ['date', 'images', 'score', 'flagged', 'imported'];
const noFilters = {
  text: '',
  patient: '',
  from: '',
  to: '',
  modality: '',
  state: '',
  flagged: false,
  unread: false,
} as const satisfies Partial<WorklistQuery>;

const pauseWhileTypingMs = 120;
const mostRowsAtOnce = 200;
const mostRowsKept = 4000;

class WorklistView {
  query: WorklistQuery = $state({
    ...noFilters,
    orderBy: remembered('worklist.orderBy', 'date', oneOf(columns)),
    descending: remembered('worklist.descending', true, (value) => typeof value === 'boolean'),
    priorsTogether: remembered('worklist.priors', false, (value) => typeof value === 'boolean'),
  });
  hidden: readonly WorklistColumn[] = $state.raw(remembered('worklist.hidden', ['imported'], isColumns));
  density: Density = $state(remembered('worklist.density', 'comfortable', oneOf(densities)));
  found: WorklistFound | null = $state.raw(null);
  /** Counts up whenever rows may have changed. */
  generation: number = $state(0);
  readonly shown: readonly WorklistColumn[] = $derived(columns.filter((column) => !this.hidden.includes(column)));
  readonly filtered: boolean = $derived(
    Object.entries(noFilters).some(([name, none]) => this.query[name as keyof typeof noFilters] !== none),
  );
  readonly #rows = new SvelteMap<string, StudyRow>();
  readonly #wanted = new Set<string>();
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Searches, and again whenever something changed; returns the way to stop. */
  follow(): () => void {
    void this.search();
    return on('data.changed', ({ what }) => {
      if (what === 'studies' || what === 'analyses' || what === 'reports') void this.search();
    });
  }

  /** Changes what is asked for; typing waits for its end. */
  ask(change: Partial<WorklistQuery>): void {
    Object.assign(this.query, change);
    remember('worklist.orderBy', this.query.orderBy);
    remember('worklist.descending', this.query.descending);
    remember('worklist.priors', this.query.priorsTogether);
    clearTimeout(this.#timer);
    if ('text' in change || 'patient' in change) this.#timer = setTimeout(() => void this.search(), pauseWhileTypingMs);
    else void this.search();
  }

  clearFilters(): void {
    this.ask({ ...noFilters });
  }

  sortBy(column: WorklistColumn): void {
    const again = this.query.orderBy === column;
    this.ask({ orderBy: column, descending: again ? !this.query.descending : startsDescending.includes(column) });
  }

  async search(): Promise<void> {
    clearTimeout(this.#timer);
    const turn = ++this.#asked;
    const found = await attempt(() => call('studies.find', $state.snapshot(this.query)));
    if (!found || turn !== this.#asked) return; // overtaken by a later search
    this.found = found;
    if (this.#rows.size > mostRowsKept) this.#rows.clear();
    this.generation++;
  }

  row(studyInstanceUid: string): StudyRow | undefined {
    return this.#rows.get(studyInstanceUid);
  }

  /** Asks for a row that is in sight; rows that come into sight together are asked for together. */
  want(studyInstanceUid: string): void {
    if (this.#wanted.size === 0) queueMicrotask(() => void this.#load());
    this.#wanted.add(studyInstanceUid);
  }

  async #load(): Promise<void> {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    for (let at = 0; at < wanted.length; at += mostRowsAtOnce) {
      const rows = await attempt(() => call('studies.rows', wanted.slice(at, at + mostRowsAtOnce)));
      for (const row of rows ?? []) this.#rows.set(row.studyInstanceUid, row);
    }
  }

  toggleColumn(column: WorklistColumn): void {
    this.hidden = this.hidden.includes(column)
      ? this.hidden.filter((other) => other !== column)
      : [...this.hidden, column];
    remember('worklist.hidden', this.hidden);
  }

  chooseDensity(density: Density): void {
    this.density = density;
    remember('worklist.density', density);
  }
}

function isColumns(value: unknown): value is readonly WorklistColumn[] {
  return Array.isArray(value) && value.every(oneOf(columns)) && !value.includes('patient');
}

export const worklist = new WorklistView();
