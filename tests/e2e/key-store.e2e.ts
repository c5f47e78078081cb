/** A data folder that the operating system's own key store opens: GNOME Keyring, in sessions that come and go. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isOnPath } from '../../main/runtime/debian.ts';
import { provideRuntime } from '../../main/runtime/launch.ts';
import { freshFolder, type LaunchOptions, runCli } from '../support/launch.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

const PASSPHRASE = 'correct horse battery staple';
/** A session of a desktop whose keyring the login has unlocked, and Electron in it. */
const SESSION = `#!/bin/sh
exec dbus-run-session -- sh -c '
  printf %s "the password of the login" | gnome-keyring-daemon --unlock --components=secrets > /dev/null && exec "$@"
' sh "$ELECTRON" "$@"
`;

const canRun = ['dbus-run-session', 'gnome-keyring-daemon'].every(isOnPath);

describe.runIf(canRun)("the system's key store", () => {
  const root = freshFolder();
  const dataDir = join(root, 'data');
  const passphraseFile = join(root, 'passphrase');
  let loggedIn: Pick<LaunchOptions, 'env' | 'starter'>;

  const cli = (session: typeof loggedIn | null, ...args: string[]) =>
    runCli([...args, '--data-dir', dataDir], session ?? {});

  beforeAll(async () => {
    const { runtime } = await provideRuntime();
    const [home, runtimeFolder, starter] = ['home', 'run', 'session'].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    for (const folder of [home, runtimeFolder]) mkdirSync(folder, { mode: 0o700 });
    writeFileSync(starter, SESSION, { mode: 0o755 });
    writeFileSync(passphraseFile, `${PASSPHRASE}\n`);
    const env = { ELECTRON: runtime.executable, HOME: home, XDG_DATA_HOME: home, XDG_RUNTIME_DIR: runtimeFolder };
    loggedIn = { starter, env: { ...env, XDG_CURRENT_DESKTOP: 'GNOME' } };
    const study = writePhantomStudy(root, { number: 1 });
    expect(await cli(null, 'import', study.folder)).toMatchObject({ code: 0 });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('is refused where it is only a plain file', async () => {
    const encrypting = ['db', 'encrypt', '--passphrase-file', passphraseFile, '--system-keys'];
    const { code, stderr } = await cli(null, ...encrypting);
    expect(code).not.toBe(0);
    expect(stderr).toContain('no key store that protects anything');
    expect(await cli(null, 'studies', 'list')).toMatchObject({ code: 0 });
  });

  test('opens the folder in any later session of its user, and in no other', async () => {
    const encrypted = await cli(loggedIn, 'db', 'encrypt', '--passphrase-file', passphraseFile, '--system-keys');
    expect(JSON.parse(encrypted.stdout)).toEqual({ ok: true, encrypted: true, systemKeys: 'gnome_libsecret' });
    expect(JSON.parse(readFileSync(join(dataDir, 'keys.json'), 'utf8'))).toMatchObject({ system: expect.any(String) });

    const listed = await cli(loggedIn, 'studies', 'list');
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject({ frameCount: 1 });
    expect(await cli(null, 'studies', 'list')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('is encrypted. Unlock it with its passphrase'),
    });
    expect(await cli(null, 'studies', 'list', '--passphrase-file', passphraseFile)).toMatchObject({ code: 0 });
  });

  test('that was emptied leaves the passphrase', async () => {
    rmSync(join(root, 'home', 'keyrings'), { recursive: true });
    expect(await cli(loggedIn, 'studies', 'list')).toMatchObject({ code: 1, stdout: '' });
    expect(await cli(loggedIn, 'studies', 'list', '--passphrase-file', passphraseFile)).toMatchObject({ code: 0 });
  });
});
