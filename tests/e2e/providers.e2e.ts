/** Execution providers and the engine's death, in the runtime that the product has. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { provideRuntime } from '../../main/runtime/launch.ts';
import { freshFolder, runCli } from '../support/launch.ts';
import { createSmallPack } from '../support/small-pack.ts';

const folder = freshFolder();
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function answerOf(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runCli([...args, '--data-dir', dataDir], { env });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Furthest from the CPU, relative to the largest value there. Seen on software Vulkan: 4e-7, 2e-7, 2e-6, 1e-7, 4e-6. */
const TOLERANCES: Readonly<Record<string, number>> = {
  vision: 1e-5,
  text: 1e-5,
  gradients: 1e-4,
  loss: 1e-5,
  scores: 1e-5,
  'parameters after 50 steps': 1e-3,
};

describe('WebGPU', () => {
  test('on the software Vulkan driver computes what the CPU does: forward, gradients and 50 training steps', {
    timeout: 600_000,
  }, async ({ skip }) => {
    const { runtime } = await provideRuntime();
    const driver = join(dirname(runtime.executable), 'vk_swiftshader_icd.json');
    if (!existsSync(driver)) return skip('this Electron brings no software Vulkan driver');
    const model = await createSmallPack(folder);
    const bench = ['bench', '--suite', 'providers', '--model', model];
    const { rows } = await answerOf(bench, { VK_ICD_FILENAMES: driver });
    const figures = new Map<string, number>(
      rows.map((row: { measure: string; value: number }) => [row.measure, row.value]),
    );
    for (const [kind, tolerance] of Object.entries(TOLERANCES)) {
      const figure = figures.get(`webgpu, small: ${kind}, furthest from the CPU`);
      expect(figure, kind).toBeLessThan(tolerance);
      expect(figure, `${kind}: the CPU itself would be 0`).toBeGreaterThan(0);
    }
  });
});

describe('the doctor', () => {
  const providersOf = async (env: Record<string, string>) => {
    const { providers } = await answerOf(['doctor'], env);
    return Object.fromEntries(providers.map((report: { name: string }) => [report.name, report]));
  };

  test.runIf(process.platform === 'linux')('says what accelerators lack, and works on the CPU', async () => {
    const { webgpu, cpu } = await providersOf({ VK_ICD_FILENAMES: '/nowhere.json' });
    expect(webgpu).toMatchObject({
      available: false,
      chosen: false,
      reason: expect.stringContaining('graphics device'),
    });
    expect(cpu).toMatchObject({ available: true, chosen: true, msPerImage: expect.any(Number) });
  });

  test.runIf(process.platform === 'linux').each([
    ['wrong', 'other numbers than the CPU'],
    ['dies', 'took its process down'],
  ])('sets aside a provider that is %s', async (how, reason) => {
    const { webgpu, cpu } = await providersOf({ MEDICLIP_TEST_WRONG_PROVIDER: `webgpu:${how}` });
    expect(webgpu).toMatchObject({ chosen: false, reason: expect.stringContaining(reason) });
    expect(cpu).toMatchObject({ chosen: true });
  });
});

describe('kill -9 of the engine', () => {
  test('at three random moments of a calibration: each goes on to the same profile, bit for bit', {
    timeout: 600_000,
  }, async () => {
    const { rows } = await answerOf(['bench', '--suite', 'kill', '--quick']);
    expect(rows).toContainEqual(
      expect.objectContaining({ measure: 'same profile as undisturbed, bit for bit', value: 3 }),
    );
  });
});
