/** Execution providers: what this machine offers, and whether their numbers agree with the CPU's. */
import * as ort from 'onnxruntime-node';
import type { ProviderChoice } from '../../preload/contract/model.ts';
import { Fault, throwIfCancelled } from '../fault.ts';
import { Random } from '../method/random.ts';
import type { Networks } from './networks.ts';
import type { ProviderReport } from './tasks.ts';

/**
 * `auto` is the CPU: the one provider whose numbers need no proof. Others are used where they are named; `doctor` shows
 * how far each lies from the CPU on this machine.
 */
export function chooseProvider(choice: ProviderChoice): string {
  return choice === 'auto' ? 'cpu' : choice;
}

/** Largest difference of a tap from the CPU's that still counts as the same, relative to the largest value. */
const RELATIVE_TOLERANCE = 1e-3;

const platformProviders: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  win32: ['cpu', 'dml', 'webgpu', 'cuda'],
  linux: ['cpu', 'webgpu', 'cuda'],
  darwin: ['cpu', 'coreml', 'webgpu'],
};

/** Runs the model's vision tower on noise with every provider of the platform and compares with the CPU. */
export async function testProviders(
  networksOn: (provider: string) => Promise<Networks>,
  signal: AbortSignal,
): Promise<ProviderReport[]> {
  const { side } = await networksOn('cpu');
  const random = new Random(1);
  const pixels = {
    dims: [1, 3, side, side],
    data: Float32Array.from({ length: 3 * side * side }, () => random.normal()),
  };
  const tapsOn = async (provider: string) => {
    const { session } = await (await networksOn(provider)).tower();
    return Object.values(await session.run({ pixels })).map(({ data }) => data as Float32Array);
  };
  const reference = await tapsOn('cpu');
  const largest = Math.max(...reference.map((tap) => tap.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));

  const reports: ProviderReport[] = [];
  for (const name of platformProviders[process.platform] ?? ['cpu']) {
    throwIfCancelled(signal);
    try {
      const taps = await tapsOn(name);
      const maxAbsDiff = Math.max(...taps.map((tap, i) => largestDifference(tap, reference[i]!)));
      const ok = maxAbsDiff <= RELATIVE_TOLERANCE * largest;
      reports.push({ name, available: true, selfTest: { ok, maxAbsDiff } });
    } catch (thrown) {
      reports.push({ name, available: false, selfTest: null, reason: Fault.from(thrown).message });
    }
  }
  return reports;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

export function onnxruntimeVersion(): string {
  return ort.env.versions.node ?? ort.env.versions.common;
}
