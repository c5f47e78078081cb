import { describe, expect, it } from 'vitest';
import { randomWeights, smallClip } from '../../tests/support/small-clip.ts';
import { openSession, type Session, type TensorValue } from '../engine/sessions.ts';
import type { TapShape } from './architecture.ts';
import type { Precision } from './graph/graph.ts';
import { planPrompts, promptGraph } from './prompts.ts';
import { Random } from './random.ts';
import {
  initialParameters,
  ofStep,
  PROMPT_CONTEXT,
  type TrainingGraphOptions,
  type TrainingOptions,
  trainableParameters,
  trainingStepGraph,
} from './training.ts';

const side = 8;
const taps: TapShape[] = [
  { grid: 3, width: 4 },
  { grid: 2, width: 6 },
];
const prompts = planPrompts(smallClip, {
  normal: [[5], [6, 7]],
  abnormal: [[8], [9, 10, 11]],
  special: { startOfText: 1, endOfText: 29, fullStop: 2 },
  attention: 'causal',
});
const learning: TrainingOptions = { architecture: smallClip, taps, prompts };

type Feeds = Record<string, TensorValue>;

function open(change: Partial<TrainingGraphOptions> = {}): Promise<Session> {
  const options = { ...learning, weights: randomWeights(), side, precision: 'float64', ...change } as const;
  return openSession(trainingStepGraph(options), { withoutFusion: options.precision === 'float64' });
}

function typed(values: ArrayLike<number>, precision: Precision): Float32Array | Float64Array {
  return precision === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
}

/** A batch of random taps, with a mask over each image's upper half. */
function batchFeeds(images: number, precision: Precision = 'float64', seed = 21): Feeds {
  const random = new Random(seed);
  const mask = Array.from({ length: images * side * side }, (_, i) => (i % (side * side) < (side * side) / 2 ? 1 : 0));
  const feeds: Feeds = {};
  for (const [i, { grid, width }] of taps.entries()) {
    const numbers = Array.from({ length: images * grid * grid * width }, () => random.normal());
    feeds[`tap.${i}`] = { dims: [images, grid * grid, width], data: typed(numbers, precision) };
  }
  feeds.focal_mask = { dims: [images, side, side], data: typed(mask, precision) };
  feeds.dice_mask = feeds.focal_mask;
  return feeds;
}

/** Parameters as they start, moments zero. */
function startingState(options: TrainingOptions = learning, precision: Precision = 'float64'): Feeds {
  const values = initialParameters(options, new Random(3));
  const state: Feeds = {};
  for (const { name, shape } of trainableParameters(options)) {
    const data = typed(values.get(name)!, precision);
    state[name] = { dims: shape, data };
    for (const moment of ['first_moment', 'second_moment'])
      state[`${moment}.${name}`] = { dims: shape, data: typed(new Float64Array(data.length), precision) };
  }
  return state;
}

const stepNumber = (step: number): TensorValue => ({ dims: [], data: BigInt64Array.of(BigInt(step)) });
const counted = (step: number, promptStep = step): Feeds => ({
  step: stepNumber(step),
  prompt_step: stepNumber(promptStep),
});

function next(state: Feeds, out: Feeds): Feeds {
  return Object.fromEntries(Object.keys(state).map((name) => [name, out[`next.${name}`]!]));
}

const lossOf = (out: Feeds) => Number(out.loss!.data[0]);

describe('gradients of the whole training loss agree with finite differences', () => {
  it.each<[string, TrainingOptions]>([
    ['a context per phrase', learning],
    ['a shared context', { ...learning, prompts: { ...prompts, sharedContext: true } }],
    ['full attention', { ...learning, prompts: planFull() }],
  ])('with %s', async (_, options) => {
    const session = await open({ ...options, gradients: true });
    const state = startingState(options);
    const feeds = { ...batchFeeds(3), ...state, ...counted(1) };
    const out = await session.run(feeds);
    const loss = async () => lossOf(await session.run(feeds, ['loss']));
    const random = new Random(8);
    for (const { name } of trainableParameters(options)) {
      const values = state[name]!.data as Float64Array;
      for (let trial = 0; trial < 6; trial++) {
        const i = random.below(values.length);
        const at = values[i]!;
        const width = 1e-5;
        values[i] = at + width;
        const above = await loss();
        values[i] = at - width;
        const below = await loss();
        values[i] = at;
        const emitted = Number(out[`gradient.${name}`]!.data[i]);
        expect(Math.abs((above - below) / (2 * width) - emitted), `${name}[${i}]`).toBeLessThan(1e-10);
      }
    }
    await session.close();
  });

  function planFull() {
    const { contextLength } = smallClip.text;
    const pad = (row: readonly number[]) => [...row, ...Array<number>(contextLength - row.length).fill(0)];
    return { ...prompts, attention: 'full' as const, length: contextLength, ids: prompts.ids.map(pad) };
  }
});

