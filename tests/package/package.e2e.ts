/** The .deb as a site has it: installed, started, locked down, and gone again without a trace. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandResult, projectRoot, run } from '../../main/runtime/command.ts';
import { isOnPath } from '../../main/runtime/debian.ts';
import { freshFolder } from '../support/launch.ts';

const INSTALLED = '/opt/mediclip-workstation';
const PROGRAM = '/usr/bin/mediclip-workstation';
const release = join(projectRoot, 'release');
const deb = existsSync(release) ? readdirSync(release).find((name) => name.endsWith('.deb')) : undefined;
const canInstall = process.getuid?.() === 0 && isOnPath('dpkg') && deb !== undefined;

describe.runIf(canInstall)('the installed package (needs root, dpkg and a .deb in release/)', () => {
  const folder = freshFolder();
  const dataDir = join(folder, 'data');

  beforeAll(async () => {
    const { code, output } = await run('dpkg', ['--install', join(release, deb ?? '')]);
    expect(code, output).toBe(0);
  });
  afterAll(async () => {
    await run('dpkg', ['--purge', 'mediclip-workstation']);
    rmSync(folder, { recursive: true, force: true });
  });

  const cli = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> => {
    const { DISPLAY: _, ...rest } = process.env;
    return run(PROGRAM, ['cli', ...args, '--data-dir', dataDir], { env: { ...rest, ...env }, cwd: folder });
  };

  test('holds what it needs: one platform, two languages, no sources of ours and no source maps', () => {
    const files = (readdirSync(INSTALLED, { recursive: true }) as string[]).map((file) => file.replaceAll('\\', '/'));
    expect(files.filter((file) => file.startsWith('locales/')).sort()).toEqual(['locales/de.pak', 'locales/en-US.pak']);
    expect(
      files.filter((file) =>
        /\.map$|(win32|darwin|linuxmusl|arm64)[^/]*(\/.*)?\.(node|so[.\d]*|dll|dylib)$/.test(file),
      ),
    ).toEqual([]);
    const archive = readFileSync(join(INSTALLED, 'resources', 'app.asar'));
    // Its index of files is JSON behind 16 bytes of lengths, the last of which is the index's own.
    const index = archive.subarray(16, 16 + archive.readUInt32LE(12)).toString();
    const { files: top } = JSON.parse(index) as { files: Record<string, unknown> };
    expect(Object.keys(top).sort()).toEqual(['LICENSE', 'dist', 'models', 'node_modules', 'package.json']);
    expect(index).not.toMatch(/\.map"|\.safetensors"|\.ts"/);
    expect(index).toContain('"integrity":{"algorithm":"SHA256"');
  });

  test('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(INSTALLED, 'mediclip-workstation-app'));
    const { ENABLE: on, DISABLE: off } = FuseState;
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: off,
      [FuseV1Options.EnableCookieEncryption]: on,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: off,
      [FuseV1Options.EnableNodeCliInspectArguments]: off,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: on,
      [FuseV1Options.OnlyLoadAppFromAsar]: on,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: off,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: off,
    });
  });

  test('is well, by its own command line, without a display', async () => {
    const { code, output } = await cli(['doctor']);
    expect(code, output).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ problems: [], database: { ok: true } });
  });

  test('does the demo job', async () => {
    const out = join(folder, 'demo');
    const { code, output } = await cli(['demo', '--out', out]);
    expect(code, output).toBe(0);
    expect(readFileSync(join(out, 'report.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
    expect(JSON.parse(readFileSync(join(out, 'scores.json'), 'utf8')).scores.length).toBeGreaterThan(5);
    expect(readdirSync(join(out, 'overlays')).length).toBeGreaterThan(0);
  }, 900_000);

  test('runs no code but its own: not as Node, not through NODE_OPTIONS, not from a folder beside its archive', async () => {
    const mark = join(folder, 'mark');
    const foreign = join(folder, 'foreign.js');
    writeFileSync(foreign, `require('node:fs').writeFileSync(${JSON.stringify(mark)}, 'ran'); process.exit(0);`);
    const beside = join(INSTALLED, 'resources', 'app');
    mkdirSync(beside);
    writeFileSync(join(beside, 'package.json'), '{ "main": "main.js" }');
    writeFileSync(join(beside, 'main.js'), readFileSync(foreign));
    try {
      await run(join(INSTALLED, 'mediclip-workstation-app'), [foreign, '--no-sandbox', '--ozone-platform=headless'], {
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        timeoutMs: 15_000,
      });
      const { code, output } = await cli(['doctor'], {
        NODE_OPTIONS: `--require ${foreign}`,
        // Ignored in a package, which brings its own.
        MEDICLIP_SQLITE_BINDING: foreign,
      });
      expect(code, output).toBe(0);
      expect(existsSync(mark)).toBe(false);
    } finally {
      rmSync(beside, { recursive: true });
    }
  });

  test.each(['--remote-debugging-port=0', '--remote-debugging-pipe'])('refuses %s', async (option) => {
    const { code, output } = await run(PROGRAM, [option, '--data-dir', dataDir], { timeoutMs: 30_000 });
    expect(code, output).toBe(2);
    expect(output).toContain('cannot be debugged');
  });

  test('opens its window for an ordinary user, in a sandboxed process, and closes in order when told to end', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    chmodSync(folder, 0o755);
    await run('chown', ['nobody', home]);
    const child = spawn(
      'setpriv',
      ['--reuid=nobody', '--regid=nogroup', '--clear-groups', PROGRAM, '--data-dir', join(home, 'data')],
      { env: { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, 'config') }, stdio: 'ignore', cwd: home },
    );
    const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
    const log = () => {
      const path = join(home, 'data', 'log', 'workstation.log');
      return existsSync(path) ? readFileSync(path, 'utf8') : '';
    };
    await expect.poll(log, { timeout: 60_000 }).toContain('"window.ready"');
    // Seccomp 2: a filter of system calls, which Chromium's sandbox sets in its pages' processes.
    const pages = processes().filter(({ command }) => command.includes('mediclip') && /--type=renderer/.test(command));
    expect(pages.length).toBeGreaterThan(0);
    for (const { status } of pages) expect(status).toMatch(/^Seccomp:\s+2$/m);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(log()).toContain('"app.quit"');
  });
});

function processes(): readonly { readonly command: string; readonly status: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
        return [{ command: read('cmdline'), status: read('status') }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}
