/** The graphs that make the map of a `default` calibration, against the same sums in plain numbers. */
import { expect, it } from 'vitest';
import { detectionHeadGraph, headPrefix } from '../method/detection.ts';
import { fusedMapGraph } from '../method/fused-map.ts';
import { Random } from '../method/random.ts';
import { scoreOf } from '../method/second-opinion.ts';
import { openSession, type TensorValue } from './sessions.ts';

const random = new Random(5);
const tensor = (...dims: number[]): TensorValue => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random.normal()),
});
const taps = [
  { grid: 3, width: 4 },
  { grid: 2, width: 5 },
];

it('the fused map is the score of the trained map and of what each place adds, enlarged with its corners kept', async () => {
  const side = 5;
  const session = await openSession(fusedMapGraph(taps, side));
  const feeds = {
    head: tensor(2, side, side),
    scale: { dims: [], data: Float32Array.of(3) },
    offset: { dims: [], data: Float32Array.of(-1) },
    'unusual.0': tensor(2, 3, 3),
    'unusual.1': tensor(2, 2, 2),
  };
  const { map } = await session.run(feeds);
  expect(map!.dims).toEqual([2, side, side]);
  const at = (name: keyof typeof feeds, index: number) => Number(feeds[name].data[index]);
  const deviations = (head: number, first: number, second: number) => scoreOf(3 * head - 1 + first + second);
  // A corner is the corner of every grid; the middle is the middle of three places, and between all of four.
  expect(map!.data[25]).toBeCloseTo(deviations(at('head', 25), at('unusual.0', 9), at('unusual.1', 4)), 5);
  const four = [4, 5, 6, 7].reduce((sum, place) => sum + at('unusual.1', place) / 4, 0);
  expect(map!.data[25 + 12]).toBeCloseTo(deviations(at('head', 37), at('unusual.0', 13), four), 5);
});

it('several heads give the mean of what each says alone', async () => {
  const [embedDim, side, heads] = [6, 8, 3];
  const shared = { 'tap.0': tensor(2, 9, 4), 'tap.1': tensor(2, 4, 5), text_features: tensor(embedDim, 2) };
  const adapters = Array.from({ length: heads }, () => ({
    'adapter.0.weight': tensor(embedDim, 4),
    'adapter.0.bias': tensor(embedDim),
    'adapter.1.weight': tensor(embedDim, 5),
    'adapter.1.bias': tensor(embedDim),
  }));
  const one = await openSession(detectionHeadGraph({ taps, embedDim, side }));
  const alone = await Promise.all(adapters.map((own) => one.run({ ...shared, ...own })));
  const all = await openSession(detectionHeadGraph({ taps, embedDim, side, heads }));
  const named = adapters.flatMap((own, head) =>
    Object.entries(own).map(([name, value]) => [headPrefix(head, heads) + name, value] as const),
  );
  const together = await all.run({ ...shared, ...Object.fromEntries(named) });
  for (const name of ['map', 'score'])
    for (const [i, value] of (together[name]!.data as Float32Array).entries())
      expect(value).toBeCloseTo(
        alone.reduce((sum, output) => sum + Number(output[name]!.data[i]) / heads, 0),
        5,
      );
});
