/** The worklist with as many studies as a department has in a year: found, filtered, grouped, by keyboard, remembered. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshFolder } from '../support/launch.ts';
import { writeManyStudies } from '../support/many-studies.ts';
import { recordCalls } from '../support/pages/bridge.ts';
import { typeDay } from '../support/pages/day.ts';
import { keepPictureOfFailure, openWorkstation, testResult, type WorkstationPages } from '../support/pages/pages.ts';
import { textOf } from '../support/pages/text.ts';

const STUDIES = 50_000;
const PATIENTS = 20_000;

describe(`a worklist of ${STUDIES} studies`, () => {
  const dataDir = freshFolder();
  let station: WorkstationPages;

  beforeAll(async () => {
    writeManyStudies(dataDir, STUDIES, PATIENTS);
    station = await openWorkstation({ dataDir });
  });
  beforeEach(() => keepPictureOfFailure(() => station));
  afterAll(async () => {
    await station?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('holds only the rows in sight, and the keyboard goes to its other end', async () => {
    const { worklist, window } = station;
    await worklist.read();
    await expect.poll(() => textOf(worklist.count)).toBe('50,000 studies');
    expect(await worklist.rows.count()).toBeLessThan(80);
    await worklist.search.press('Enter');
    await expect.poll(() => worklist.focusedPlace()).toBe(1);
    await window.keyboard.press('End');
    await expect.poll(() => worklist.focusedPlace()).toBe(STUDIES);
    await expect.poll(() => worklist.focusedText()).toContain('FICTIONAL');
    await window.keyboard.press('PageUp');
    await expect.poll(() => worklist.focusedPlace()).toBe(STUDIES - 10);
    expect(await worklist.rows.count()).toBeLessThan(80);
    await window.screenshot({ path: testResult('worklist-50000.png') });
  });

  test('finds by words and filters, and says of how many', async () => {
    const { worklist, window } = station;
    await worklist.search.fill('fictional 1234 ct');
    // Patients 1234 and 12340 to 12349, with two or three studies each, a third of them CT.
    await expect.poll(async () => textOf(worklist.count)).toMatch(/^\d+ of 50,000 studies$/);
    for (const row of await worklist.read()) expect(row).toMatchObject({ patient: expect.stringContaining('1234') });
    await worklist.search.fill('');
    await window.getByTestId('filter-patient').fill('P-77');
    await window.getByTestId('filter-modality').selectOption('MR');
    await expect
      .poll(async () => new Set((await worklist.read()).map((row) => row.modality)))
      .toEqual(new Set(['MR HEAD']));
    const calls = await recordCalls(station.app);
    const from = window.getByTestId('filter-from');
    await typeDay(from, '2026-06-01');
    // Typed over from its middle: the list is asked for whole days, not for what stands there between two digits.
    await typeDay(from, '2025-12-31');
    await typeDay(from, '2026-06-01');
    await typeDay(window.getByTestId('filter-to'), '2026-06-30');
    const asked = (await calls.given('studies.find')).map(([query]) => `${query.from} ${query.to}`);
    expect(asked).toEqual([
      '20260601 ',
      ...['20261201 ', '20261231 ', '20251231 '],
      ...['20250630 ', '20250601 ', '20260601 '],
      '20260601 20260630',
    ]);
    await expect
      .poll(async () => (await worklist.read()).map((row) => row.date.slice(0, 3)))
      .toSatisfy((months: string[]) => months.length > 0 && months.every((month) => month === 'Jun'));
    await window.getByTestId('clear-filters').click();
    await expect.poll(() => textOf(worklist.count)).toBe('50,000 studies');
    // Half a day is no filter, and that is said once the field is left.
    const hint = from.getByRole('alert');
    await typeDay(from, '2026-06-');
    expect(await hint.count()).toBe(0);
    await window.keyboard.press('Enter');
    expect(await textOf(hint)).toMatch(/^Not a whole day/);
    await window.keyboard.press('ArrowLeft');
    expect(await hint.count()).toBe(0);
    await worklist.search.focus();
    expect(await textOf(hint)).toMatch(/^Not a whole day/);
    await window.screenshot({ path: testResult('half-a-day.png') });
    expect(await textOf(worklist.count)).toBe('50,000 studies');
    await typeDay(from, '2026-06-01');
    expect(await hint.count()).toBe(0);
    await worklist.search.focus();
    await expect.poll(() => textOf(worklist.count)).not.toBe('50,000 studies');
    expect(await hint.count()).toBe(0);
    await window.getByTestId('clear-filters').click();
    await expect.poll(() => textOf(worklist.count)).toBe('50,000 studies');
  });

  test('sorts by a column, and the other way round', async () => {
    const { worklist, window } = station;
    const ids = async () => (await worklist.read()).map(({ patientId }) => patientId);
    const inOrder = (list: readonly string[]) => list.every((id, place) => place === 0 || id >= list[place - 1]!);
    await window.getByTestId('sort-id').click();
    await expect.poll(async () => inOrder(await ids())).toBe(true);
    const [first] = await ids();
    await window.getByTestId('sort-id').click();
    await expect.poll(async () => inOrder((await ids()).toReversed())).toBe(true);
    expect((await ids())[0]! > first!).toBe(true);
    await window.getByTestId('sort-date').click();
  });

  test('puts the priors of a patient below the newest study', async () => {
    const { worklist, window } = station;
    await window.getByTestId('filter-patient').fill('P-123');
    await window.getByTestId('group-priors').click();
    await expect.poll(() => worklist.priors()).toContain(true);
    const rows = await worklist.read();
    const priors = await worklist.priors();
    for (const [place, prior] of priors.entries())
      expect(rows[place]?.patientId === rows[place - 1]?.patientId, `row ${place}`).toBe(prior);
    await window.getByTestId('clear-filters').click();
  });

  test('remembers columns and density', async () => {
    const { worklist, window } = station;
    await window.getByTestId('worklist-view').click();
    await window.getByTestId('column-score').click();
    await window.getByTestId('column-imported').click();
    await window.getByTestId('density-compact').click();
    await expect.poll(() => worklist.columns()).toEqual(expect.arrayContaining(['Imported']));
    expect(await worklist.columns()).not.toContain('Highest score');
    await window.reload();
    await worklist.rows.first().waitFor();
    expect(await worklist.columns()).toEqual(expect.arrayContaining(['Imported']));
    expect(await worklist.columns()).not.toContain('Highest score');
    expect(await window.getByTestId('worklist').getAttribute('data-density')).toBe('compact');
    await window.screenshot({ path: testResult('worklist-compact.png') });
    // The window changes its words, dates and figures at once.
    await window.getByTestId('about-button').click();
    await window.getByTestId('language').selectOption('de');
    await window.keyboard.press('Escape');
    await window.getByRole('heading', { name: 'Arbeitsliste' }).waitFor();
    await expect.poll(() => textOf(worklist.count)).toBe('50.000 Studien');
    expect(await window.evaluate(() => document.documentElement.lang)).toBe('de');
    expect(station.pageErrors).toEqual([]);
  });
});
