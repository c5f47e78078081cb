/** A job's life goes one way: waiting, running, over. */
import type { JobStatus } from '../../preload/contract/model.ts';

type Moment = Pick<JobStatus, 'state' | 'secondsElapsed'>;

const rank: Readonly<Record<JobStatus['state'], number>> = {
  queued: 0,
  running: 1,
  done: 2,
  failed: 2,
  cancelled: 2,
  paused: 2,
};

export function isOver(job: Pick<JobStatus, 'state'>): boolean {
  return rank[job.state] === 2;
}

/**
 * Whether a status tells of a later moment than the one before. Statuses can arrive in another order than they were
 * sent: one that main sends while it answers a call has come after its successors (seen with Electron 33).
 */
export function isLater(job: Moment, before: Moment | undefined): boolean {
  if (!before) return true;
  const step = rank[job.state] - rank[before.state];
  return step > 0 || (step === 0 && job.secondsElapsed >= before.secondsElapsed);
}