describe('several steps in one run', () => {
  it('give what the same steps give one by one', async () => {
    const alone: TrainingOptions = { architecture: smallClip, taps };
    const [one, three] = [
      await open({ ...alone, prompts: undefined }),
      await open({ ...alone, prompts: undefined, steps: 3 }),
    ];
    const random = new Random(5);
    const features = Float64Array.from({ length: smallClip.embedDim * 2 }, () => random.normal());
    const common: Feeds = { text_features: { dims: [smallClip.embedDim, 2], data: features } };
    const batches = [2, 1, 3].map((seed) => batchFeeds(2, 'float64', seed));
    let state = startingState(alone);
    const together: Feeds = { ...common, ...state, step: stepNumber(5) };
    const losses: number[] = [];
    for (const [k, batch] of batches.entries()) {
      for (const [name, value] of Object.entries(batch)) together[ofStep(name, k)] = value;
      const out = await one.run({ ...common, ...state, ...batch, step: stepNumber(5 + k) });
      losses.push(lossOf(out));
      state = next(state, out);
    }
    const out = await three.run(together);
    expect(batches.map((_, k) => Number(out[ofStep('loss', k)]!.data[0]))).toEqual(losses);
    for (const [name, value] of Object.entries(state)) expect(out[`next.${name}`]!.data, name).toEqual(value.data);
    expect(new Set(losses).size).toBe(3);
    await Promise.all([one.close(), three.close()]);
  });
});

describe('a causal context that is cut to the longest prompt', () => {
  /** The same prompts in the whole context, `padding` after EOT. */
  const uncut = (padding: number) => {
    const { contextLength } = smallClip.text;
    const pad = (row: readonly number[], i: number) => {
      const written = row.slice(0, prompts.endOfText[i]! + 1);
      return [...written, ...Array<number>(contextLength - written.length).fill(padding)];
    };
    return { ...prompts, length: contextLength, ids: prompts.ids.map(pad) };
  };

  it.each(['float64', 'float32'] as const)(
    'gives exactly the text features of the uncut one in %s',
    async (precision) => {
      const state = startingState(learning, precision);
      const features = async (plan: typeof prompts) => {
        const graph = promptGraph({ architecture: smallClip, weights: randomWeights(), plan, precision });
        const session = await openSession(graph, { withoutFusion: precision === 'float64' });
        const { text_features } = await session.run({ 'prompt.context': state['prompt.context']! });
        await session.close();
        return text_features!.data;
      };
      expect(uncut(0).length).toBeGreaterThan(prompts.length);
      const cut = await features(prompts);
      expect(await features(uncut(0))).toEqual(cut);
      expect(await features(uncut(3))).toEqual(cut); // whatever follows EOT
    },
  );

  it('gives exactly its loss, and its gradients but for the order in which a sum takes the zeros beyond', async () => {
    const feeds = { ...batchFeeds(3), ...startingState(), ...counted(1) };
    const run = async (plan: typeof prompts) => {
      const session = await open({ prompts: plan, gradients: true });
      const out = await session.run(feeds);
      await session.close();
      return out;
    };
    const [cut, whole] = [await run(prompts), await run(uncut(0))];
    for (const name of ['loss', 'text_features', 'gradient.adapter.0.weight'])
      expect(whole[name]!.data, name).toEqual(cut[name]!.data);
    const [gradient, other] = [cut, whole].map((out) => Array.from(out['gradient.prompt.context']!.data, Number));
    const largest = Math.max(...gradient!.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-4);
    for (const [i, value] of gradient!.entries())
      expect(Math.abs(other![i]! - value)).toBeLessThan(8 * Number.EPSILON * largest);
  });
});

