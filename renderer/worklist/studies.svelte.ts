/** The demo studies; and all that the store holds, for the screens that choose among them. */
import type { StudyRow } from '../../preload/contract/model.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call, on } from '../workstation.ts';

class Studies {
  #rows: readonly StudyRow[] = $state.raw([]);
  #following = false;

  /** Every study, kept in step with main from the first time that somebody asks; the worklist itself does not. */
  get rows(): readonly StudyRow[] {
    if (!this.#following) {
      this.#following = true;
      void this.#reload();
      on('data.changed', ({ what }) => {
        if (what === 'studies' || what === 'analyses' || what === 'reports') void this.#reload();
      });
    }
    return this.#rows;
  }

  async #reload(): Promise<void> {
    const rows = await attempt(() => call('studies.list'));
    if (rows) this.#rows = rows;
  }

  importDemo(): Promise<unknown> {
    return attempt(() => call('studies.importDemo'));
  }
}

export const studies = new Studies();
