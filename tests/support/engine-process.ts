/** The engine's process, from a test of the window: to end it, or to hold it where it is. */
import type { ElectronApplication } from 'playwright-core';

/** Process id of the engine, null where none runs. */
export async function enginePid(app: ElectronApplication): Promise<number | null> {
  return await app.evaluate(
    ({ app: electron }) => electron.getAppMetrics().find(({ name }) => name === 'mediclip-engine')?.pid ?? null,
  );
}

/** Holds the engine while `look` looks, so that an analysis stays as far as it is. Windows knows no way to hold one. */
export async function whileEngineRests<T>(app: ElectronApplication, look: () => Promise<T>): Promise<T> {
  const pid = process.platform === 'win32' ? null : await enginePid(app);
  if (pid !== null) process.kill(pid, 'SIGSTOP');
  try {
    return await look();
  } finally {
    if (pid !== null) process.kill(pid, 'SIGCONT');
  }
}
