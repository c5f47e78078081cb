/** The studies that the store holds, kept in step with main. */
import type { StudyRow } from '../../preload/contract/model.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call, droppedPaths, on } from '../workstation.ts';

class Studies {
  rows: readonly StudyRow[] = $state.raw([]);
  loaded: boolean = $state(false);

  /** Loads the list and follows changes; returns the way to stop. */
  follow(): () => void {
    void this.reload();
    return on('data.changed', ({ what }) => {
      if (what !== 'calibrations' && what !== 'referenceSets') void this.reload();
    });
  }

  async reload(): Promise<void> {
    const rows = await attempt(() => call('studies.list'));
    if (rows) this.rows = rows;
    this.loaded = true;
  }

  chooseAndImport(what: 'files' | 'folder'): Promise<unknown> {
    return attempt(() => call('studies.chooseAndImport', what));
  }

  importDemo(): Promise<unknown> {
    return attempt(() => call('studies.importDemo'));
  }

  async importDropped(transfer: DataTransfer): Promise<void> {
    const paths = droppedPaths(transfer);
    if (paths.length > 0) await attempt(() => call('studies.importPaths', paths));
  }
}

export const studies = new Studies();
