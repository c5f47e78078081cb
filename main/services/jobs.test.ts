import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { JobStatus } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { type JobContext, Jobs } from './jobs.ts';

function watchedJobs() {
  const seen: JobStatus[] = [];
  const faults: Fault[] = [];
  const jobs = new Jobs({ onChange: (status) => seen.push(status), onFault: (_, fault) => faults.push(fault) });
  return { jobs, seen, faults };
}

const outcome = { summary: 'Done.', subject: 'study' };
const untilCancelled = async ({ signal }: JobContext) => {
  for (;;) {
    throwIfCancelled(signal);
    await sleep(5);
  }
};

describe('a job', () => {
  it('is queued, runs and ends with its outcome', async () => {
    const { jobs, seen } = watchedJobs();
    const id = jobs.start('import', 'Import', null, async () => outcome);
    expect(jobs.list()).toEqual([expect.objectContaining({ id, state: 'queued' })]);
    expect(await jobs.finished(id)).toMatchObject({ state: 'done', summary: 'Done.', subject: 'study', fault: null });
    expect(seen.map(({ state }) => state)).toEqual(['queued', 'running', 'done']);
  });

  it('tells of being queued before it runs, whatever the listener makes run meanwhile', async () => {
    const seen: string[] = [];
    const jobs: Jobs = new Jobs({
      onChange: ({ title, state }) => {
        seen.push(`${title} ${state}`);
        if (title === 'outer' && state === 'queued') jobs.start('import', 'inner', null, async () => outcome);
      },
    });
    await jobs.finished(jobs.start('import', 'outer', null, async () => outcome));
    expect(seen.slice(0, 3)).toEqual(['outer queued', 'inner queued', 'inner running']);
    expect(seen.at(-1)).toBe('outer done');
  });

  it('tells of its progress, not of every step, and estimates what is left', async () => {
    const { jobs, seen } = watchedJobs();
    const id = jobs.start('analyse', 'Analyse', null, async ({ progress }) => {
      for (let done = 0; done <= 500; done++) {
        progress({ done, total: 1000, unit: 'images', note: '' });
        if (done % 100 === 0) await sleep(30);
      }
      return outcome;
    });
    const status = await jobs.finished(id);
    expect(status.progress.done).toBe(500);
    const running = seen.filter(({ state, progress }) => state === 'running' && progress.done > 0);
    expect(running.length).toBeGreaterThan(0);
    expect(running.length).toBeLessThan(50);
    expect(running.at(-1)?.secondsLeft).toBeGreaterThan(0);
  });

  it('fails with a Fault, whatever was thrown', async () => {
    const { jobs, faults } = watchedJobs();
    const typed = jobs.start('export', 'Export', null, async () => {
      throw new Fault('disk-full', 'The disk is full.');
    });
    const untyped = jobs.start('export', 'Export', null, async () => {
      throw 'a string';
    });
    expect((await jobs.finished(typed)).fault).toEqual({ code: 'disk-full', message: 'The disk is full.' });
    expect(await jobs.finished(untyped)).toMatchObject({ state: 'failed', fault: { code: 'internal' } });
    expect(faults.map(({ code }) => code)).toEqual(['disk-full', 'internal']);
  });

  it('can be cancelled while it runs and while it waits', async () => {
    const { jobs, faults } = watchedJobs();
    const running = jobs.start('calibrate', 'Calibrate', null, untilCancelled);
    let started = false;
    const waiting = jobs.start('calibrate', 'Calibrate', null, async () => {
      started = true;
      return outcome;
    });
    await sleep(10);
    jobs.cancel(waiting);
    jobs.cancel(running);
    expect((await jobs.finished(running)).state).toBe('cancelled');
    expect((await jobs.finished(waiting)).state).toBe('cancelled');
    expect(started).toBe(false);
    expect(faults).toEqual([]);
    expect(() => jobs.cancel('unknown')).toThrowError(expect.objectContaining({ code: 'not-found' }));
  });

  it('of a study runs beside another and beside a calibration; a third waits its turn', async () => {
    const { jobs } = watchedJobs();
    const [calibration, first, second, third] = (['calibrate', 'analyse', 'analyse', 'analyse'] as const).map((kind) =>
      jobs.start(kind, kind, null, untilCancelled),
    ) as [string, string, string, string];
    await sleep(10);
    const states = () =>
      [calibration, first, second, third].map((id) => jobs.list().find((job) => job.id === id)?.state);
    expect(states()).toEqual(['running', 'running', 'running', 'queued']);
    jobs.cancel(second);
    await jobs.finished(second);
    await sleep(10);
    expect(states()).toEqual(['running', 'running', 'cancelled', 'running']);
    await jobs.close();
  });

  it('waits for those that need the same, and for no others', async () => {
    const { jobs } = watchedJobs();
    const order: string[] = [];
    const note = (name: string, ms: number) => async () => {
      order.push(`${name} starts`);
      await sleep(ms);
      order.push(`${name} ends`);
      return outcome;
    };
    jobs.start('calibrate', 'first', null, note('first', 40));
    const second = jobs.start('calibrate', 'second', null, note('second', 1));
    jobs.start('import', 'import', null, note('import', 1));
    await jobs.finished(second);
    expect(order).toEqual([
      'first starts',
      'import starts',
      'import ends',
      'first ends',
      'second starts',
      'second ends',
    ]);
  });

  it('goes on after one before it failed, and all end when the application does', async () => {
    const { jobs } = watchedJobs();
    jobs.start('calibrate', 'Calibrate', null, async () => {
      throw new Fault('engine-died', 'The engine stopped.');
    });
    const next = jobs.start('calibrate', 'Calibrate', null, async () => outcome);
    expect((await jobs.finished(next)).state).toBe('done');
    const endless = jobs.start('analyse', 'Analyse', null, untilCancelled);
    await jobs.close();
    expect((await jobs.finished(endless)).state).toBe('cancelled');
  });
});
