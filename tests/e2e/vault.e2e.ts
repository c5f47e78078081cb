/** An encrypted data folder in the window: the passphrase, the lock, and that idle time locks it. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshFolder, runCli } from '../support/launch.ts';
import { ask, askFor } from '../support/pages/bridge.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { VaultPage } from '../support/pages/vault.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

const PASSPHRASE = 'correct horse battery staple';

describe('an encrypted data folder', () => {
  const folder = freshFolder();
  const dataDir = join(folder, 'data');
  const passphraseFile = join(folder, 'passphrase');
  const policy = join(folder, 'policy.json');
  const study = writePhantomStudy(folder, { number: 1, slices: 2 });
  let station: WorkstationPages;
  let vault: VaultPage;

  const open = async () => {
    station = await openWorkstation({ dataDir, env: { MEDICLIP_POLICY: policy } });
    vault = new VaultPage(station.window);
  };
  const cli = (...args: string[]) => runCli([...args, '--data-dir', dataDir]);

  beforeAll(async () => {
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
    writeFileSync(policy, '{}');
    expect(await cli('import', study.folder)).toMatchObject({ code: 0 });
    expect(await cli('db', 'encrypt', '--passphrase-file', passphraseFile)).toMatchObject({ code: 0 });
    await open();
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('asks for its passphrase, says when it is wrong, and shows its studies when it is right', async () => {
    await vault.locked.waitFor();
    expect(await textOf(vault.locked)).toContain('Not for diagnostic use');
    await station.window.screenshot({ path: testResult('locked.png') });
    expect(await ask(station.window, 'studies.list')).toMatchObject({ ok: false, fault: { code: 'not-allowed' } });
    await vault.enter('wrong horse battery staple');
    await expect.poll(() => textOf(vault.refused)).toContain('does not open this data folder. Nothing was changed');
    await vault.enter(PASSPHRASE);
    await vault.locked.waitFor({ state: 'hidden' });
    await station.worklist.row(study.studyInstanceUid).dblclick();
    await station.viewer.open();
    expect(await station.viewer.greys()).toBeGreaterThan(10);
    const readable = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => /FICTIONAL|DICM/.test(readFileSync(path, 'latin1')));
    expect(readable).toEqual([]);
  });

  test('locks when told to: nothing can be called, and the screen is where it was afterwards', async () => {
    await vault.lockNow();
    expect(await ask(station.window, 'studies.list')).toMatchObject({ ok: false, fault: { code: 'not-allowed' } });
    await station.window.keyboard.press('Escape');
    expect(await vault.locked.isVisible()).toBe(true);
    await vault.enter(PASSPHRASE);
    await vault.locked.waitFor({ state: 'hidden' });
    expect(await textOf(station.window.getByTestId('data-at-rest'))).toContain('encrypted');
    await station.window.screenshot({ path: testResult('about-encrypted.png') });
    await station.window.keyboard.press('Escape');
    await station.viewer.stack.waitFor();
    expect(await askFor(station.window, 'studies.list')).toHaveLength(1);
  });

  test.each([
    ['as the system says', null],
    ['as the window says where the system always says that somebody is there, as under Wayland', 0],
  ])('locks by itself when nobody is there, %s', async (_by, systemSays) => {
    await station.close();
    writeFileSync(policy, JSON.stringify({ lockAfterMinutes: 0.1 }));
    await open();
    await vault.locked.waitFor();
    await station.app.evaluate(({ powerMonitor }, seconds) => {
      if (seconds !== null) powerMonitor.getSystemIdleTime = () => seconds;
    }, systemSays);
    await vault.enter(PASSPHRASE);
    await station.window.getByTestId('nav-worklist').waitFor();
    // Longer than it takes, with a hand on the mouse.
    for (let moves = 0; moves < 8; moves++) {
      await station.window.mouse.move(300 + moves, 300);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    expect(await askFor(station.window, 'vault.state')).toMatchObject({ locked: false });
    await vault.locked.waitFor({ timeout: 30_000 });
    expect(await askFor(station.window, 'vault.state')).toMatchObject({ locked: true, lockAfterMinutes: 0.1 });
  });
});
