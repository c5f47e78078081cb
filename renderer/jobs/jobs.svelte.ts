/** The long work that main is doing, newest first. */
import type { JobStatus } from '../../preload/contract/model.ts';
import { attempt, notices } from '../design/notices.svelte.ts';
import { translated } from '../language/main-words.ts';
import { call, FaultError, on } from '../workstation.ts';
import { isLater, isOver } from './succession.ts';

class Jobs {
  list: readonly JobStatus[] = $state.raw([]);
  readonly running: readonly JobStatus[] = $derived(this.list.filter((job) => !isOver(job)));

  /** Loads the list and follows changes; returns the way to stop. */
  follow(): () => void {
    void attempt(async () => {
      for (const job of await call('jobs.list')) if (isLater(job, this.find(job.id))) this.#put(job);
    });
    return on('job.changed', (job) => {
      const before = this.find(job.id);
      if (!isLater(job, before)) return;
      this.#put(job);
      if (isOver(job) && !(before && isOver(before))) this.#tell(job);
    });
  }

  find(id: string): JobStatus | undefined {
    return this.list.find((job) => job.id === id);
  }

  cancel(id: string): Promise<unknown> {
    return attempt(() => call('jobs.cancel', id));
  }

  #put(job: JobStatus): void {
    const others = this.list.filter((other) => other.id !== job.id);
    this.list = [...others, job].toSorted((one, other) => other.startedAt.localeCompare(one.startedAt));
  }

  #tell(job: JobStatus): void {
    if (job.state === 'done' && job.summary) notices.done(translated(job.summary));
    if (job.state === 'failed' && job.fault) notices.fault(new FaultError(job.fault));
  }
}

export const jobs = new Jobs();
