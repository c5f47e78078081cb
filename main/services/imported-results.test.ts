/** The way out and back: what a second workstation reads from our own objects lies where the findings lay. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Finding } from '../../preload/contract/model.ts';
import { brightnessEngine } from '../../tests/support/brightness-engine.ts';
import { OBLIQUE, writeObliqueVolume } from '../../tests/support/oblique-volume.ts';
import { writePhantomStudy } from '../../tests/support/phantom-studies.ts';
import { signedStudy } from '../../tests/support/signed-study.ts';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { parseDataset, readFileBytes } from '../imaging/dataset.ts';
import { frameAttributes } from '../imaging/header.ts';
import { readResultFile } from '../imaging/result-file.ts';
import { maskOfOutline } from '../results/mask.ts';
import { openMap } from './analysis.ts';
import { exportResults } from './exports.ts';
import { importPaths } from './import.ts';
import { importedMap, importedMask, importedResults } from './imported-results.ts';
import { addAddendum } from './reports.ts';
import { openStudy } from './worklist.ts';

const { columns: COLUMNS, rows: ROWS, spacing: SPACING } = OBLIQUE;

type Vector = readonly [number, number, number];

/** Patient coordinates (PS3.3 C.7.6.2.1.1) of the middle of a mask on a frame of a data set. */
function middleInPatient(path: string, frame: number, mask: Uint8Array): Vector {
  const { position, orientation, pixelSpacing } = frameAttributes(parseDataset(readFileBytes(path)).dataset, frame);
  const inside = [...mask.keys()].filter((index) => mask[index] !== 0);
  const mean = (of: (index: number) => number) => inside.reduce((sum, index) => sum + of(index), 0) / inside.length;
  const x = mean((index) => index % COLUMNS) * (pixelSpacing?.column ?? 0);
  const y = mean((index) => Math.floor(index / COLUMNS)) * (pixelSpacing?.row ?? 0);
  return [0, 1, 2].map(
    (axis) => Number(position?.[axis]) + Number(orientation?.[axis]) * x + Number(orientation?.[axis + 3]) * y,
  ) as unknown as Vector;
}

const distance = (a: Vector, b: Vector) => Math.hypot(...a.map((value, axis) => value - Number(b[axis])));
const byImage = (findings: readonly Finding[]) =>
  new Map(findings.map((finding) => [finding.sopInstanceUid, finding] as const));

