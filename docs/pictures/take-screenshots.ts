/** Draws worklist.png, calibration.png and reading-room.png anew, on the demo studies: node docs/pictures/take-screenshots.ts */
import { join } from 'node:path';
import { ensureBuilt } from '../../main/runtime/bundle.ts';
import { providePackages, VIRTUAL_DISPLAY } from '../../main/runtime/debian.ts';
import { hasDisplay, startVirtualDisplay, type VirtualDisplay } from '../../main/runtime/display.ts';
import { askFor } from '../../tests/support/pages/bridge.ts';
import { openWorkstation } from '../../tests/support/pages/pages.ts';

await ensureBuilt(['main', 'preload', 'renderer']);
let display: VirtualDisplay | null = null;
if (!hasDisplay()) {
  await providePackages(VIRTUAL_DISPLAY, 'Screenshots');
  display = await startVirtualDisplay();
  process.env.DISPLAY = display.name;
  process.on('exit', () => display?.close());
}
const { worklist, calibration, viewer, jobs, window, close } = await openWorkstation();
const take = (name: string) => window.screenshot({ path: join(import.meta.dirname, name) });
/** The mouse away from everything, and no news in the bar. */
const settle = async () => {
  await window.mouse.move(700, 888);
  await window.getByTestId('notices-done').getByTestId('notice').waitFor({ state: 'hidden' });
};

await worklist.openDemo();
await worklist.rows.first().waitFor({ timeout: 120_000 });
await jobs.waitFor('demo', 'done');
await jobs.close();

await calibration.new();
await calibration.useReferenceSet('Demo: normal CT head');
await window.getByTestId('calibration-name').fill('Head CT');
await calibration.start.click();
await calibration.finished('Head CT');
await settle();
await take('calibration.png');

await worklist.open();
await worklist.search.fill('CT head case');
const cases = await worklist.rows.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-study') ?? ''));
for (const uid of cases) {
  await worklist.open();
  await worklist.openStudy(uid);
  await viewer.analyse();
}
await worklist.open();
await worklist.search.fill('CT head');
await worklist.search.blur();
await settle();
await take('worklist.png');

// The case with the most suspicious finding is the one that is read.
let read = { uid: cases[0] ?? '', peak: 0 };
for (const uid of cases) {
  const { findings = [] } = (await askFor(window, 'analyses.latest', uid)) ?? {};
  const peak = Math.max(0, ...findings.map(({ peakScore }) => peakScore));
  if (peak > read.peak) read = { uid, peak };
}
await worklist.openStudy(read.uid);
await viewer.findings.first().waitFor();
await viewer.goTo(viewer.findings.first());
await viewer.findings.first().getByTestId('accept').click();
await settle();
await take('reading-room.png');
await close();
process.exit(0);
