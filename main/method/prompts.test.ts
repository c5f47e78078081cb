import { describe, expect, it } from 'vitest';
import { randomWeights, smallClip } from '../../tests/support/small-clip.ts';
import { openSession } from '../engine/sessions.ts';
import {
  contextShape,
  defaultPhrases,
  initialContext,
  type PromptOptions,
  type PromptPlan,
  planPrompts,
  promptGraph,
} from './prompts.ts';
import { Random } from './random.ts';

const special = { startOfText: 1, endOfText: 29, fullStop: 2 };
const options: PromptOptions = { normal: [[5]], abnormal: [[6, 7], [8]], special, attention: 'causal' };
const x = 0; // the context's places

describe('prompts', () => {
  it.each([
    ['end', [1, x, x, x, x, x, x, x, x, 6, 7, 2, 29], [1, 2, 3, 4, 5, 6, 7, 8]],
    ['middle', [1, x, x, x, x, 6, 7, x, x, x, x, 2, 29], [1, 2, 3, 4, 7, 8, 9, 10]],
    ['front', [1, 6, 7, x, x, x, x, x, x, x, x, 2, 29], [3, 4, 5, 6, 7, 8, 9, 10]],
  ] as const)('put the phrase at the %s', (position, ids, places) => {
    const plan = planPrompts(smallClip, { ...options, position });
    expect(plan.ids[1]).toEqual(ids);
    expect(plan.contextPlaces[1]).toEqual(places);
    expect(plan.endOfText).toEqual([11, 12, 11]);
    expect(plan.normalPhrases).toBe(1);
  });

  it('are cut to the longest with causal attention and padded to the whole context with full', () => {
    expect(planPrompts(smallClip, options).length).toBe(13);
    const full = planPrompts(smallClip, { ...options, attention: 'full' });
    expect(full.ids.map((row) => row.length)).toEqual([20, 20, 20]);
    expect(full.ids[0]!.slice(9)).toEqual([5, 2, 29, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it.each([
    ['no phrase of one kind', { normal: [] }, 'at least one phrase'],
    ['an empty phrase', { normal: [[]] }, 'empty'],
    ['a phrase too long for the context', { normal: [Array(10).fill(5)] }, 'Shorten'],
  ])('refuse %s', (_, change, sentence) => {
    for (const attention of ['causal', 'full'] as const)
      expect(() => planPrompts(smallClip, { ...options, ...change, attention })).toThrow(sentence);
  });

  it('come with 10 normal and 11 abnormal phrases', () => {
    expect([defaultPhrases.normal.length, defaultPhrases.abnormal.length]).toEqual([10, 11]);
  });
});

describe('context tokens', () => {
  it('are one set per phrase, or one per class when shared', () => {
    expect(contextShape(smallClip, planPrompts(smallClip, options))).toEqual([3, 8, 8]);
    expect(contextShape(smallClip, planPrompts(smallClip, { ...options, sharedContext: true }))).toEqual([2, 8, 8]);
  });

  it('start normally distributed with deviation 0.02, the same for the same seed', () => {
    const normal = Array.from({ length: 200 }, () => [5]);
    const plan = planPrompts(smallClip, { ...options, normal });
    const context = initialContext(smallClip, plan, new Random(1));
    expect(context.length).toBe(202 * 8 * 8);
    const mean = context.reduce((sum, value) => sum + value, 0) / context.length;
    const variance = context.reduce((sum, value) => sum + (value - mean) ** 2, 0) / context.length;
    expect(mean).toBeCloseTo(0, 3);
    expect(Math.sqrt(variance)).toBeCloseTo(0.02, 3);
    expect(initialContext(smallClip, plan, new Random(1))).toEqual(context);
  });
});

describe('text features', () => {
  async function features(plan: PromptPlan, context: Float64Array): Promise<number[]> {
    const graph = promptGraph({ architecture: smallClip, weights: randomWeights(), plan, precision: 'float64' });
    const session = await openSession(graph, { withoutFusion: true });
    const out = await session.run({ 'prompt.context': { dims: contextShape(smallClip, plan), data: context } });
    await session.close();
    expect(out.text_features!.dims).toEqual([smallClip.embedDim, 2]);
    return Array.from(out.text_features!.data, Number);
  }
  const random = (length: number) => {
    const generator = new Random(5);
    return Float64Array.from({ length }, () => generator.normal());
  };

  it('have unit length per class', async () => {
    const values = await features(planPrompts(smallClip, options), random(3 * 64));
    for (const column of [0, 1]) {
      const squares = values.filter((_, i) => i % 2 === column).map((value) => value * value);
      expect(squares.reduce((sum, square) => sum + square)).toBeCloseTo(1, 12);
    }
  });

  it('with a shared context are those of the same context given to every phrase of a class', async () => {
    const shared = random(2 * 64);
    const repeated = Float64Array.of(...shared.subarray(0, 64), ...shared.subarray(64), ...shared.subarray(64));
    const own = await features(planPrompts(smallClip, options), repeated);
    const common = await features(planPrompts(smallClip, { ...options, sharedContext: true }), shared);
    for (const [i, value] of own.entries()) expect(common[i]).toBeCloseTo(value, 12);
  });

  it('depend on where the phrase stands', async () => {
    const context = random(3 * 64);
    const [end, front] = [
      await features(planPrompts(smallClip, options), context),
      await features(planPrompts(smallClip, { ...options, position: 'front' }), context),
    ];
    expect(Math.max(...end.map((value, i) => Math.abs(value - front[i]!)))).toBeGreaterThan(1e-3);
  });
});
