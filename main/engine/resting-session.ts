/** A session that can be laid to rest: it gives its memory back and opens again when it is next run. */
import type { Session } from './sessions.ts';

export interface RestingSession extends Session {
  /** Gives back what the session holds, once its present runs are over. The next run opens it again. */
  rest(): Promise<void>;
}

/** @throws Fault what `open` throws, also at a run that opens the session again */
export async function restingSession(open: () => Promise<Session>): Promise<RestingSession> {
  const first = await open();
  let awake: Promise<Session> | null = Promise.resolve(first);
  const running = new Set<Promise<unknown>>();

  const wake = (): Promise<Session> => {
    awake ??= open().catch((thrown: unknown) => {
      awake = null;
      throw thrown;
    });
    return awake;
  };
  const rest = async (): Promise<void> => {
    const session = awake;
    awake = null; // a run from here on opens another one
    await Promise.allSettled(running);
    await (await session)?.close();
  };
  return {
    inputs: first.inputs,
    outputs: first.outputs,
    async run(...what) {
      const run = wake().then((session) => session.run(...what));
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    rest,
    close: rest,
  };
}
