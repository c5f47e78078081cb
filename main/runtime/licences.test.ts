import { expect, it } from 'vitest';
import { isCompatible, licenceTexts, lockedPackages } from './licences.ts';

it('every package of the lock file has a licence that may be shipped under Apache-2.0', () => {
  const packages = lockedPackages();
  expect(packages.length).toBeGreaterThan(300);
  expect(packages.filter(({ licence }) => !isCompatible(licence))).toEqual([]);
});

it('one part of an AND is enough to refuse, one of an OR to allow', () => {
  expect(isCompatible('(MIT OR GPL-3.0-only)')).toBe(true);
  expect(isCompatible('MIT AND GPL-3.0-only')).toBe(false);
  expect(isCompatible('unknown')).toBe(false);
});

it('the text of a package without a licence file is the standard one with its author', () => {
  const packages = lockedPackages().filter(({ path }) => /^node_modules\/(onnxruntime-node|svelte)$/.test(path));
  const [onnxruntime, svelte] = licenceTexts(packages).split(/\n-{78}\n/);
  expect(onnxruntime).toMatch(
    /^onnxruntime-node [\d.]+: MIT\n\nIt brings no file[\s\S]+Copyright[\s\S]+Permission is hereby granted/,
  );
  expect(svelte).toMatch(/svelte [\d.]+: MIT\n\nCopyright \(c\) /);
});
