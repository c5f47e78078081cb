/** The window: sandboxed, its own files only, no permissions, no way to anywhere else. */
import { join } from 'node:path';
import { app, BrowserWindow, Menu, protocol, type Session, session } from 'electron';
import { ORIGIN, SCHEME, serveWindowFile } from './window-files.ts';
import type { WindowPlace } from './window-place.ts';

/** Must run before the application is ready. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ]);
}

/** Once per run: serves the window's files and shuts every other door. */
export function guardApplication(): void {
  const root = join(app.getAppPath(), 'dist', 'renderer');
  protocol.handle(SCHEME, (request) => serveWindowFile(root, request.url));
  guardSession(session.defaultSession);
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    for (const leaving of ['will-navigate', 'will-redirect', 'will-attach-webview'] as const)
      contents.on(leaving as 'will-navigate', (event) => event.preventDefault());
  });
  // Menus bring reload and developer tools; macOS needs one for copy and paste.
  if (process.platform !== 'darwin') Menu.setApplicationMenu(null);
}

function guardSession(own: Session): void {
  own.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  own.setPermissionCheckHandler(() => false);
  own.setDevicePermissionHandler(() => false);
  const allowed = [`${ORIGIN}/`, `blob:${ORIGIN}/`, 'data:'];
  own.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !allowed.some((prefix) => url.startsWith(prefix)) }),
  );
  own.on('will-download', (event) => event.preventDefault());
}

/** At the place where it stood, where one is given. */
export function openWindow(place: WindowPlace | null = null): BrowserWindow {
  const { maximised = false, ...bounds } = place ?? { width: 1440, height: 900 };
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 960,
    minHeight: 640,
    show: false,
    title: app.getName(),
    backgroundColor: '#0c0e11',
    webPreferences: {
      preload: join(app.getAppPath(), 'dist', 'preload', 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: false,
      spellcheck: false,
    },
  });
  window.once('ready-to-show', () => (maximised ? window.maximize() : window.show()));
  void window.loadURL(`${ORIGIN}/`);
  return window;
}
