import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSmallPack, stripedPictures } from '../../tests/support/small-pack.ts';
import { Random } from '../method/random.ts';
import { toTrainingGrey } from '../method/resize.ts';
import { publishedSettings } from '../method/settings.ts';
import { applyTask } from '../method/synthesis/synthesise.ts';
import { initialParameters, trainableParameters } from '../method/training.ts';
import { type Learner, type Sample, startLearner } from './learner.ts';
import { type Networks, openNetworks } from './networks.ts';
import { extractTaps } from './taps.ts';

let folder: string;
let networks: Networks;
let batch: readonly Sample[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-learner-'));
  networks = await openNetworks(await createSmallPack(folder), 'cpu');
  const random = new Random(1);
  const greys = stripedPictures(4, 1).map((image) => toTrainingGrey(image, networks.side));
  const anomalies = greys.map((grey) => applyTask('cut-paste', grey, greys, random));
  const taps = await extractTaps(
    await networks.tower(),
    anomalies.map(({ image }) => image),
  );
  batch = anomalies.map(({ diceMask }, i) => ({ taps: taps[i]!, mask: diceMask }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function learner(promptEvery: number | null): Promise<Learner> {
  const { session, prompts } = await networks.training(publishedSettings('causal'));
  const options = { architecture: networks.architecture, taps: networks.taps, prompts };
  return startLearner({
    session,
    ...(promptEvery === null ? {} : { adaptersAlone: { session: await networks.adapterTraining(), promptEvery } }),
    taps: networks.taps,
    side: networks.side,
    parameters: trainableParameters(options),
    initial: initialParameters(options, new Random(2)),
  });
}

const value = (one: Learner, name: string) => Array.from(one.parameters().get(name)!.data as Float32Array);

describe('a learner', () => {
  it('takes its first step as where the prompts learn at every step, and then leaves them behind', async () => {
    const [always, sometimes] = [await learner(null), await learner(3)];
    expect(await sometimes.step(batch)).toBe(await always.step(batch));
    for (const name of always.parameters().keys()) expect(value(sometimes, name), name).toEqual(value(always, name));
    expect(await sometimes.step(batch)).not.toBe(await always.step(batch));
  });

  it('leaves the prompts alone between the steps at which they learn, and the adapters never', async () => {
    const alternating = await learner(3);
    const changed: boolean[] = [];
    for (let step = 0; step < 7; step++) {
      const [prompt, adapter] = [value(alternating, 'prompt.context'), value(alternating, 'adapter.0.weight')];
      await alternating.step(batch);
      changed.push(value(alternating, 'prompt.context').some((x, i) => x !== prompt[i]));
      expect(value(alternating, 'adapter.0.weight')).not.toEqual(adapter);
    }
    expect(changed).toEqual([true, false, false, true, false, false, true]);
  });

  it('goes on bit for bit from a state between two steps of the prompts', async () => {
    const [whole, first, second] = [await learner(3), await learner(3), await learner(3)];
    const losses: number[] = [];
    for (let step = 0; step < 6; step++) losses.push(await whole.step(batch));
    for (let step = 0; step < 2; step++) await first.step(batch);
    second.restore(first.state());
    for (let step = 2; step < 6; step++) expect(await second.step(batch)).toBe(losses[step]);
    expect(value(second, 'prompt.context')).toEqual(value(whole, 'prompt.context'));
  });
});
