import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { verifyAudit } from '../store/audit.ts';
import { checkStore } from '../store/store.ts';
import { listSkippedFiles } from '../store/studies.ts';
import { Images } from './images.ts';
import { importPaths } from './import.ts';
import { listWorklist, openStudy } from './worklist.ts';

/** A folder with three pictures and one text file. */
async function folderOfPictures(): Promise<string> {
  const folder = freshFolder();
  for (const [index, name] of ['10.png', '2.png', '1.png'].entries())
    await sharp({ create: { width: 40, height: 30, channels: 3, background: { r: index * 80, g: 9, b: 9 } } })
      .png()
      .toFile(join(folder, name));
  writeFileSync(join(folder, 'notes.dcm'), 'these are words, not an image');
  return folder;
}

describe('import', () => {
  it('stores what it can, lists the rest with reasons, and shows it in the worklist', async () => {
    const station = testWorkstation();
    const folder = await folderOfPictures();
    const seen: number[] = [];
    const job = testJob({ progress: ({ done }) => seen.push(done) });
    const result = await importPaths(station, [folder], job);
    expect(result).toMatchObject({ series: 1, instances: 3, known: 0 });
    expect(result.skipped).toEqual([
      { path: join(folder, 'notes.dcm'), reason: expect.stringContaining('neither DICOM') },
    ]);
    expect(listSkippedFiles(station.store.db, job.id)).toEqual(result.skipped);
    expect(seen.at(-1)).toBe(4);

    const [row] = listWorklist(station.store.db, []);
    expect(row).toMatchObject({ frameCount: 3, state: 'new', highestScore: null, studyInstanceUid: result.studies[0] });
    const [series] = openStudy(station.store.db, row?.studyInstanceUid ?? '', []).series;
    expect(series?.frames).toHaveLength(3);
    expect(await checkStore(station.store)).toEqual({ ok: true, problems: [], missingFiles: [], orphanFiles: 0 });
    expect(readdirSync(station.store.folder.temporary)).toEqual([]);
    expect(verifyAudit(station.store.db, station.store.folder)).toEqual({ ok: true, entries: 1 });

    const images = new Images(station);
    const ref = { sopInstanceUid: series?.frames[0]?.sopInstanceUid ?? '', frame: 0 };
    expect(await images.pixels(ref)).toMatchObject({ rows: 30, columns: 40, samplesPerPixel: 3 });
    expect(await sharp(await images.thumbnail(ref)).metadata()).toMatchObject({ format: 'png', width: 40 });
  });

  it('changes nothing when the same comes again', async () => {
    const station = testWorkstation();
    const folder = await folderOfPictures();
    await importPaths(station, [folder], testJob());
    const before = listWorklist(station.store.db, []);
    const again = await importPaths(station, [folder, join(folder, '1.png')], testJob());
    expect(again).toMatchObject({ instances: 0, known: 4 });
    expect(listWorklist(station.store.db, [])).toEqual(before);
  });

  it('ends between files when cancelled and keeps what it has', async () => {
    const station = testWorkstation();
    const abort = new AbortController();
    const job = testJob({
      signal: abort.signal,
      progress: ({ done }) => {
        if (done === 2) abort.abort();
      },
    });
    await expect(importPaths(station, [await folderOfPictures()], job)).rejects.toMatchObject({ code: 'cancelled' });
    const [row] = listWorklist(station.store.db, []);
    expect(row?.frameCount).toBeGreaterThan(0);
    expect(row?.frameCount).toBeLessThan(3);
    expect((await checkStore(station.store)).ok).toBe(true);
    expect(readdirSync(station.store.folder.temporary)).toEqual([]);
  });

  it('skips a file that kills the reader, and goes on', async () => {
    const station = testWorkstation();
    const { reader } = station;
    const dying: typeof reader = {
      async run(name, input, options) {
        if ((input as { path: string }).path.endsWith('2.png'))
          throw new Fault('reader-died', 'The file crashed the reader.');
        return await reader.run(name, input, options);
      },
    };
    const result = await importPaths({ ...station, reader: dying }, [await folderOfPictures()], testJob());
    expect(result.instances).toBe(2);
    expect(result.skipped.map(({ reason }) => reason)).toContain('The file crashed the reader.');
  });

  it('names a path that is not there', async () => {
    const result = await importPaths(testWorkstation(), ['/no/such/folder'], testJob());
    expect(result.skipped).toEqual([{ path: '/no/such/folder', reason: expect.stringContaining('no file or folder') }]);
  });
});

const shared = join(import.meta.dirname, '../../../shared/data/dicom');

describe.runIf(existsSync(shared))('import of real files (only where the development data are present)', () => {
  it('neither stops nor forgets a file, and stores whole instances only', { timeout: 120_000 }, async () => {
    const station = testWorkstation();
    const result = await importPaths(station, [shared], testJob());
    expect(result.instances).toBeGreaterThan(80);
    expect(result.skipped.every(({ reason }) => /^[A-Z].*[.]$/s.test(reason))).toBe(true);
    expect(await checkStore(station.store)).toMatchObject({ ok: true, orphanFiles: expect.any(Number) });
    const images = new Images(station);
    for (const study of listWorklist(station.store.db, []))
      for (const series of openStudy(station.store.db, study.studyInstanceUid, []).series)
        for (const frame of series.frames.slice(0, 1)) {
          const pixels = await images.pixels(frame);
          expect(pixels.data.length).toBe(pixels.rows * pixels.columns * pixels.samplesPerPixel);
        }
  });
});
