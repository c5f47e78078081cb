import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshFolder, runCli } from '../support/launch.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = freshFolder();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

test('doctor prints one JSON object and nothing else on stdout', async () => {
  const { code, stdout } = await runCli(['doctor', '--data-dir', dataDir]);
  const report = JSON.parse(stdout) as { database: { ok: boolean }; providers: { name: string; available: boolean }[] };
  expect(code).toBe(0);
  expect(report.database.ok).toBe(true);
  expect(report.providers.find(({ name }) => name === 'cpu')?.available).toBe(true);
});

test('a command that does not exist is wrong usage', async () => {
  const { code, stdout, stderr } = await runCli(['frobnicate', '--data-dir', dataDir]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('frobnicate');
});

test('a path that does not exist is bad input, named on stderr', async () => {
  const { code, stdout, stderr } = await runCli(['import', '/nowhere/at-all', '--data-dir', dataDir]);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ instances: 0, skipped: [{ path: '/nowhere/at-all' }] });
  expect(stderr).toContain('/nowhere/at-all');
});
