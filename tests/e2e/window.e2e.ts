import { expect, test } from 'vitest';
import { launchWorkstation } from '../support/launch.ts';

test('the window opens in a sandbox, without Node and without errors', async () => {
  const { window, close } = await launchWorkstation();
  try {
    const failures: string[] = [];
    window.on('pageerror', (error) => failures.push(error.message));
    await window.reload();
    await window.getByRole('heading', { level: 1 }).first().waitFor();
    expect(await window.evaluate(() => 'require' in globalThis || 'process' in globalThis)).toBe(false);
    expect(await window.evaluate(() => typeof (globalThis as { workstation?: object }).workstation)).toBe('object');
    expect(await window.evaluate(() => document.createElement('canvas').getContext('webgl2') !== null)).toBe(true);
    expect(failures).toEqual([]);
  } finally {
    await close();
  }
});
