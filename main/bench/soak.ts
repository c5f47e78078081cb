/** Whether memory stays flat over many calibrations and studies. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { methodSettingsOf } from '../services/calibration.ts';
import { modelFolder } from '../services/models.ts';
import { wavyPictures } from './made-up.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const PICTURES_PER_STUDY = 8;

export const soak: Suite = {
  does: 'resident memory of the engine and of the application over 50 calibrations and 200 studies',
  async run(context) {
    const [calibrations, studies] = context.quick ? [2, 4] : [50, 200];
    const rows: BenchRow[] = [];
    for (let done = 0; done <= calibrations; done++) {
      await calibrateOnce(context, done);
      // After the first all sessions are open.
      if (done % 10 === 0 || done === calibrations)
        rows.push(...(await memory(context, `after ${done + 1} calibrations`)));
      context.job.progress({ done, total: calibrations, unit: 'calibrations', note: '' });
    }
    for (let done = 1; done <= studies; done++) {
      await detectOnce(context, done);
      if (done % 50 === 0 || done === studies) rows.push(...(await memory(context, `after ${done} studies`)));
      context.job.progress({ done, total: studies, unit: 'studies', note: '' });
    }
    return rows;
  },
};

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
