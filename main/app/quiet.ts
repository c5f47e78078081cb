/** Keeps libraries from speaking to anyone of their own accord. docs/decisions tells what each of them tried. */
import { app } from 'electron';

/** Must run before anything else of the application: some of it is read when a library or Chromium starts. */
export function keepQuiet(): void {
  // onnxruntime tells its maker of every session. Child processes inherit this.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  // The window's pages come from files; Chromium itself looks up no name. PACS connections are Node's, not Chromium's.
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND');
  for (const name of ['disable-background-networking', 'disable-component-update', 'no-proxy-server', 'no-pings'])
    app.commandLine.appendSwitch(name);
  // Its dictionaries come from a download site.
  app.on('session-created', (session) => session.setSpellCheckerEnabled(false));
}
