import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freshFolder } from '../../tests/support/store.ts';
import { testJob, testWorkstation } from '../../tests/support/workstation.ts';
import { Fault } from '../fault.ts';
import { dicomFile, type Element, imageElements } from '../imaging/samples.ts';
import { verifyAudit } from '../store/audit.ts';
import { checkStore, openStore } from '../store/store.ts';
import { listSkippedFiles } from '../store/studies.ts';
import { Images } from './images.ts';
import { importPaths, resumableImports } from './import.ts';
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

/** A folder of small CT slices of one series. */
function folderOfSlices(count: number): string {
  const folder = freshFolder();
  for (let i = 0; i < count; i++)
    writeFileSync(
      join(folder, `${i}.dcm`),
      dicomFile(
        imageElements([
          [0x00080018, 'UI', `2.25.77.${i}`],
          [0x00200013, 'IS', String(i)],
        ]),
      ),
    );
  return folder;
}

/** A program that imports a folder and is killed in the middle of it. */
function importThatDies(folder: string, root: string): string {
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, '..', path));
  return `
    import { importPaths } from ${from('services/import.ts')};
    import { openStore } from ${from('store/store.ts')};
    import { readerHandlers } from ${from('reader/handlers.ts')};
    import { runInProcess } from ${from('process/in-process.ts')};
    const station = {
      store: openStore(${JSON.stringify(root)}), reader: runInProcess(readerHandlers), user: 'x', now: () => new Date(),
    };
    const progress = ({ done }) => done === 150 && process.kill(process.pid, 'SIGKILL');
    await importPaths(station, [${JSON.stringify(folder)}], { id: 'dies', signal: new AbortController().signal, progress });
  `;
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
        if (done === 90) abort.abort();
      },
    });
    await expect(importPaths(station, [folderOfSlices(200)], job)).rejects.toMatchObject({ code: 'cancelled' });
    const [row] = listWorklist(station.store.db, []);
    expect(row?.frameCount).toBeGreaterThanOrEqual(90);
    expect(row?.frameCount).toBeLessThan(200);
    expect(await checkStore(station.store)).toMatchObject({ ok: true });
    expect(readdirSync(station.store.folder.temporary)).toEqual([]);
    expect(resumableImports(station)).toEqual([]);
  });

  it('skips a file that kills the reader, and goes on', async () => {
    const station = testWorkstation();
    const { reader } = station;
    const dying: typeof reader = {
      async run(name, input, options) {
        const { files } = input as { files: { path: string }[] };
        if (files.some(({ path }) => path.endsWith('2.png')))
          throw new Fault('reader-died', 'The file crashed the reader.');
        return await reader.run(name, input, options);
      },
    };
    const folder = await folderOfPictures();
    const result = await importPaths({ ...station, reader: dying }, [folder], testJob());
    expect(result.instances).toBe(2);
    expect(result.skipped).toContainEqual({ path: join(folder, '2.png'), reason: 'The file crashed the reader.' });
  });

  it('goes on after its process was killed, and ends with every image once', { timeout: 60_000 }, async () => {
    const folder = folderOfSlices(200);
    const root = freshFolder();
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', importThatDies(folder, root)]);
    expect(killed.signal).toBe('SIGKILL');

    const station = { ...testWorkstation(), store: openStore(root) };
    onTestFinished(() => station.store.db.close());
    const before = listWorklist(station.store.db, [])[0]?.frameCount ?? 0;
    expect(before).toBeLessThan(200);
    expect(await checkStore(station.store)).toMatchObject({ ok: true });

    const [left, ...others] = resumableImports(station);
    expect([left, others]).toEqual([{ paths: [folder], photo: null }, []]);
    expect(await importPaths(station, [folder], testJob())).toMatchObject({ instances: 200 - before, known: before });
    expect(listWorklist(station.store.db, [])[0]?.frameCount).toBe(200);
    expect(await checkStore(station.store)).toMatchObject({ ok: true, orphanFiles: 0 });
    expect(resumableImports(station)).toEqual([]);
  });

  it('opens archives and the index of a disc, and says which of its files are missing', async () => {
    const folder = freshFolder();
    const slices = folderOfSlices(3);
    mkdirSync(join(folder, 'cd'));
    copyFileSync(join(slices, '0.dcm'), join(folder, 'cd', 'A1'));
    const records = ['A1', 'A2'].map((name): Element[] => [
      [0x00041430, 'CS', 'IMAGE'],
      [0x00041500, 'CS', name],
    ]);
    writeFileSync(join(folder, 'cd', 'DICOMDIR'), dicomFile([[0x00041220, 'SQ', records]]));
    const inner = zipSync({ 'x.dcm': readFileSync(join(slices, '1.dcm')) });
    writeFileSync(join(folder, 'all.zip'), zipSync({ 'y.dcm': readFileSync(join(slices, '2.dcm')), 'in.zip': inner }));
    const result = await importPaths(
      testWorkstation(),
      [join(folder, 'cd', 'DICOMDIR'), join(folder, 'all.zip')],
      testJob(),
    );
    expect(result.instances).toBe(2);
    expect(result.skipped.map(({ reason }) => reason)).toEqual([
      'The DICOMDIR refers to A2, which is not there.',
      'This zip archive lies inside another. Unpack the outer one first.',
    ]);
  });

  it('gives photographs what a person says of them, in the order of their names', async () => {
    const station = testWorkstation();
    const photo = {
      patientName: 'Fictional^Ada',
      patientId: 'F-7',
      patientBirthDate: '19700101',
      modality: 'XC',
      bodyPart: 'SKIN',
      description: 'Forearm',
    };
    const { studies } = await importPaths(station, [await folderOfPictures()], testJob(), photo);
    const { study, series } = openStudy(station.store.db, studies[0] ?? '', []);
    expect(study).toMatchObject({ patientName: 'Fictional^Ada', patientId: 'F-7', studyDescription: 'Forearm' });
    expect(series).toMatchObject([{ modality: 'XC', bodyPart: 'SKIN' }]);
    // 1.png, 2.png, 10.png: their red was 160, 80 and 0.
    const images = new Images(station);
    const reds = series[0]?.frames.map(async (frame) => (await images.pixels(frame)).data[0]);
    expect(await Promise.all(reds ?? [])).toEqual([160, 80, 0]);
  });

  it('names a path that is not there', async () => {
    const result = await importPaths(testWorkstation(), ['/no/such/folder'], testJob());
    expect(result.skipped).toEqual([{ path: '/no/such/folder', reason: expect.stringContaining('no file or folder') }]);
  });
});

const shared = join(import.meta.dirname, '../../../shared/data/dicom');

describe.runIf(existsSync(shared))('import of real files (only where the development data are present)', () => {
  it('imports a CD by its DICOMDIR, and the same again from its folder changes nothing', async () => {
    const station = testWorkstation();
    const cd = join(shared, 'pydicom', 'dicomdirtests');
    const once = await importPaths(station, [join(cd, 'DICOMDIR')], testJob());
    expect(once).toMatchObject({ instances: 31, series: 13, known: 0, skipped: [] });
    expect(once.studies).toHaveLength(6);
    expect(await importPaths(station, [cd], testJob())).toMatchObject({ instances: 0, known: 31, series: 13 });
    expect(listWorklist(station.store.db, []).reduce((sum, { frameCount }) => sum + frameCount, 0)).toBe(31);
  });

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
