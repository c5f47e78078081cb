import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Precision } from '../method/graph/graph.ts';
import { type ParityFormat, type ParityReport, runParity } from './parity.ts';

/** What agreement means: the largest absolute difference allowed from the published code's recorded values. */
const limits: Record<Precision, Partial<ParityReport['maxAbs']>> = {
  float64: {
    vision: 1e-7,
    textCausal: 1e-7,
    textFeatures: 1e-7,
    map: 1e-7,
    loss: 1e-7,
    grad: 1e-9,
    step1: 1e-9,
    step10: 1e-5,
    step100: 1e-5,
    lossTrace: 1e-6,
  },
  // Rounding grows through Adam: after 100 steps the published code's own float32 run is no closer to its float64 run.
  float32: {
    vision: 3e-5,
    textCausal: 1e-5,
    textFeatures: 2e-6,
    map: 2e-6,
    loss: 1e-6,
    grad: 1e-7,
    step1: 1e-4,
    step10: 1e-4,
  },
};

const micro = fileURLToPath(new URL('../../tests/golden/micro', import.meta.url));
const tiny = fileURLToPath(new URL('../../../shared/golden/tiny', import.meta.url));

function expectAgreement(report: ParityReport, precision: Precision): void {
  for (const [figure, limit] of Object.entries(limits[precision]))
    expect(report.maxAbs[figure as keyof ParityReport['maxAbs']], figure).toBeLessThan(limit);
}

describe('parity with the published code', () => {
  const cases = (['hf', 'open_clip', 'openai'] as const).flatMap((format): [ParityFormat, Precision][] => [
    [format, 'float64'],
    [format, 'float32'],
  ]);
  it.each(cases)(
    'holds on the small case from %s in %s',
    async (format, precision) => {
      expectAgreement(await runParity(micro, { format, precision }), precision);
    },
    600_000,
  );

  it.skipIf(!existsSync(tiny)).each(cases)(
    'holds on the larger case from %s in %s (skipped where the development data, ../shared/golden/tiny, are absent)',
    async (format, precision) => {
      expectAgreement(await runParity(tiny, { format, precision }), precision);
    },
    600_000,
  );
});

describe('a parity run', () => {
  it('reports every training step and can be cancelled', async () => {
    const cancel = new AbortController();
    const steps: number[] = [];
    const onProgress = (step: number) => {
      steps.push(step);
      if (step === 3) cancel.abort();
    };
    const run = runParity(micro, { format: 'hf', precision: 'float32', signal: cancel.signal, onProgress });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(steps).toEqual([1, 2, 3]);
  });

  it('names the folder that is not a case', async () => {
    const run = runParity(`${micro}/absent`, { format: 'hf', precision: 'float32' });
    await expect(run).rejects.toMatchObject({ code: 'not-found', path: `${micro}/absent/case.json` });
  });
});
