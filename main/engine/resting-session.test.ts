import { describe, expect, it } from 'vitest';
import { restingSession } from './resting-session.ts';
import type { Session, TensorValue } from './sessions.ts';

/** A session whose runs end when the test says so. */
function fakeSessions() {
  const events: string[] = [];
  const ends: (() => void)[] = [];
  let opened = 0;
  const open = async (): Promise<Session> => {
    const name = ++opened;
    events.push(`open ${name}`);
    return {
      inputs: ['x'],
      outputs: ['y'],
      async run() {
        events.push(`run ${name}`);
        await new Promise<void>((end) => ends.push(end));
        return { y: { dims: [], data: Float32Array.of(name) } satisfies TensorValue };
      },
      async close() {
        events.push(`close ${name}`);
      },
    };
  };
  return { open, events, ends };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a session that can rest', () => {
  it('opens again at its next run, and rests as often as it is asked to', async () => {
    const { open, events, ends } = fakeSessions();
    const session = await restingSession(open);
    expect([session.inputs, session.outputs]).toEqual([['x'], ['y']]);
    await session.rest();
    await session.rest();
    const run = session.run({});
    await turn();
    ends[0]!();
    expect((await run).y!.data[0]).toBe(2);
    expect(events).toEqual(['open 1', 'close 1', 'open 2', 'run 2']);
  });

  it('is closed only when its runs are over, also those of others', async () => {
    const { open, events, ends } = fakeSessions();
    const session = await restingSession(open);
    const [first, second] = [session.run({}), session.run({})];
    const resting = session.rest();
    await turn();
    expect(events).toEqual(['open 1', 'run 1', 'run 1']);
    ends[0]!();
    await first;
    await turn();
    expect(events).not.toContain('close 1');
    ends[1]!();
    await Promise.all([second, resting]);
    expect(events.at(-1)).toBe('close 1');
  });

  it('tries to open once more after it could not', async () => {
    const { open, events, ends } = fakeSessions();
    let fails = false;
    const session = await restingSession(async () => {
      if (fails) throw new Error('no memory');
      return await open();
    });
    await session.rest();
    fails = true;
    await expect(session.run({})).rejects.toThrow('no memory');
    await session.rest(); // nothing to close
    fails = false;
    const run = session.run({});
    await turn();
    ends[0]!();
    expect((await run).y!.data[0]).toBe(2);
    expect(events).toEqual(['open 1', 'close 1', 'open 2', 'run 2']);
  });
});
