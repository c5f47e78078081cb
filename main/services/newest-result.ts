/** Jobs whose result the window asks for once they are done. */
import type { JobKind } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import type { JobContext, Jobs } from './jobs.ts';

/** Keeps the newest result alone: it is about what the reader has before them. */
export class NewestResult<T> {
  readonly #jobs: Jobs;
  #newest: { readonly id: string; readonly found: T } | null = null;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
  }

  /** Returns the job's id. */
  start(
    kind: JobKind,
    title: string,
    work: (job: JobContext) => Promise<T>,
    summaryOf: (found: T) => string | null,
  ): string {
    return this.#jobs.start(kind, title, null, async (context) => {
      const found = await work(context);
      this.#newest = { id: context.id, found };
      return { summary: summaryOf(found), subject: null };
    });
  }

  /** @throws Fault `not-found` before it is done, and once another one is */
  found(jobId: string): T {
    if (this.#newest?.id !== jobId) throw new Fault('not-found', 'This result is not here any more. Start it again.');
    return this.#newest.found;
  }
}
