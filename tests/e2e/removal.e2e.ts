/** A study that is removed in the window, by mouse and by keyboard, and one that may not be. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshFolder, runCli } from '../support/launch.ts';
import { ask, askFor } from '../support/pages/bridge.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';
import { writePhantomStudy } from '../support/phantom-studies.ts';

const root = freshFolder();
const dataDir = join(root, 'data');
const [first, second, third] = [1, 2, 3].map((number) => writePhantomStudy(root, { number })) as [
  ReturnType<typeof writePhantomStudy>,
  ReturnType<typeof writePhantomStudy>,
  ReturnType<typeof writePhantomStudy>,
];
let station: WorkstationPages;

beforeAll(async () => {
  const { code } = await runCli(['import', ...first.paths, ...second.paths, ...third.paths, '--data-dir', dataDir]);
  expect(code).toBe(0);
  station = await openWorkstation({ dataDir });
});
beforeEach(() => keepPictureOfFailure(() => station));
afterAll(async () => {
  await station?.close();
  rmSync(root, { recursive: true, force: true });
});

const stored = async () =>
  (await askFor(station.window, 'studies.list')).map(({ studyInstanceUid }) => studyInstanceUid).sort();

test('asks first, and forgets the study that was open', async () => {
  const { worklist, window } = station;
  await worklist.openStudy(second.studyInstanceUid);
  await worklist.open();
  await worklist.row(second.studyInstanceUid).click({ button: 'right' });
  await window.getByTestId('remove-study-item').waitFor();
  await window.screenshot({ path: testResult('study-menu.png') });
  await window.keyboard.press('Escape');
  const dialog = await worklist.askToRemove(second.studyInstanceUid);
  expect(await textOf(dialog)).toContain('cannot be brought back');
  await window.screenshot({ path: testResult('remove-study.png') });
  await window.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  expect(await stored()).toHaveLength(3);

  await worklist.askToRemove(second.studyInstanceUid);
  await window.getByTestId('confirm-remove').click();
  await worklist.row(second.studyInstanceUid).waitFor({ state: 'detached' });
  expect(await stored()).toEqual([first.studyInstanceUid, third.studyInstanceUid].sort());
  expect(await window.getByTestId('nav-viewer').count()).toBe(0);
  expect(await worklist.focusedPlace()).toBeGreaterThan(0);
});

test('goes by the keyboard alone, and then by the command line', async () => {
  const { worklist, window } = station;
  await worklist.row(first.studyInstanceUid).click();
  await window.keyboard.press('Delete');
  await window.getByTestId('remove-study').waitFor();
  await window.getByTestId('confirm-remove').press('Enter');
  await worklist.row(first.studyInstanceUid).waitFor({ state: 'detached' });
  expect(await ask(window, 'studies.remove', first.studyInstanceUid)).toMatchObject({
    ok: false,
    fault: { code: 'not-found' },
  });
  expect(station.pageErrors).toEqual([]);
  await station.close();
  const cli = (...args: string[]) => runCli(['studies', ...args, '--data-dir', dataDir]);
  expect(await cli('remove')).toMatchObject({ code: 2 });
  const removed = await cli('remove', '--patient', third.patientId);
  expect({ code: removed.code, result: JSON.parse(removed.stdout) }).toMatchObject({
    code: 0,
    result: { removedStudies: 1 },
  });
  expect((await cli('list')).stdout).toBe('');
});
