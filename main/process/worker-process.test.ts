import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import type { FromChild } from './tasks.ts';
import { type ChildHandle, WorkerProcess } from './worker-process.ts';

interface Tasks {
  grow: { input: null; progress: never; output: null };
  hang: { input: null; progress: never; output: null };
  echo: { input: string; progress: never; output: string };
}

/** A child that takes memory without end, hangs, or answers. */
const CHILD = `process.on('message', ({ id, name, input }) => {
  if (name === 'echo') process.send({ kind: 'done', id, output: input });
  if (name === 'hang') for (;;);
  const held = [];
  if (name === 'grow') setInterval(() => held.push(Buffer.alloc(16 << 20, 1)), 5);
})`;

function startChild(): ChildHandle {
  const child = spawn(process.execPath, ['-e', CHILD], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return {
    postMessage: (message) => child.send(message),
    onMessage: (listener) => child.on('message', (message) => listener(message as FromChild)),
    onExit: (listener) => child.on('exit', (code, signal) => listener(`${code ?? signal}`)),
    kill: () => child.kill('SIGKILL'),
    residentBytes: () => Number(readFileSync(`/proc/${child.pid}/statm`, 'utf8').split(' ')[1]) * 4096,
  };
}

it.runIf(platform() === 'linux')('ends a child that hangs or grows without end, and starts another', async () => {
  const worker = new WorkerProcess<Tasks>({
    start: startChild,
    diedCode: 'reader-died',
    diedMessage: 'It died.',
    cancelGraceMs: 0,
    memoryLimit: { bytes: 500 << 20, message: 'It took too much memory.' },
  });
  onTestFinished(() => worker.close());
  await expect(worker.run('grow', null)).rejects.toMatchObject({
    code: 'reader-died',
    message: 'It took too much memory.',
  });
  expect(await worker.run('echo', 'still here')).toBe('still here');
  await expect(worker.run('hang', null, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(await worker.run('echo', 'and again')).toBe('and again');
});

it('starts its child before it is needed, once, and none when it is closed', async () => {
  let started = 0;
  const start = () => {
    started++;
    return startChild();
  };
  const worker = new WorkerProcess<Tasks>({ start, diedCode: 'reader-died', diedMessage: 'It died.' });
  onTestFinished(() => worker.close());
  worker.prepare();
  worker.prepare();
  expect(started).toBe(1);
  expect(await worker.run('echo', 'ready')).toBe('ready');
  expect(started).toBe(1);
  worker.close();
  worker.prepare();
  expect(started).toBe(1);
});

it('does not wait for a child that never came up, and can neither answer nor be ended', async () => {
  const never: ChildHandle = { postMessage: () => {}, onMessage: () => {}, onExit: () => {}, kill: () => {} };
  const handles = [never, startChild()];
  const worker = new WorkerProcess<Tasks>({
    start: () => handles.shift()!,
    diedCode: 'reader-died',
    diedMessage: 'It died.',
    cancelGraceMs: 0,
  });
  onTestFinished(() => worker.close());
  await expect(worker.run('echo', '', { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: 'cancelled',
  });
  expect(await worker.run('echo', 'here')).toBe('here');
});
