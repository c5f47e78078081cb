/** What becomes of pictures whose provider fails on the way. */
import { expect, it } from 'vitest';
import type { DetectInput, DetectOutput } from '../engine/tasks.ts';
import { detectOnOneProvider } from './detection.ts';
import type { Tools } from './workstation.ts';

const image = { width: 1, height: 1, channels: 1, data: new Uint8Array(1) } as const;
const model = { packFolder: '', profilePath: '', provider: 'auto' } as const;

/** An engine whose card is set aside after so many tasks. */
function engineFailingAfter(tasks: number): Pick<Tools, 'engine'> {
  let done = 0;
  const run = async (_: string, { images }: DetectInput): Promise<DetectOutput> => ({
    detections: images.map(() => ({ score: 0, pValue: null, flagged: false, map: new Float32Array(1), side: 1 })),
    provider: done++ < tasks ? 'webgpu' : 'cpu',
    providerVersion: 'test',
  });
  return { engine: { run } as unknown as Tools['engine'] };
}

async function providersOf(tools: Pick<Tools, 'engine'>, count: number) {
  const items = Array.from({ length: count }, (_, index) => index);
  const read = (batch: readonly number[]) => Promise.resolve(batch.map(() => image));
  const final = new Map<number, string>();
  let scored = 0;
  for await (const batch of detectOnOneProvider(tools, items, read, model, new AbortController().signal)) {
    scored += batch.items.length;
    for (const item of batch.items) final.set(item, batch.output.provider);
  }
  return { scored, providers: items.map((item) => final.get(item)) };
}

it('are scored once more by the provider that took its place, and no others', async () => {
  // Batches of 1, 2, 4, 8, 5: the card scored the first three of them.
  const { scored, providers } = await providersOf(engineFailingAfter(2), 20);
  expect(providers).toEqual(Array.from({ length: 20 }, () => 'cpu'));
  expect(scored).toBe(20 + 3);
});

it('are scored once where nothing fails', async () => {
  const { scored, providers } = await providersOf(engineFailingAfter(99), 20);
  expect(providers).toEqual(Array.from({ length: 20 }, () => 'webgpu'));
  expect(scored).toBe(20);
});
