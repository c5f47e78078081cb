/** What an administrator has settled, in the window and on the command line. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshFolder, runCli } from '../support/launch.ts';
import { openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

const folder = freshFolder();
const file = join(folder, 'policy.json');
let station: WorkstationPages;

beforeAll(async () => {
  writeFileSync(file, JSON.stringify({ model: 'embedded', language: 'de', network: false }));
  station = await openWorkstation({ env: { MEDICLIP_POLICY: file } });
});
afterAll(async () => {
  await station?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the window shows what the administrator has set, and lets nobody change it', async () => {
  const { window } = station;
  await expect.poll(() => textOf(window.getByTestId('nav-worklist'))).toBe('Arbeitsliste');
  await window.getByTestId('about-button').click();
  const settled = window.getByTestId('set-by-administrator');
  await settled.waitFor();
  expect(await textOf(settled)).toBe('Modell embedded, Sprache, Netzwerk aus');
  expect(await window.getByTestId('language').isDisabled()).toBe(true);
});

test('a policy whose model is not here is told of, in the window and by the doctor', async () => {
  await station.close();
  writeFileSync(file, JSON.stringify({ model: 'mobilenet' }));
  station = await openWorkstation({ env: { MEDICLIP_POLICY: file } });
  await expect
    .poll(() => textOf(station.window.getByTestId('notices-fault')))
    .toContain('"mobilenet" only, which is not');
  await station.window.screenshot({ path: testResult('policy-model.png') });
  const { code, stdout } = await runCli(['doctor', '--data-dir', folder], { env: { MEDICLIP_POLICY: file } });
  expect(code).toBe(1);
  expect(JSON.parse(stdout).problems).toEqual([expect.stringMatching(/^Policy: .*"mobilenet"/)]);
});

test('a policy that is not valid stops the start with a sentence, and is not taken for none', async () => {
  writeFileSync(file, '{ "language": "fr" }');
  const { code, stdout, stderr } = await runCli(['studies', 'list', '--data-dir', folder], {
    env: { MEDICLIP_POLICY: file },
  });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(`${file}: The administrator's policy is not valid: language: `);
});
