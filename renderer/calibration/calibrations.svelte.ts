/** Calibrations and reference sets, kept in step with main. */
import type { CalibrationRow, ReferenceSet } from '../../preload/contract/model.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call, on } from '../workstation.ts';

class Calibrations {
  rows: readonly CalibrationRow[] = $state.raw([]);
  referenceSets: readonly ReferenceSet[] = $state.raw([]);

  /** Loads the lists and follows changes; returns the way to stop. */
  follow(): () => void {
    void this.reload();
    return on('data.changed', ({ what }) => {
      if (what === 'calibrations') void attempt(() => this.#reloadRows());
      if (what === 'referenceSets') void attempt(() => this.#reloadSets());
    });
  }

  async activate(id: string): Promise<void> {
    await attempt(async () => {
      await call('calibrations.activate', id);
      await this.#reloadRows();
    });
  }

  /** Called where a list has to be current before the next step, without waiting for the event. */
  async reload(): Promise<void> {
    await attempt(() => Promise.all([this.#reloadRows(), this.#reloadSets()]));
  }

  async #reloadRows(): Promise<void> {
    const rows = await call('calibrations.list');
    this.rows = rows.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
  }

  async #reloadSets(): Promise<void> {
    const sets = await call('referenceSets.list');
    this.referenceSets = sets.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
  }
}

export const calibrations = new Calibrations();
