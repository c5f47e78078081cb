import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { agrees, type Comparison, compareFolder, findIndependentReader } from './compare.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const python = findIndependentReader();
const missing = !existsSync(folder)
  ? 'the development data are absent'
  : python === null
    ? 'pydicom with numpy, gdcm and Pillow is not installed'
    : null;

describe.skipIf(missing !== null)(
  `real files against independent readers${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let comparisons: Comparison[];
    beforeAll(async () => {
      comparisons = await compareFolder(folder, python as string);
    }, 300_000);

    it('reads every image that an independent reader reads', () => {
      const refused = comparisons.filter(
        ({ decoded, differences, explanation }) =>
          !decoded && Object.keys(differences).length > 0 && explanation === '',
      );
      expect(refused.map(({ file, outcome }) => `${file}: ${outcome}`)).toEqual([]);
      expect(comparisons.filter(({ decoded }) => decoded).length).toBeGreaterThan(100);
    });

    it('gets equal values from lossless images, and within two grey levels from lossy ones', () => {
      const differing = comparisons.filter((comparison) => comparison.decoded && !agrees(comparison));
      expect(differing.map(({ file, differences }) => `${file}: ${JSON.stringify(differences)}`)).toEqual([]);
    });

    it('reads person names as pydicom does, in sequences too', () => {
      const named = comparisons.flatMap(({ names, file }) => (names ? [{ file, ...names }] : []));
      for (const { file, ours, theirs } of named) expect(ours, file).toEqual(theirs);
      expect(named.length).toBeGreaterThan(50);
    });
  },
);
