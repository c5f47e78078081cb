import { join } from 'node:path';
import { app, BrowserWindow, utilityProcess } from 'electron';

void app.whenReady().then(async () => {
  const words = process.argv.slice(process.defaultApp ? 2 : 1).filter((word) => !word.startsWith('-'));
  if (words.includes('cli')) {
    const { default: Database } = await import('better-sqlite3');
    const binding = process.env['MEDICLIP_SQLITE_BINDING'];
    const database = new Database(':memory:', binding ? { nativeBinding: binding } : {});
    process.stdout.write(
      `${JSON.stringify({ argv: process.argv, userData: app.getPath('userData'), app: app.getAppPath(), sqlite: database.prepare('select sqlite_version() v').get() })}\n`,
    );
    const child = utilityProcess.fork(join(app.getAppPath(), 'dist', 'main', 'engine-process.cjs'));
    process.on('SIGINT', () => app.exit(130));
    child.on('message', (message) => {
      console.error(message);
      if (!words.includes('wait')) app.exit(0);
    });
    return;
  }
  const window = new BrowserWindow({
    webPreferences: { preload: join(app.getAppPath(), 'dist', 'preload', 'preload.cjs'), sandbox: true },
  });
  await window.loadFile(join(app.getAppPath(), 'dist', 'renderer', 'index.html'));
});
