/** Whether a calibration survives the death of its engine at any moment, to the last bit. */
import type { CalibrateInput } from '../engine/tasks.ts';
import { Random } from '../method/random.ts';
import { methodSettingsOf } from '../services/calibration.ts';
import { modelFolder } from '../services/models.ts';
import { wavyPictures } from './made-up.ts';
import { type BenchContext, type BenchRow, figure, type Suite } from './suite.ts';

const KILLS = 50;
const QUICK_KILLS = 3;

export const kill: Suite = {
  does: `kills the engine ${KILLS} times, each time at a random moment of a calibration, and compares the profiles`,
  async run(context) {
    const { tools, job, quick } = context;
    const preset = 'default';
    const input: CalibrateInput = {
      packFolder: await modelFolder(tools, 'embedded'),
      support: wavyPictures(8, 96),
      heldOut: [],
      preset,
      method: methodSettingsOf(preset),
      seed: 1,
      provider: 'cpu',
      toleratedShare: 0.2,
      preprocessing: 'measurement',
    };
    const { output: undisturbed, ms } = await calibrateTimed(context, input);
    const kills = quick ? QUICK_KILLS : KILLS;
    const random = new Random(kills);
    let same = 0;
    let longest = 0;
    for (let done = 0; done < kills; ) {
      job.progress({ done, total: kills, unit: 'kills', note: '' });
      const { output, ms: took, outlived } = await calibrateTimed(context, input, random.between(0, ms));
      if (outlived) continue; // it was done before its moment came
      done++;
      same += Number(Buffer.from(output.profile).equals(Buffer.from(undisturbed.profile)));
      longest = Math.max(longest, took);
    }
    const rows: BenchRow[] = [
      figure('engine killed during a calibration', kills, 'count', 'kill -9 at random moments'),
      figure('same profile as undisturbed, bit for bit', same, 'count'),
      figure('undisturbed calibration', ms / 1000, 's', 'embedded model, k = 8, preset default'),
      figure('longest calibration with a kill', longest / 1000, 's'),
    ];
    return rows;
  },
};

/** On a fresh engine, where nothing is cached, so that every run does the same work. `moment`: ms until its kill. */
async function calibrateTimed({ tools, job: { signal } }: BenchContext, input: CalibrateInput, moment?: number) {
  tools.restartEngine();
  const { pid } = await tools.engine.run('about', null, { signal });
  const started = performance.now();
  const timer = moment === undefined ? undefined : setTimeout(() => process.kill(pid, 'SIGKILL'), moment);
  try {
    const output = await tools.engine.run('calibrate', input, { signal });
    const ms = performance.now() - started;
    return { output, ms, outlived: (await tools.engine.run('about', null, { signal })).pid === pid };
  } finally {
    clearTimeout(timer);
  }
}
