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
import { beginImport } from '../store/imports.ts';
import { checkStore, openStore } from '../store/store.ts';
import { listSkippedFiles } from '../store/studies.ts';
import { Images } from './images.ts';
import { importPaths, resumableImports, skippedFiles } from './import.ts';
import { sweepStaging } from './staging.ts';
import { importStaged } from './transfers.ts';
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

/** A folder with a PNG, a JPEG, a BMP and a TIFF, in this order of names, ever less red. */
async function folderOfPhotographs(): Promise<string> {
  const folder = freshFolder();
  const picture = (r: number) => sharp({ create: { width: 2, height: 2, channels: 3, background: { r, g: 9, b: 9 } } });
  await picture(160).png().toFile(join(folder, '1.png'));
  await picture(80).jpeg({ quality: 100 }).toFile(join(folder, '2.jpg'));
  const header = Buffer.alloc(54);
  header.write('BM');
  for (const [at, value] of [10, 14, 18, 22].entries()) header.writeUInt32LE([54, 40, 2, 2][at] ?? 0, value);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const row = [9, 9, 40, 9, 9, 40, 0, 0]; // blue, green, red
  writeFileSync(join(folder, '3.bmp'), Buffer.concat([header, Buffer.from([...row, ...row])]));
  await picture(0).tiff().toFile(join(folder, '10.tif'));
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

/**
 * A program that imports a folder and is killed in the middle of it.
 * @param how an expression that gives a promise, of `folder`, `station` and `job`
 */
function importThatDies(folder: string, root: string, how = 'importPaths(station, [folder], job)'): string {
  const from = (path: string) => JSON.stringify(join(import.meta.dirname, '..', path));
  return `
    import { cpSync } from 'node:fs';
    import { importPaths } from ${from('services/import.ts')};
    import { markWhole, stagingFolder } from ${from('services/staging.ts')};
    import { importStaged } from ${from('services/transfers.ts')};
    import { openStore } from ${from('store/store.ts')};
    import { readerHandlers } from ${from('reader/handlers.ts')};
    import { runInProcess } from ${from('process/in-process.ts')};
    const station = {
      store: openStore(${JSON.stringify(root)}), reader: runInProcess(readerHandlers), user: 'x', now: () => new Date(),
    };
    const progress = ({ done }) => done === 150 && process.kill(process.pid, 'SIGKILL');
    const folder = ${JSON.stringify(folder)};
    const job = { id: 'dies', signal: new AbortController().signal, progress };
    await ${how};
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

  it('is told of paths that are gone when it goes on after a crash', () => {
    const station = testWorkstation();
    const paths = ['/gone/disc', join(station.store.folder.temporary, 'demo-1-x')];
    beginImport(station.store.db, { jobId: 'x', paths, photos: null, processId: 4_000_123 }, '2026-01-01T00:00:00Z');
    expect(resumableImports(station)).toEqual([{ paths: ['/gone/disc'], photo: null }]);
  });

  it('of a fetched study is finished at the next start when its process was killed', { timeout: 60_000 }, async () => {
    const root = freshFolder();
    const staged = `(async () => {
      const into = stagingFolder(station, 'retrieve');
      cpSync(folder, into, { recursive: true });
      await importStaged(station, markWhole(into), job);
    })()`;
    const program = importThatDies(folderOfSlices(200), root, staged);
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', program]);
    expect(killed.signal, String(killed.stderr)).toBe('SIGKILL');

    const station = { ...testWorkstation(), store: openStore(root) };
    onTestFinished(() => station.store.db.close());
    expect(listWorklist(station.store.db, [])[0]?.frameCount ?? 0).toBeLessThan(200);
    const [folder, ...others] = await sweepStaging(station);
    expect(others).toEqual([]);
    expect(resumableImports(station)).toEqual([]);
    await importStaged(station, folder ?? '', testJob());
    expect(listWorklist(station.store.db, [])[0]?.frameCount).toBe(200);
    expect(await sweepStaging(station)).toEqual([]);
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
    const { studies } = await importPaths(station, [await folderOfPhotographs()], testJob(), photo);
    const { study, series } = openStudy(station.store.db, studies[0] ?? '', []);
    expect(study).toMatchObject({ patientName: 'Fictional^Ada', patientId: 'F-7', studyDescription: 'Forearm' });
    expect(series).toMatchObject([{ modality: 'XC', bodyPart: 'SKIN' }]);
    const images = new Images(station);
    const reds = series[0]?.frames.map(async (frame) => (await images.pixels(frame)).data[0] ?? 0);
    // JPEG may be off by a little.
    expect((await Promise.all(reds ?? [])).map((red) => 10 * Math.round(red / 10))).toEqual([160, 80, 40, 0]);
  });

  it('knows the same photograph of another patient as another image', async () => {
    const station = testWorkstation();
    const folder = await folderOfPhotographs();
    const photo = (patientId: string) => ({
      patientName: `Fictional^${patientId}`,
      patientId,
      patientBirthDate: '',
      modality: 'XC',
      bodyPart: 'SKIN',
      description: '',
    });
    const first = await importPaths(station, [folder], testJob(), photo('F-7'));
    const second = await importPaths(station, [folder], testJob(), photo('F-8'));
    expect(second).toMatchObject({ instances: 4, known: 0 });
    for (const [uid, patientId] of [
      [first.studies[0], 'F-7'],
      [second.studies[0], 'F-8'],
    ])
      expect(openStudy(station.store.db, uid ?? '', []).study).toMatchObject({ patientId, frameCount: 4 });
    const elsewhere = freshFolder();
    copyFileSync(join(folder, '1.png'), join(elsewhere, 'copy.png'));
    const again = await importPaths(station, [folder, elsewhere], testJob(), photo('F-8'));
    expect(again).toMatchObject({ instances: 0, known: 5, studies: second.studies });
  });

  it('knows an image that came another way: with other file meta information, encoded otherwise', async () => {
    const pixels = new Uint8Array(Int16Array.of(1, 2, 3, 4, 5, 6).buffer);
    const elements = (value = pixels) =>
      imageElements([
        [0x00081140, 'SQ', [[[0x00081155, 'UI', '2.25.9']]]],
        [0x7fe00010, 'OW', value],
      ]);
    const forms = {
      'a.dcm': dicomFile(elements()),
      'b.dcm': dicomFile(elements(), { encoding: 'implicit-little' }),
      'c.dcm': Buffer.concat([Buffer.from('ANOTHER'), Buffer.from(dicomFile(elements())).subarray(7)]),
      'other.dcm': dicomFile(elements(new Uint8Array(12))),
    };
    const folder = freshFolder();
    for (const [name, bytes] of Object.entries(forms)) writeFileSync(join(folder, name), bytes);
    const station = testWorkstation();
    // In one batch, and when the first is stored already.
    for (const [instances, known] of [
      [1, 2],
      [0, 3],
    ])
      expect(await importPaths(station, [folder], testJob())).toMatchObject({
        instances,
        known,
        skipped: [{ path: join(folder, 'other.dcm'), reason: expect.stringContaining('same SOP Instance UID') }],
      });
  });

  it('takes an image that is called like the index of a disc, in a folder and in an archive', async () => {
    const folder = freshFolder();
    const [one, two] = ['0.dcm', '1.dcm'].map((name) => readFileSync(join(folderOfSlices(2), name)));
    writeFileSync(join(folder, 'DICOMDIR copy.dcm'), one as Buffer);
    writeFileSync(join(folder, 'all.zip'), zipSync({ 'DICOMDIR.dcm': two as Buffer }));
    writeFileSync(join(folder, 'DICOMDIR'), dicomFile([[0x00041220, 'SQ', []]]));
    expect(await importPaths(testWorkstation(), [folder], testJob())).toMatchObject({ instances: 2, skipped: [] });
  });

  it('takes maps and segmentations that name no image as images', async () => {
    const folder = freshFolder();
    const floats = new Uint8Array(Float32Array.of(0, 0.25, 0.5, 0.75, 1, 2).buffer);
    const map = imageElements([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.30'],
      [0x00080018, 'UI', '2.25.31'],
      [0x00280100, 'US', 32],
      [0x00280101, 'US', null],
      [0x00280102, 'US', null],
      [0x00280103, 'US', null],
      [0x7fe00008, 'OF', floats],
      [0x7fe00010, 'OW', null],
    ]);
    const mask = imageElements([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.66.4'],
      [0x00080018, 'UI', '2.25.32'],
      [0x00080060, 'CS', 'SEG'],
      [0x00280100, 'US', 1],
      [0x00280101, 'US', 1],
      [0x00280102, 'US', 0],
      [0x00280103, 'US', 0],
      [0x00620001, 'CS', 'BINARY'],
      [0x7fe00010, 'OW', Uint8Array.of(0b010101, 0)],
    ]);
    writeFileSync(join(folder, 'map.dcm'), dicomFile(map));
    writeFileSync(join(folder, 'mask.dcm'), dicomFile(mask));
    const station = testWorkstation();
    const { studies, skipped } = await importPaths(station, [folder], testJob());
    expect(skipped).toEqual([]);
    const images = new Images(station);
    const frames = openStudy(station.store.db, studies[0] ?? '', []).series.flatMap((series) => series.frames);
    const values = await Promise.all(frames.map(async (frame) => [...(await images.pixels(frame)).data]));
    expect(values).toContainEqual([0, 0.25, 0.5, 0.75, 1, 2]);
    expect(values).toContainEqual([1, 0, 1, 0, 1, 0]);
  });

  it('names a path that is not there', async () => {
    const result = await importPaths(testWorkstation(), ['/no/such/folder'], testJob());
    expect(result.skipped).toEqual([{ path: '/no/such/folder', reason: expect.stringContaining('no file or folder') }]);
  });
});

describe('what an import was told', () => {
  it('is forgotten with its end, and what it left out after a month: both may name a patient', async () => {
    const station = testWorkstation();
    const { db } = station.store;
    const folder = join(freshFolder(), 'Mustermann-Erika');
    mkdirSync(folder);
    writeFileSync(join(folder, 'letter.dcm'), 'words');
    const photo = {
      patientName: 'Mustermann^Erika',
      patientId: 'P7',
      patientBirthDate: '',
      modality: 'XC',
      bodyPart: '',
      description: '',
    };
    const first = await importPaths(station, [folder], testJob({ id: 'first' }), photo);
    expect(first.skipped).toHaveLength(1);
    expect(JSON.stringify(db.all('SELECT * FROM imports'))).not.toContain('Mustermann');
    expect(skippedFiles(station, 'first')).toHaveLength(1);
    const later = { ...station, now: () => new Date(Date.now() + 31 * 24 * 3_600_000) };
    await importPaths(later, [folder], testJob({ id: 'second' }));
    expect(skippedFiles(station, 'first')).toEqual([]);
    expect(skippedFiles(station, 'second')).toHaveLength(1);
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
