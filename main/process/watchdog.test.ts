/** A child of Node's own that speaks the messages of child.ts, so that it can be killed and can hang for real. */
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ChildHandle, WorkerProcess } from './worker-process.ts';

interface Tasks {
  pid: { input: null; progress: never; output: number };
  hang: { input: null; progress: never; output: never };
  wait: { input: number; progress: never; output: string };
  compute: { input: number; progress: never; output: string };
}

let folder: string;
let script: string;
let workers: WorkerProcess<Tasks>[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mediclip-child-'));
  script = join(folder, 'child.ts');
  writeFileSync(
    script,
    `import { serveTasks } from ${JSON.stringify(join(import.meta.dirname, 'child.ts'))};
     const port = {
       on: (_, listener) => process.on('message', (data) => listener({ data })),
       postMessage: (message) => process.send(message),
     };
     serveTasks(port, {
       pid: () => process.pid,
       hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
       compute: (ms) => { for (const end = Date.now() + ms; Date.now() < end; ); return 'computed'; },
       wait: (ms) => new Promise((resolve) => setTimeout(() => resolve('waited'), ms)),
     });`,
  );
});
afterEach(() => {
  for (const worker of workers) worker.close();
  workers = [];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function startChild(): ChildHandle {
  const child = fork(script, { stdio: 'ignore' });
  return {
    postMessage: (message) => void child.send(message),
    onMessage: (listener) => child.on('message', (message) => listener(message as never)),
    onExit: (listener) => child.on('exit', (code, signal) => listener(String(signal ?? code))),
    kill: () => child.kill('SIGKILL'),
    processorSeconds: () => processorSeconds(child.pid ?? 0),
  };
}

/** User and system time in clock ticks of 10 ms, after the name in brackets (proc(5)); null where there is no /proc. */
function processorSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}

function worker(silenceLimitMs?: number): WorkerProcess<Tasks> {
  const made = new WorkerProcess<Tasks>({
    start: startChild,
    diedCode: 'engine-died',
    diedMessage: 'It died.',
    ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
  });
  workers.push(made);
  return made;
}

describe('a child process', () => {
  it('is killed when it hangs, and the next task has a new one', async () => {
    const engine = worker(1500);
    const first = await engine.run('pid', null);
    await expect(engine.run('hang', null)).rejects.toMatchObject({ code: 'engine-died' });
    expect(await engine.run('pid', null)).not.toBe(first);
  });

  it('that works longer than that is left alone, because its heart beats', async () => {
    const engine = worker(3000);
    expect(await engine.run('wait', 5000)).toBe('waited');
  });

  it.runIf(process.platform === 'linux')(
    'that computes without a heartbeat is left alone, but not for ever',
    {
      timeout: 60_000,
    },
    async () => {
      const engine = worker(500);
      expect(await engine.run('compute', 2500)).toBe('computed');
      await expect(engine.run('compute', 60_000)).rejects.toMatchObject({ code: 'engine-died' });
    },
  );

  it('fails with what died under it, and is started anew', async () => {
    const engine = worker();
    const pid = await engine.run('pid', null);
    const waiting = engine.run('wait', 60_000);
    process.kill(pid, 'SIGKILL');
    await expect(waiting).rejects.toMatchObject({ code: 'engine-died', message: 'It died.' });
    expect(await engine.run('pid', null)).not.toBe(pid);
  });

  it('can be restarted, which ends what runs', async () => {
    const engine = worker();
    const pid = await engine.run('pid', null);
    const waiting = engine.run('wait', 60_000);
    waiting.catch(() => {});
    engine.restart();
    expect(await engine.run('pid', null)).not.toBe(pid);
    await expect(waiting).rejects.toMatchObject({ code: 'engine-died' });
  });
});
