/** Bringing files in: chosen or dropped, with a form in between where photographs are among them. */
import type { PhotoDetails } from '../../preload/contract/model.ts';
import type { CallArguments } from '../../preload/contract/workstation.ts';
import { attempt } from '../design/notices.svelte.ts';
import { call, droppedPaths } from '../workstation.ts';

/** Files that wait for what a person says about their photographs. */
interface Waiting {
  readonly paths: readonly string[];
  readonly photos: number;
}

type ImportArguments = CallArguments<'studies.importPaths'>;

class Imports {
  waiting: Waiting | null = $state.raw(null);

  async choose(what: 'files' | 'folder'): Promise<void> {
    const paths = await attempt(() => call('studies.choosePaths', what));
    if (paths) await this.#begin(paths);
  }

  async drop(transfer: DataTransfer): Promise<void> {
    const paths = droppedPaths(transfer);
    if (paths.length > 0) await this.#begin(paths);
  }

  /** With what the form says, or without. */
  async answer(photo: PhotoDetails | null): Promise<void> {
    const { waiting } = this;
    this.waiting = null;
    if (waiting) await this.#start(waiting.paths, photo);
  }

  cancel(): void {
    this.waiting = null;
  }

  async #begin(paths: readonly string[]): Promise<void> {
    const photos = await attempt(() => call('studies.countPhotos', [...paths]));
    if (photos) this.waiting = { paths, photos };
    else await this.#start(paths, null);
  }

  async #start(paths: readonly string[], photo: PhotoDetails | null): Promise<void> {
    await attempt(() => call('studies.importPaths', [...paths], photo as ImportArguments[1]));
  }
}

export const imports = new Imports();
