import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSmallPack } from '../../tests/support/small-pack.ts';
import { publishedSettings } from '../method/settings.ts';
import { drawPhantom, showPhantom } from '../phantoms/phantom.ts';
import { runInProcess } from '../process/in-process.ts';
import { createEngineHandlers } from './handlers.ts';
import { schedules } from './schedule.ts';

const engine = runInProcess(createEngineHandlers());
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mediclip-curves-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const WINDOW = 40;
const SEEDS = [1, 2, 3];
/** Beyond what the seeds of `parity` span: over 40 steps a mean is known to about 0.01. */
const TOLERANCE = 0.02;

it('trains the preset fast along the loss curve of parity, though it learns from a pool and a shorter context', {
  timeout: 300_000,
}, async () => {
  const packFolder = await createSmallPack(folder);
  const support = Array.from({ length: 16 }, (_, i) => showPhantom(drawPhantom('mr-brain', i, { size: 64 })));
  const curve = async (preset: 'parity' | 'fast', seed: number) => {
    const output = await engine.run('calibrate', {
      packFolder,
      support,
      heldOut: support.slice(0, 2), // spares the cross-fit, which is no part of the curve
      preset,
      method: publishedSettings(schedules[preset].textAttention),
      seed,
      provider: 'cpu',
      toleratedShare: 0.2,
      preprocessing: 'test',
    });
    expect(output.lossTrace).toHaveLength(400);
    return Array.from({ length: 400 / WINDOW }, (_, i) => {
      const window = output.lossTrace.slice(i * WINDOW, (i + 1) * WINDOW);
      return window.reduce((sum, loss) => sum + loss, 0) / WINDOW;
    });
  };
  const curves: number[][] = [];
  for (const seed of SEEDS) curves.push(await curve('parity', seed));
  const fast = await curve('fast', 1);
  for (const [i, loss] of fast.entries()) {
    const seen = curves.map((parity) => parity[i]!);
    const steps = `steps ${i * WINDOW + 1} to ${(i + 1) * WINDOW}`;
    expect(loss, steps).toBeGreaterThan(Math.min(...seen) - TOLERANCE);
    expect(loss, steps).toBeLessThan(Math.max(...seen) + TOLERANCE);
  }
  // Else there is no curve to follow.
  for (const parity of curves) expect(parity.at(-1)).toBeLessThan(parity[0]! - 3 * TOLERANCE);
});
