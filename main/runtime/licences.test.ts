import { expect, it } from 'vitest';
import { isCompatible, listLicences } from './licences.ts';

it('every package of the lock file has a licence that may be shipped under Apache-2.0', () => {
  const packages = listLicences();
  expect(packages.length).toBeGreaterThan(300);
  expect(packages.filter(({ licence }) => !isCompatible(licence))).toEqual([]);
});

it('one part of an AND is enough to refuse, one of an OR to allow', () => {
  expect(isCompatible('(MIT OR GPL-3.0-only)')).toBe(true);
  expect(isCompatible('MIT AND GPL-3.0-only')).toBe(false);
  expect(isCompatible('unknown')).toBe(false);
});
