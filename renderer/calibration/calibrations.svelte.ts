/** Calibrations and reference sets, kept in step with main. */
import type { CalibrationRow, ReferenceSet } from '../../preload/contract/model.ts';
import type { UnfinishedCalibration } from '../../preload/contract/workstation.ts';
import { attempt } from '../design/notices.svelte.ts';
import { isOver } from '../jobs/succession.ts';
import { call, on } from '../workstation.ts';

class Calibrations {
  rows: readonly CalibrationRow[] = $state.raw([]);
  referenceSets: readonly ReferenceSet[] = $state.raw([]);
  /** Paused or interrupted, to be resumed. */
  unfinished: readonly UnfinishedCalibration[] = $state.raw([]);

  /** Loads the lists and follows changes; returns the way to stop. */
  follow(): () => void {
    void this.reload();
    const stops = [
      on('data.changed', ({ what }) => {
        if (what === 'calibrations') void attempt(() => this.#reloadRows());
        if (what === 'referenceSets') void attempt(() => this.#reloadSets());
      }),
      on('job.changed', (job) => {
        const concerns = isOver(job) || this.unfinished.some(({ id }) => id === job.subject);
        if (job.kind === 'calibrate' && concerns) void attempt(() => this.#reloadUnfinished());
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async activate(id: string): Promise<void> {
    await attempt(async () => {
      await call('calibrations.activate', id);
      await this.#reloadRows();
    });
  }

  /** Called where a list has to be current before the next step, without waiting for the event. */
  async reload(): Promise<void> {
    await attempt(() => Promise.all([this.#reloadRows(), this.#reloadSets(), this.#reloadUnfinished()]));
  }

  async #reloadUnfinished(): Promise<void> {
    this.unfinished = await call('calibrations.unfinished');
  }

  async #reloadRows(): Promise<void> {
    const rows = await call('calibrations.list');
    this.rows = rows.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
    await this.#reloadUnfinished();
  }

  async #reloadSets(): Promise<void> {
    const sets = await call('referenceSets.list');
    this.referenceSets = sets.toSorted((one, other) => other.createdAt.localeCompare(one.createdAt));
  }
}

export const calibrations = new Calibrations();
