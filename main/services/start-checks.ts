/** Checks of images as jobs; what they found is asked for afterwards. */
import type { CheckedImage } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { Jobs } from './jobs.ts';
import { type CheckRequest, checkImages } from './reference-checks.ts';
import type { Workstation } from './workstation.ts';

export class ReferenceChecks {
  readonly #station: Workstation;
  readonly #jobs: Jobs;
  /** The newest one alone: it is about the images that are being chosen. */
  #newest: { readonly id: string; readonly found: readonly CheckedImage[] } | null = null;

  constructor(station: Workstation, jobs: Jobs) {
    this.#station = station;
    this.#jobs = jobs;
  }

  /** Returns the job's id. */
  start(request: CheckRequest): string {
    return this.#jobs.start('check', `Check ${request.frames.length} images`, null, async (context) => {
      const found = await checkImages(this.#station, request, context);
      this.#newest = { id: context.id, found };
      return { summary: `${found.length} images are checked.`, subject: null };
    });
  }

  /** @throws Fault `not-found` before it is done, and once another one is */
  found(jobId: string): readonly CheckedImage[] {
    if (this.#newest?.id !== jobId)
      throw new Fault('not-found', 'These images were not checked yet. Check them again.');
    return this.#newest.found;
  }
}
