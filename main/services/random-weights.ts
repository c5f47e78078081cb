/** What the same architecture reaches without having learnt anything: the null baseline of a model's figures. */
import { createRandomPack } from '../modelpack/random-pack.ts';
import type { JobContext } from './jobs.ts';
import { modelFolder } from './models.ts';
import { requireModel } from './policy.ts';
import { withScratch } from './scratch.ts';
import type { Tools } from './workstation.ts';

/**
 * Works on a model's architecture with every weight drawn anew with the seed; gone afterwards.
 * @param work gets tools that allow the random model, its name, and a job that says what it works on
 * @throws Fault `not-found`, `bad-model`, `not-allowed` where the policy names another model; what `work` throws
 */
export async function onRandomWeights<AnyTools extends Tools, T>(
  tools: AnyTools,
  { modelName, seed }: { readonly modelName: string; readonly seed: number },
  job: JobContext,
  work: (tools: AnyTools, modelName: string, job: JobContext) => Promise<T>,
): Promise<T> {
  requireModel(tools.policy, modelName);
  return await withScratch(async (scratch) => {
    const packFolder = await modelFolder(tools, modelName);
    const random = await createRandomPack(packFolder, scratch, seed, { signal: job.signal });
    const progress: JobContext['progress'] = (now) => job.progress({ ...now, note: `Random weights. ${now.note}` });
    return await work({ ...tools, policy: {} }, random, { ...job, progress });
  });
}
