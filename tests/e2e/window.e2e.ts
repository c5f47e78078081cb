import AxeBuilder from '@axe-core/playwright';
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

test('its page is sandboxed: the contract, and nothing of Node', async () => {
  const { window } = workstation;
  expect(await window.evaluate(() => 'require' in globalThis || 'process' in globalThis)).toBe(false);
  expect(await window.evaluate(() => typeof Reflect.get(globalThis, 'workstation'))).toBe('object');
});

test('its graphics draw the viewer: WebGL 2', async () => {
  expect(await workstation.window.evaluate(() => document.createElement('canvas').getContext('webgl2') !== null)).toBe(
    true,
  );
});

test('its first screen is accessible', async () => {
  // Legacy mode analyses within the page; the other mode opens a second page, which Electron has not.
  const { violations } = await new AxeBuilder({ page: workstation.window }).setLegacyMode(true).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
});
