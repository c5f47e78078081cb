/** Before the end-to-end tests: a runtime, a fresh build and a display. */
import { ensureBuilt } from '../../main/runtime/bundle.ts';
import { say } from '../../main/runtime/command.ts';
import { providePackages, VIRTUAL_DISPLAY } from '../../main/runtime/debian.ts';
import { hasDisplay, startVirtualDisplay } from '../../main/runtime/display.ts';
import { provideRuntime } from '../../main/runtime/launch.ts';

/** The test processes start after this and inherit DISPLAY. Returns the teardown. */
export default async function setup(): Promise<() => void> {
  const { runtime } = await provideRuntime();
  say(`The end-to-end tests run on Electron ${runtime.version}.`);
  await ensureBuilt(['main', 'preload', 'renderer']);
  if (hasDisplay()) return () => {};
  await providePackages(VIRTUAL_DISPLAY, 'The end-to-end tests');
  const display = await startVirtualDisplay();
  process.env.DISPLAY = display.name;
  return () => {
    delete process.env.DISPLAY;
    display.close();
  };
}
