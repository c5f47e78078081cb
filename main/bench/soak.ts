/** Whether memory stays flat over many calibrations and studies, once everything is open and the cache is full. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TAP_CACHE_BYTES } from '../engine/taps.ts';
import { loadPack } from '../modelpack/pack.ts';
import { analyseStudy } from '../services/analysis.ts';
import { methodSettingsOf } from '../services/calibration.ts';
import { importPaths } from '../services/import.ts';
import { modelFolder } from '../services/models.ts';
import { openWorkstation } from '../services/workstation.ts';
import { calibrateOnStudies, studyOf, writeCtStudies } from './ct-studies.ts';
import { wavyPictures } from './made-up.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const PICTURES_PER_STUDY = 8;

export const soak: Suite = {
  does: 'resident memory of the engine and of the application over 50 calibrations and 200 analysed studies of a store',
  async run(context) {
    const { tools, scratch, job, quick } = context;
    const [calibrations, studies] = quick ? [2, 4] : [50, 200];
    const titles = Array.from({ length: studies }, (_, index) => `BENCH-SOAK-${index}`);
    const files = join(scratch, 'files');
    await writeCtStudies(files, { titles, slices: PICTURES_PER_STUDY, side: 256 }, job.signal);
    const station = openWorkstation(tools, join(scratch, 'data'));
    try {
      await importPaths(station, [files], job);
      const calibrationId = await calibrateOnStudies(station, titles.slice(0, 4), 'default', job);
      const analyse = (title: string) =>
        analyseStudy(station, { studyInstanceUid: studyOf(title), calibrationId }, job).then(() => {});
      return await curve(context, calibrations, titles, analyse);
    } finally {
      station.store.db.close();
    }
  },
};

/** Memory at the start, with the cache full, and then again and again. */
async function curve(
  context: BenchContext,
  calibrations: number,
  titles: readonly string[],
  analyse: (title: string) => Promise<void>,
): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  await calibrateOnce(context, 0); // opens all sessions
  rows.push(...(await memory(context, 'with all sessions open')));
  const filling = context.quick ? 2 : await studiesThatFillTheCache(context);
  for (let done = 1; done <= filling; done++) {
    await detectOnce(context, done);
    context.job.progress({ done, total: filling, unit: 'studies', note: 'Filling the cache' });
  }
  rows.push(...(await memory(context, `with the cache full, after ${filling} studies`)));
  for (let done = 1; done <= calibrations; done++) {
    await calibrateOnce(context, done);
    if (done % 10 === 0 || done === calibrations) rows.push(...(await memory(context, `${done} calibrations later`)));
    context.job.progress({ done, total: calibrations, unit: 'calibrations', note: '' });
  }
  for (const [index, title] of titles.entries()) {
    await analyse(title);
    const done = index + 1;
    if (done % 50 === 0 || done === titles.length) rows.push(...(await memory(context, `${done} studies later`)));
    context.job.progress({ done, total: titles.length, unit: 'studies', note: '' });
  }
  return rows;
}

/** The cache takes memory up to its budget, which is no leak: what counts is what happens afterwards. */
async function studiesThatFillTheCache({ tools }: BenchContext): Promise<number> {
  const { manifest } = await loadPack(await modelFolder(tools, 'embedded'), { verify: false });
  const bytes = manifest.vision.taps.reduce((sum, { grid, width }) => sum + 4 * grid ** 2 * width, 0);
  return Math.ceil(TAP_CACHE_BYTES / bytes / PICTURES_PER_STUDY);
}

const profilePath = ({ scratch }: BenchContext) => join(scratch, 'soak.profile');

async function calibrateOnce(context: BenchContext, seed: number): Promise<void> {
  const { tools, job } = context;
  const { profile } = await tools.engine.run(
    'calibrate',
    {
      packFolder: await modelFolder(tools, 'embedded'),
      support: wavyPictures(4, 96, 100 * seed),
      heldOut: wavyPictures(2, 96, 100 * seed + 50),
      preset: 'default',
      method: methodSettingsOf('default'),
      seed,
      provider: 'cpu',
      toleratedShare: 0.2,
      preprocessing: 'measurement',
    },
    { signal: job.signal },
  );
  await writeFile(profilePath(context), profile);
}

async function detectOnce(context: BenchContext, study: number): Promise<void> {
  const { tools, job } = context;
  await tools.engine.run(
    'detect',
    {
      packFolder: await modelFolder(tools, 'embedded'),
      profilePath: profilePath(context),
      images: wavyPictures(PICTURES_PER_STUDY, 256, 1_000_000 + 100 * study),
      provider: 'cpu',
    },
    { signal: job.signal },
  );
}

async function memory({ tools, job }: BenchContext, when: string): Promise<readonly BenchRow[]> {
  const { rssMb } = await tools.engine.run('about', null, { signal: job.signal });
  return [
    figure(`engine ${when}`, rssMb, 'MB'),
    figure(`application ${when}`, process.memoryUsage().rss / 2 ** 20, 'MB'),
  ];
}
