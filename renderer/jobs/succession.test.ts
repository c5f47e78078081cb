import { describe, expect, it } from 'vitest';
import { isLater } from './succession.ts';

describe('statuses of a job', () => {
  const queued = { state: 'queued', secondsElapsed: 0 } as const;
  const running = { state: 'running', secondsElapsed: 3 } as const;
  const failed = { state: 'failed', secondsElapsed: 0.001 } as const;

  it('are taken while it goes on', () => {
    expect(isLater(queued, undefined)).toBe(true);
    expect(isLater(running, queued)).toBe(true);
    expect(isLater({ ...running, secondsElapsed: 4 }, running)).toBe(true);
    expect(isLater(failed, running)).toBe(true);
  });

  it('are left out where a later one came first', () => {
    expect(isLater(queued, failed)).toBe(false);
    expect(isLater(running, failed)).toBe(false);
    expect(isLater({ ...running, secondsElapsed: 2 }, running)).toBe(false);
  });
});
