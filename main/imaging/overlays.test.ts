import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findIndependentReader } from './conformance/compare.ts';
import { openImage } from './pixels.ts';
import { dicomFile, imageElements, type Value } from './samples.ts';

type Change = readonly [tag: number, vr: string, value: Value | null];

async function overlay(changes: readonly Change[], encoding: 'explicit-little' | 'explicit-big' = 'explicit-little') {
  const opened = await openImage(dicomFile(imageElements(changes), { encoding }));
  return opened.overlay(0);
}

/** A plane of 2 x 2 whose diagonal is drawn; the image has 2 rows of 3. */
const diagonal = (origin: number[], data: readonly number[]): Change[] => [
  [0x60000010, 'US', 2],
  [0x60000011, 'US', 2],
  [0x60000040, 'CS', 'G'],
  [0x60000050, 'SS', origin],
  [0x60000100, 'US', 1],
  [0x60000102, 'US', 0],
  [0x60003000, 'OW', Uint8Array.from(data)],
];

describe('overlay planes', () => {
  it('lie at their origin, and what is beyond the image is left out', async () => {
    expect(await overlay([])).toBeNull();
    expect(await overlay(diagonal([1, 1], [0b1001, 0]))).toEqual(Uint8Array.of(1, 0, 0, 0, 1, 0));
    expect(await overlay(diagonal([1, 2], [0b1001, 0]))).toEqual(Uint8Array.of(0, 1, 0, 0, 0, 1));
    expect(await overlay(diagonal([0, 1], [0b1001, 0]))).toEqual(Uint8Array.of(0, 1, 0, 0, 0, 0));
    expect(await overlay(diagonal([1, 1], [0, 0b1001]), 'explicit-big')).toEqual(Uint8Array.of(1, 0, 0, 0, 1, 0));
  });

  it('are drawn together', async () => {
    const second = diagonal([1, 2], [0b1001, 0]).map(([tag, vr, value]): Change => [tag + 0x20000, vr, value]);
    expect(await overlay([...diagonal([1, 1], [0b1001, 0]), ...second])).toEqual(Uint8Array.of(1, 1, 0, 0, 1, 1));
  });

  it('are found in unused bits of the pixels', async () => {
    const changes: Change[] = [
      [0x00280101, 'US', 12],
      [0x00280102, 'US', 11],
      [0x60000010, 'US', 2],
      [0x60000011, 'US', 3],
      [0x60000050, 'SS', [1, 1]],
      [0x60000100, 'US', 16],
      [0x60000102, 'US', 14],
      [0x7fe00010, 'OW', new Uint8Array(Uint16Array.of(0, 0x4000, 5, 0x4007, 0, 0).buffer)],
    ];
    expect(await overlay(changes)).toEqual(Uint8Array.of(0, 1, 0, 1, 0, 0));
  });

  it('whose bits are cut off are left out', async () => {
    const [rows, columns, ...rest] = diagonal([1, 1], [9, 0]);
    expect(rows && columns && (await overlay([[0x60000010, 'US', 200], columns, ...rest]))).toBeNull();
  });
});

const real = resolve(import.meta.dirname, '../../../shared/data/dicom/pydicom/examples_overlay.dcm');
const python = findIndependentReader();

it.skipIf(python === null || !existsSync(real))('a real file has the overlay that pydicom finds', async () => {
  const script = `import sys, pydicom
sys.stdout.write(''.join(map(str, pydicom.dcmread(sys.argv[1]).overlay_array(0x6000).ravel())))`;
  const { stdout } = spawnSync(python as string, ['-c', script, real], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const ours = (await openImage(real)).overlay(0);
  expect([...(ours ?? [])].join('')).toBe(stdout);
  expect(stdout).toContain('1');
});
