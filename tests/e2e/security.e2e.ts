/** The window is a sandbox with one door: it has no Node, runs no foreign code, reaches nothing else. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallName, WorkstationBridge } from '../../preload/contract/workstation.ts';
import { freshFolder } from '../support/launch.ts';
import { ask, askFor } from '../support/pages/bridge.ts';
import { answerSaveDialog } from '../support/pages/dialogs.ts';
import { openWorkstation, type WorkstationPages } from '../support/pages/pages.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

describe('the window as a sandbox', () => {
  let station: WorkstationPages;

  /** Stands in for the program that opens links and mails on Linux, and notes what it was asked for. */
  const outside = freshFolder();
  const asked = join(outside, 'asked');

  beforeAll(async () => {
    writeFileSync(join(outside, 'xdg-open'), `#!/bin/sh\necho "$@" >> "${asked}"\n`, { mode: 0o755 });
    station = await openWorkstation({ env: { PATH: `${outside}:${process.env.PATH}` } });
  });
  afterAll(async () => {
    await station?.close();
    rmSync(outside, { recursive: true, force: true });
  });

  test('its page is isolated and has no Node', async () => {
    const preferences = await station.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const contents = window?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
    for (const name of [
      'allowRunningInsecureContent',
      'experimentalFeatures',
      'enableBlinkFeatures',
      'nodeIntegrationInSubFrames',
      'nodeIntegrationInWorker',
      'plugins',
    ])
      expect(preferences[name] || false, name).toBe(false);
    const found = await station.window.evaluate(() =>
      ['require', 'process', 'Buffer', 'module', 'global', 'ipcRenderer', 'electron'].filter(
        (name) => name in globalThis,
      ),
    );
    expect(found).toEqual([]);
  });

  test('its bridge has three functions and cannot be replaced', async () => {
    const bridge = await station.window.evaluate(() => {
      const holder = globalThis as unknown as { workstation: WorkstationBridge };
      const names = Object.keys(holder.workstation).sort();
      try {
        holder.workstation = { ...holder.workstation, call: async () => ({ ok: true, value: 'forged' }) as never };
      } catch {
        // Read-only properties throw in strict code.
      }
      return { names, keys: Object.keys(holder.workstation).sort() };
    });
    expect(bridge.names).toEqual(['call', 'on', 'pathOfDroppedFile']);
    expect((await askFor(station.window, 'app.about')).appVersion).toMatch(/^\d+\.\d+\.\d+/);
    const refused = await station.window.evaluate(() => {
      const { workstation } = globalThis as unknown as { workstation: WorkstationBridge };
      try {
        workstation.on('anything.else' as 'data.changed', () => {});
        return 'listens';
      } catch {
        return 'refused';
      }
    });
    expect(refused).toBe('refused');
  });

  test('its policy blocks code from strings, inline scripts and everything remote', async () => {
    const outcome = await station.window.evaluate(async () => {
      const violations = new Set<string>();
      const allFive = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          violations.add(event.effectiveDirective);
          if (violations.size === 5) resolve();
        });
      });
      // From a timer, because the test's own evaluation may run code from strings.
      const later = <T>(act: () => T) => new Promise<T>((resolve) => setTimeout(() => resolve(act())));
      const ran = await later(() => {
        try {
          return new Function('return "ran"')();
        } catch (error) {
          return (error as Error).name;
        }
      });
      const script = document.createElement('script');
      script.textContent = 'globalThis.inlineScriptRan = true';
      document.body.append(script);
      const remoteScript = document.createElement('script');
      remoteScript.src = 'https://example.org/a.js';
      document.body.append(remoteScript);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.org/';
      document.body.append(frame);
      const image = document.createElement('img');
      const loaded = new Promise<string>((resolve) => {
        image.onload = () => resolve('loaded');
        image.onerror = () => resolve('blocked');
      });
      image.src = 'https://example.org/a.png';
      const fetched = await fetch('https://example.org/').then(
        () => 'fetched',
        () => 'blocked',
      );
      const file = await fetch('file:///etc/hostname').then(
        () => 'fetched',
        () => 'blocked',
      );
      const imageOutcome = await loaded;
      await Promise.race([allFive, new Promise((resolve) => setTimeout(resolve, 10_000))]);
      for (const element of [script, remoteScript, frame]) element.remove();
      return {
        ran,
        inline: 'inlineScriptRan' in globalThis,
        fetched,
        file,
        image: imageOutcome,
        violations: [...violations].sort(),
      };
    });
    expect(outcome).toEqual({
      ran: 'EvalError',
      inline: false,
      fetched: 'blocked',
      file: 'blocked',
      image: 'blocked',
      violations: ['connect-src', 'frame-src', 'img-src', 'script-src', 'script-src-elem'],
    });
  });

  test('every file of the window carries a policy that names no remote origin and no code from strings', async () => {
    const policies = await station.window.evaluate(async () => {
      const parts = [...document.querySelectorAll<HTMLElement>('script[src], link[rel="stylesheet"]')];
      const files = parts.map((part) => (part as HTMLScriptElement).src || (part as HTMLLinkElement).href);
      const answers = await Promise.all([location.href, ...files].map((file) => fetch(file)));
      return answers.map(({ headers }) => headers.get('Content-Security-Policy') ?? 'none');
    });
    expect(policies.length).toBeGreaterThanOrEqual(3);
    for (const policy of policies) {
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/'unsafe-eval'|https?:|wss?:|\*/);
      expect(policy.match(/script-src ([^;]*)/)?.[1]).toBe("'self' 'wasm-unsafe-eval'");
    }
  });

  test('developer tools do not open', async () => {
    const opened = await station.app.evaluate(async ({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      const opening = new Promise<void>((resolve) => contents?.once('devtools-opened', () => resolve()));
      contents?.openDevTools({ mode: 'detach' });
      await Promise.race([opening, new Promise((resolve) => setTimeout(resolve, 1000))]);
      return contents?.isDevToolsOpened();
    });
    expect(opened).toBe(false);
  });

  test.each(['https://example.org/', 'file:///etc/hostname', 'data:text/html,<h1>elsewhere</h1>'])(
    'it cannot be led to %s, nor open another window there',
    async (url) => {
      const { app, window } = station;
      const before = window.url();
      const opened = await window.evaluate((target) => {
        const link = document.createElement('a');
        link.href = target;
        document.body.append(link);
        link.click();
        link.target = '_blank';
        link.click();
        link.remove();
        location.href = target;
        return globalThis.open(target) !== null;
      }, url);
      expect(opened).toBe(false);
      expect((await askFor(window, 'app.about')).appVersion).not.toBe('');
      expect(window.url()).toBe(before);
      expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    },
  );

  test('it attaches no web view, whoever asks', async () => {
    const element = await station.window.evaluate(() => {
      const view = document.createElement('webview');
      view.setAttribute('src', 'https://example.org/');
      document.body.append(view);
      const found = {
        known: !(view instanceof HTMLUnknownElement) && 'loadURL' in view,
        inside: view.shadowRoot !== null,
      };
      view.remove();
      return found;
    });
    expect(element).toEqual({ known: false, inside: false });
    const prevented = await station.app.evaluate(({ BrowserWindow }) => {
      let refused = false;
      const event = { preventDefault: () => (refused = true) };
      BrowserWindow.getAllWindows()[0]?.webContents.emit('will-attach-webview', event, {}, {});
      return refused;
    });
    expect(prevented).toBe(true);
  });

  test.runIf(process.platform === 'linux')('it hands no address to another program', async () => {
    const { app, window } = station;
    await app.evaluate(({ shell }) => {
      const calls: string[] = [];
      Object.assign(globalThis, { handedOut: calls });
      shell.openExternal = async (url) => void calls.push(url);
    });
    for (const url of ['mailto:nobody@example.org', 'tel:1', 'https://example.org/out', 'unknown-scheme:x'])
      await window.evaluate((target) => {
        const link = document.createElement('a');
        link.href = target;
        document.body.append(link);
        link.click();
        link.target = '_blank';
        link.click();
        link.remove();
        const frame = document.createElement('iframe');
        frame.src = target;
        document.body.append(frame);
        setTimeout(() => frame.remove(), 500);
        location.href = target;
      }, url);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await app.evaluate(() => (globalThis as unknown as { handedOut: string[] }).handedOut)).toEqual([]);
    expect(existsSync(asked) ? readFileSync(asked, 'utf8') : '').toBe('');
    expect((await askFor(window, 'app.about')).appVersion).not.toBe('');
  });

  test('its scheme serves files of the window alone', async () => {
    const status = (url: string) =>
      station.window.evaluate(
        (target) =>
          fetch(target).then(
            (response) => response.status,
            () => 0,
          ),
        url,
      );
    expect(await status('workstation://app/index.html')).toBe(200);
    for (const url of [
      'workstation://app/../../package.json',
      'workstation://app/%2e%2e/%2e%2e/package.json',
      'workstation://app/..%2f..%2fpackage.json',
      'workstation://app/..%5c..%5cpackage.json',
      'workstation://app/%2fetc%2fhostname',
      'workstation://app/index.html%00.png',
    ])
      expect(await status(url), url).toBe(404);
    expect(await status('workstation://elsewhere/index.html')).toBe(0);
  });

  test('it gets no permission to anything', async () => {
    const outcome = await station.window.evaluate(async () => ({
      notifications: Notification.permission,
      camera: await navigator.mediaDevices?.getUserMedia({ video: true }).then(
        () => 'granted',
        (error: Error) => error.name,
      ),
      place: await new Promise<string>((resolve) =>
        navigator.geolocation.getCurrentPosition(
          () => resolve('granted'),
          (error) => resolve(`refused ${error.code}`),
        ),
      ),
      screen: await navigator.mediaDevices?.getDisplayMedia().then(
        () => 'granted',
        (error: Error) => error.name,
      ),
      clipboard: await navigator.clipboard.readText().then(
        () => 'granted',
        (error: Error) => error.name,
      ),
      queried: await Promise.all(
        ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read', 'persistent-storage'].map(
          async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state,
        ),
      ),
    }));
    expect(outcome.notifications).toBe('denied');
    expect(outcome.camera).not.toBe('granted');
    expect(outcome.screen).not.toBe('granted');
    expect(outcome.clipboard).toBe('NotAllowedError');
    expect(new Set(outcome.queried)).toEqual(new Set(['denied']));
    expect(outcome.place).toBe('refused 1');
  });

  test('calls that the contract does not have, or with other arguments, are refused before anything happens', async () => {
    const { window } = station;
    const calls: readonly (readonly [string, readonly unknown[]])[] = [
      ['studies.delete', []],
      ['MUELLER^HANS', []],
      [{ name: 'studies.list' } as never, []],
      [['studies.list'] as never, []],
      [null as never, []],
      ['constructor', []],
      ['hasOwnProperty', []],
      ['__proto__', []],
      ['studies.list', ['more']],
      ['studies.open', [42]],
      ['studies.open', ['1'.repeat(65)]],
      ['studies.importPaths', [[], null]],
      ['studies.importPaths', [['/etc/hostname', { toString: 'x' }], null]],
      ['studies.importPaths', [['/etc/hostname'], { patientName: '', patientId: '1' }]],
      ['images.pixels', [{ sopInstanceUid: '1.2.3', frame: -1 }]],
      ['images.pixels', [{ sopInstanceUid: '1.2.3', frame: 0, path: '/etc/hostname' }]],
      ['findings.decide', [{ findingId: 'x', decision: 'deleted', comment: '' }]],
      ['reports.save', [{ studyInstanceUid: '1', indication: '', impression: 'a'.repeat(20_001) }]],
      ['calibrations.start', [{ shots: Number.NaN }]],
    ];
    for (const [name, args] of calls) {
      const answer = await ask(window, name as CallName, ...(args as []));
      expect(answer, `${name} ${JSON.stringify(args).slice(0, 80)}`).toMatchObject({
        ok: false,
        fault: { code: 'usage' },
      });
    }
    expect(await askFor(window, 'jobs.list')).toEqual([]);
    // What a hostile page says does not get into the log either.
    expect(readFileSync(join(station.dataDir, 'log', 'workstation.log'), 'utf8')).not.toContain('MUELLER');
  });

  test('a frame inside the window gets neither a bridge nor an answer', async () => {
    const inside = await station.window.evaluate(async () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const bridge = (frame.contentWindow as unknown as { workstation?: WorkstationBridge }).workstation;
      const answer = bridge ? await bridge.call('studies.list') : 'no bridge';
      frame.remove();
      return answer;
    });
    expect(inside).toBe('no bridge');
  });

  test('what is well-formed but names nothing that is there gets a sentence, and no file by its path', async () => {
    const { window } = station;
    for (const answer of [
      await ask(window, 'studies.open', '../../../etc/passwd'),
      await ask(window, 'images.pixels', { sopInstanceUid: '../../etc/hostname', frame: 0 }),
      await ask(window, 'images.thumbnail', { sopInstanceUid: '1.2.3', frame: 0 }),
      await ask(window, 'analyses.map', '..', { sopInstanceUid: '1.2.3', frame: 0 }),
      await ask(window, 'calibrations.activate', 'none'),
    ])
      expect(answer).toMatchObject({ ok: false, fault: { code: 'not-found', message: expect.stringMatching(/\.$/) } });
  });

  test('another page gets no answer, even with the same preload script', async () => {
    const answer = await station.app.evaluate(async ({ app, BrowserWindow }) => {
      const stranger = new BrowserWindow({
        show: false,
        webPreferences: {
          preload: `${app.getAppPath()}/dist/preload/preload.cjs`,
          contextIsolation: true,
          sandbox: true,
        },
      });
      try {
        await stranger.loadURL('data:text/html,<h1>stranger</h1>');
        return await stranger.webContents.executeJavaScript("workstation.call('studies.list')");
      } finally {
        stranger.destroy();
      }
    });
    expect(answer).toMatchObject({ ok: false, fault: { code: 'not-allowed' } });
  });

  test('what prints a report is a sandbox without scripts that loads that one file', async () => {
    const { app, window } = station;
    const { folder, paths, studyInstanceUid } = writePhantomStudy(join(outside, 'study'), { number: 1 });
    await askFor(window, 'studies.importPaths', [...paths], null);
    await expect.poll(async () => (await askFor(window, 'jobs.list')).map(({ state }) => state)).toEqual(['done']);
    await askFor(window, 'reports.save', { studyInstanceUid, indication: 'x', impression: 'y' });
    await app.evaluate(({ app: running }) => {
      const seen: Record<string, unknown>[] = [];
      Object.assign(globalThis, { printers: seen });
      running.once('browser-window-created', (_event, { webContents }) => {
        const { getLastWebPreferences } = webContents as unknown as {
          getLastWebPreferences(): Record<string, unknown>;
        };
        webContents.once('did-finish-load', () => {
          const refused = { navigation: false };
          webContents.emit('will-navigate', { preventDefault: () => (refused.navigation = true) });
          const { contextIsolation, sandbox, nodeIntegration, javascript, webSecurity, preload } =
            getLastWebPreferences.call(webContents);
          const preferences = { contextIsolation, sandbox, nodeIntegration, javascript, webSecurity };
          seen.push({ ...preferences, preload: preload ?? null, url: webContents.getURL(), ...refused });
        });
      });
    });
    await answerSaveDialog(app, join(folder, 'report.pdf'));
    await askFor(window, 'reports.exportPdf', studyInstanceUid, 'en');
    const [printer, ...others] = await app.evaluate(
      () => (globalThis as unknown as { printers: { url: string }[] }).printers,
    );
    expect(others).toEqual([]);
    expect(printer).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      javascript: false,
      webSecurity: true,
      preload: null,
      url: expect.stringMatching(/^file:.*report\.html$/),
      navigation: true,
    });
    // Nothing else of the disk or the network gets into it: its page again, with scripts to see by and pictures beside it.
    const page = fileURLToPath(printer?.url ?? '');
    mkdirSync(dirname(page));
    const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';
    writeFileSync(join(dirname(page), 'beside.svg'), picture);
    const sources = ['beside.svg', 'https://example.org/a.svg', `data:image/svg+xml,${encodeURIComponent(picture)}`];
    writeFileSync(page, sources.map((source) => `<img src="${source}">`).join(''));
    const widths = await app.evaluate(async ({ BrowserWindow, session }, path) => {
      const webPreferences = { offscreen: true, session: session.fromPartition('print'), sandbox: true };
      const printing = new BrowserWindow({ show: false, webPreferences });
      try {
        await printing.loadFile(path);
        return await printing.webContents.executeJavaScript('[...document.images].map((image) => image.naturalWidth)');
      } finally {
        printing.destroy();
      }
    }, page);
    rmSync(dirname(page), { recursive: true });
    expect(widths).toEqual([0, 0, 8]);
  });
});
