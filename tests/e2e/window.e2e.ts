import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LaunchedWorkstation, launchWorkstation } from '../support/launch.ts';

let workstation: LaunchedWorkstation;
beforeAll(async () => {
  workstation = await launchWorkstation();
});
afterAll(() => workstation?.close());

test('the window opens without errors', async () => {
  const { window } = workstation;
  const failures: string[] = [];
  window.on('pageerror', (error) => failures.push(error.message));
  window.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
  await window.reload();
  await window.getByRole('heading', { level: 1 }).first().waitFor();
  expect(failures).toEqual([]);
});

test('its graphics draw the viewer: WebGL 2', async () => {
  expect(await workstation.window.evaluate(() => document.createElement('canvas').getContext('webgl2') !== null)).toBe(
    true,
  );
});
