/** What the figures were measured on: a figure without it says nothing. */
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';
import type { Tools } from '../services/workstation.ts';

export interface Machine {
  readonly processor: string;
  /** That this process may use. */
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly app: string;
  readonly electron: string;
  readonly onnxruntime: string;
  /** Mean number of busy processes over the last minute, before the suite began; 0 where the system does not tell. */
  readonly loadBefore: number;
}

export async function describeMachine({ engine, appVersion }: Tools): Promise<Machine> {
  const { onnxruntime } = await engine.run('about', null);
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    app: appVersion,
    electron: process.versions.electron ?? '',
    onnxruntime,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}
