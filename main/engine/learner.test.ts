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

async function learner(promptEvery: number, adapters = networks.adapterTraining): Promise<Learner> {
  const { session, prompts } = await networks.training(publishedSettings('causal'));
  const options = { architecture: networks.architecture, taps: networks.taps, prompts };
  return startLearner({
    prompts: { session, every: promptEvery },
    adapters,
    taps: networks.taps,
    side: networks.side,
    parameters: trainableParameters(options),
    initial: initialParameters(options, new Random(2)),
  });
}

const value = (one: Learner, name: string) => Array.from(one.parameters().get(name)!.data as Float32Array);

describe('a learner', () => {
  it('takes its first step as where the prompts learn at every step, and then leaves them behind', async () => {
    const [always, sometimes] = [await learner(1), await learner(3)];
    expect(await sometimes.steps([batch])).toEqual(await always.steps([batch]));
    for (const name of always.parameters().keys()) expect(value(sometimes, name), name).toEqual(value(always, name));
    expect(await sometimes.steps([batch])).not.toEqual(await always.steps([batch]));
  });

  it('leaves the prompts alone between the steps at which they learn, and the adapters never', async () => {
    const alternating = await learner(3);
    const changed: boolean[] = [];
    for (let step = 0; step < 7; step++) {
      const [prompt, adapter] = [value(alternating, 'prompt.context'), value(alternating, 'adapter.0.weight')];
      await alternating.steps([batch]);
      changed.push(value(alternating, 'prompt.context').some((x, i) => x !== prompt[i]));
      expect(value(alternating, 'adapter.0.weight')).not.toEqual(adapter);
    }
    expect(changed).toEqual([true, false, false, true, false, false, true]);
  });

  it('goes on bit for bit from a state between two steps of the prompts', async () => {
    const [whole, first, second] = [await learner(3), await learner(3), await learner(3)];
    const losses: number[] = [];
    for (let step = 0; step < 6; step++) losses.push(...(await whole.steps([batch])));
    for (let step = 0; step < 2; step++) await first.steps([batch]);
    second.restore(first.state());
    for (let step = 2; step < 6; step++) expect(await second.steps([batch])).toEqual([losses[step]]);
    expect(value(second, 'prompt.context')).toEqual(value(whole, 'prompt.context'));
  });

  it('makes the steps of the adapters that follow one another in one run, with the same losses as one by one', async () => {
    const runs: number[] = [];
    const counted = (steps: number) => {
      runs.push(steps);
      return networks.adapterTraining(steps);
    };
    const batches = Array.from({ length: 12 }, (_, i) => [batch[i % 4]!, batch[(i + 1) % 4]!]);
    const [together, single] = [await learner(10, counted), await learner(10)];
    const expected: number[] = [];
    for (const one of batches) expected.push(...(await single.steps([one])));
    const losses: number[] = [];
    while (losses.length < batches.length)
      losses.push(...(await together.steps(batches.slice(losses.length, losses.length + together.ahead))));
    expect(runs).toEqual([4, 4, 1, 1]); // the prompts learn at steps 1 and 11
    for (const [i, loss] of losses.entries()) expect(loss, `step ${i + 1}`).toBeCloseTo(expected[i]!, 5);
  });

  it('takes batches of several sizes one by one', async () => {
    const sizes = [batch, batch.slice(0, 3), batch, batch];
    const [whole, single] = [await learner(10), await learner(10)];
    for (const one of [whole, single]) await one.steps([batch]);
    const expected: number[] = [];
    for (const one of sizes) expected.push(...(await single.steps([one])));
    expect(await whole.steps(sizes)).toEqual(expected);
  });
});