it('own SR, SEG and Parametric Map of an oblique, anisotropic volume come back to the same places', async () => {
  const folder = writeObliqueVolume(freshFolder(), 3);
  const station = testWorkstation(brightnessEngine);
  const { studyInstanceUid, findings } = await signedStudy(station, [folder]);
  expect(findings).toHaveLength(3);
  const out = freshFolder();
  const files = await exportResults(station, studyInstanceUid, out, ['sr', 'seg', 'pmap'], testJob());
  const of = (format: string) => files.filter((file) => file.format === format).map(({ path }) => path);

  // Masks pixel by pixel, and their middles in patient coordinates against those of the images.
  const [seg = ''] = of('seg');
  const { masks } = readResultFile(seg);
  expect(masks).toHaveLength(3);
  const images = new Map(
    readdirSync(folder).map((name) => {
      const path = join(folder, name);
      return [parseDataset(readFileBytes(path)).dataset.string('x00080018') ?? '', path] as const;
    }),
  );
  for (const [index, mask] of masks.entries()) {
    const finding = byImage(findings).get(mask.sopInstanceUid);
    const drawn = maskOfOutline(finding?.outline ?? [], COLUMNS, ROWS);
    expect(drawn.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(100);
    expect(mask.mask).toEqual(drawn);
    const there = middleInPatient(seg, index, mask.mask);
    const here = middleInPatient(images.get(mask.sopInstanceUid) ?? '', 0, drawn);
    expect(distance(there, here)).toBeLessThan(Math.min(...SPACING) / 2);
  }

  // A second workstation, which has the images alone.
  const other = testWorkstation(brightnessEngine);
  const imported = await importPaths(other, [out, folder], testJob());
  expect(imported).toMatchObject({ instances: 3 + files.length, skipped: [] });
  const results = importedResults(other, studyInstanceUid);
  expect(results.map(({ kind }) => kind).sort()).toEqual(['pmap', 'pmap', 'seg', 'sr']);
  for (const kind of ['sr', 'seg'] as const) {
    const regions = results.find((result) => result.kind === kind)?.regions ?? [];
    expect(regions).toHaveLength(3);
    for (const region of regions) {
      const finding = byImage(findings).get(region.sopInstanceUid);
      expect(maskOfOutline(region.outline, COLUMNS, ROWS)).toEqual(
        maskOfOutline(finding?.outline ?? [], COLUMNS, ROWS),
      );
    }
  }
  expect(new Set(results.flatMap(({ regions }) => regions.map(({ trackingUid }) => trackingUid))).size).toBe(3);

  const [stored] = results.filter(({ kind }) => kind === 'seg');
  for (const { sopInstanceUid, frame, outline } of findings)
    expect(await importedMask(other, stored?.sopInstanceUid ?? '', { sopInstanceUid, frame })).toEqual(
      maskOfOutline(outline, COLUMNS, ROWS),
    );

  // The map, at the middle of each of its own pixels: bilinear stretching keeps those values.
  const scores = results.find(({ maps }) => maps[0]?.quantity === 'Anomaly score');
  const [ref] = scores?.maps ?? [];
  const frame = { sopInstanceUid: ref?.sopInstanceUid ?? '', frame: 0 };
  const there = await importedMap(other, scores?.sopInstanceUid ?? '', frame);
  const here = await openMap(station.store, findings[0]?.analysisId ?? '', frame);
  expect([there.width, there.height]).toEqual([COLUMNS, ROWS]);
  const peak = Math.max(...here.data);
  expect(Math.max(...there.data)).toBeCloseTo(peak, 6);
  const flagged = (map: typeof here) => [...map.data.keys()].filter((index) => Number(map.data[index]) > peak / 2);
  const middle = (map: typeof here) => {
    const places = flagged(map);
    return places.reduce((sum, index) => sum + ((index % map.width) + 0.5) / map.width, 0) / places.length;
  };
  expect(Math.abs(middle(there) - middle(here)) * COLUMNS).toBeLessThan(0.5);
  expect(openStudy(other.store.db, studyInstanceUid, []).study.frameCount).toBe(3);
});

it('a result without its images is left out with its reason, and a second import changes nothing', async () => {
  const folder = writeObliqueVolume(freshFolder(), 3);
  const station = testWorkstation(brightnessEngine);
  const { studyInstanceUid } = await signedStudy(station, [folder]);
  const out = freshFolder();
  await exportResults(station, studyInstanceUid, out, ['sr', 'seg'], testJob());
  const other = testWorkstation(brightnessEngine);
  const alone = await importPaths(other, [out], testJob());
  expect(alone).toMatchObject({ instances: 0, known: 0 });
  for (const { reason } of alone.skipped) expect(reason).toContain('Import them first');
  await importPaths(other, [folder, out], testJob({ id: 'second' }));
  expect(await importPaths(other, [out], testJob({ id: 'third' }))).toMatchObject({
    instances: 0,
    known: 2,
    skipped: [],
  });
});

it('what was taken back before or after it came is not shown as standing', async () => {
  const station = testWorkstation(brightnessEngine);
  const { paths, folder } = writePhantomStudy(freshFolder(), { number: 1, slices: 2 });
  const { studyInstanceUid, findings } = await signedStudy(station, paths);
  const export_ = async () => {
    const out = freshFolder();
    const files = await exportResults(station, studyInstanceUid, out, ['sr', 'seg', 'pmap'], testJob());
    return { out, note: files.find(({ format }) => format === 'kos')?.path ?? '' };
  };
  const { out: first } = await export_();
  const reason = 'safety' as const;
  addAddendum(station, { studyInstanceUid, text: 'Wrong.', withdrawn: [findings[0]?.id ?? ''], reason });
  const { out: second, note } = await export_();
  for (const order of [
    [first, second],
    [second, first],
  ]) {
    const other = testWorkstation(brightnessEngine);
    await importPaths(other, [folder], testJob());
    for (const results of order) expect((await importPaths(other, [results], testJob())).skipped).toEqual([]);
    const shown = importedResults(other, studyInstanceUid);
    const standing = shown.filter(({ withdrawn }) => withdrawn === null);
    expect(standing.map(({ kind }) => kind).sort()).toEqual(['pmap', 'pmap', 'seg', 'sr']);
    expect(standing.every(({ regions, maps }) => regions.length + maps.length > 0)).toBe(true);
    const gone = shown.filter(({ withdrawn }) => withdrawn !== null);
    expect(gone.map(({ withdrawn }) => withdrawn)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
    expect(gone.flatMap(({ regions, maps }) => [...regions, ...maps])).toEqual([]);
  }

  // The note alone, before the images that it is about.
  const early = testWorkstation(brightnessEngine);
  const alone = await importPaths(early, [note], testJob());
  expect(alone).toMatchObject({ studies: [], skipped: [{ reason: expect.stringContaining('is remembered') }] });
  await importPaths(early, [folder, first], testJob());
  const shown = importedResults(early, studyInstanceUid);
  expect(shown.map(({ kind }) => kind).sort()).toEqual(['pmap', 'pmap', 'seg', 'sr']);
  expect(new Set(shown.map(({ withdrawn }) => withdrawn))).toEqual(new Set(['rejected']));
  expect(shown.flatMap(({ regions, maps }) => [...regions, ...maps])).toEqual([]);
});