describe('a training step', () => {
  it('moves every parameter as Adam says, prompts by a count of their own', async () => {
    const session = await open({ gradients: true });
    let state = startingState();
    const moments = new Map(Object.entries(state).map(([name, { data }]) => [name, Float64Array.from(data, Number)]));
    for (let step = 1; step <= 3; step++) {
      const out = await session.run({ ...batchFeeds(2), ...state, ...counted(step, 4 + step) });
      state = next(state, out);
      for (const { name } of trainableParameters(learning)) {
        const count = name === PROMPT_CONTEXT ? 4 + step : step;
        const [p, m, v] = ['', 'first_moment.', 'second_moment.'].map((prefix) => moments.get(prefix + name)!);
        for (const [i, raw] of out[`gradient.${name}`]!.data.entries()) {
          const gradient = Number(raw);
          m![i] = 0.5 * m![i]! + 0.5 * gradient;
          v![i] = 0.999 * v![i]! + 0.001 * gradient * gradient;
          p![i]! -= (1e-3 * (m![i]! / (1 - 0.5 ** count))) / (Math.sqrt(v![i]! / (1 - 0.999 ** count)) + 1e-8);
        }
        const ours = state[name]!.data;
        for (const [i, value] of p!.entries()) expect(Number(ours[i])).toBeCloseTo(value, 13);
      }
    }
    await session.close();
  });

  it('lowers the loss, in float32 as in float64', async () => {
    const traces: number[][] = [];
    for (const precision of ['float32', 'float64'] as const) {
      const session = await open({ precision });
      let state = startingState(learning, precision);
      const trace: number[] = [];
      for (let step = 1; step <= 20; step++) {
        const out = await session.run({ ...batchFeeds(2, precision), ...state, ...counted(step) });
        state = next(state, out);
        trace.push(lossOf(out));
      }
      await session.close();
      traces.push(trace);
    }
    const [single, double] = traces as [number[], number[]];
    expect(double.at(-1)).toBeLessThan(double[0]! - 0.01);
    for (const [i, loss] of double.entries()) expect(single[i]).toBeCloseTo(loss, 4);
  });

  it('gives the same numbers where it keeps less memory', async () => {
    for (const options of [learning, { ...learning, prompts: { ...prompts, sharedContext: true } }]) {
      const feeds = { ...batchFeeds(2), ...startingState(options), ...counted(1) };
      const run = async (sparing: boolean) => {
        const session = await open({ ...options, sparing, gradients: true });
        const out = await session.run(feeds);
        await session.close();
        return out;
      };
      const [sparing, plain] = [await run(true), await run(false)];
      expect(Object.keys(sparing)).toEqual(Object.keys(plain));
      for (const [name, { data }] of Object.entries(plain))
        for (const [i, value] of Array.from(data, Number).entries())
          expect(Number(sparing[name]!.data[i]), name).toBeCloseTo(value, 13);
    }
  });

  it('takes a smaller last batch, whose loss is the mean over its images', async () => {
    const session = await open();
    const state = startingState();
    const step = counted(1);
    const both = batchFeeds(2);
    const one = (image: number): Feeds =>
      Object.fromEntries(
        Object.entries(both).map(([name, { dims, data }]) => {
          const size = data.length / 2;
          const part = (data as Float64Array).slice(image * size, (image + 1) * size);
          return [name, { dims: [1, ...dims.slice(1)], data: part }];
        }),
      );
    const whole = lossOf(await session.run({ ...both, ...state, ...step }));
    const first = lossOf(await session.run({ ...one(0), ...state, ...step }));
    const second = lossOf(await session.run({ ...one(1), ...state, ...step }));
    expect(whole).toBeCloseTo((first + second) / 2, 12);
    await session.close();
  });

  it('with fixed text features moves the adapters as the whole step does', async () => {
    const state = startingState();
    const context = { 'prompt.context': state['prompt.context']! };
    const features = await openSession(
      promptGraph({ architecture: smallClip, weights: randomWeights(), plan: prompts, precision: 'float64' }),
      { withoutFusion: true },
    );
    const { text_features } = await features.run(context);
    const adaptersOnly: TrainingOptions = { architecture: smallClip, taps };
    const adapters = Object.fromEntries(Object.entries(state).filter(([name]) => !name.includes('prompt')));

    const whole = await (await open()).run({ ...batchFeeds(2), ...state, ...counted(1) });
    const session = await open({ ...adaptersOnly, prompts: undefined });
    const part = await session.run({
      ...batchFeeds(2),
      ...adapters,
      text_features: text_features!,
      step: stepNumber(1),
    });
    expect(lossOf(part)).toBeCloseTo(lossOf(whole), 12);
    for (const { name } of trainableParameters(adaptersOnly))
      for (const [i, value] of part[`next.${name}`]!.data.entries())
        expect(Number(value)).toBeCloseTo(Number(whole[`next.${name}`]!.data[i]), 10);
    expect(Object.keys(part)).not.toContain('next.prompt.context');
  });
});

describe('parameters to start from', () => {
  it('lie within 1 / sqrt(width) for the adapters and repeat with the seed', () => {
    const parameters = initialParameters(learning, new Random(3));
    expect([...parameters.keys()]).toEqual(trainableParameters(learning).map(({ name }) => name));
    const weight = parameters.get('adapter.0.weight')!;
    expect(Math.max(...weight.map(Math.abs))).toBeLessThanOrEqual(0.5);
    expect(Math.max(...weight.map(Math.abs))).toBeGreaterThan(0.4);
    expect(initialParameters(learning, new Random(3))).toEqual(parameters);
  });
});
