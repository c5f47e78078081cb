/** The models that are here, kept in step with main. */
import type { ModelRow, UnusableModel } from '../../preload/contract/model.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call, on } from '../workstation.ts';

class Models {
  rows: readonly ModelRow[] = $state.raw([]);
  unusable: readonly UnusableModel[] = $state.raw([]);

  /** Loads the lists and follows changes; returns the way to stop. */
  follow(): () => void {
    void attempt(() => this.#reload());
    return on('data.changed', ({ what }) => {
      if (what === 'models') void attempt(() => this.#reload());
    });
  }

  async #reload(): Promise<void> {
    [this.rows, this.unusable] = await Promise.all([call('models.list'), call('models.unusable')]);
  }
}

export const models = new Models();
