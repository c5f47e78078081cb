/** Models in and out as jobs: what the window starts. */
import { basename } from 'node:path';
import type { ProviderReport } from '../../preload/contract/model.ts';
import type { JobContext, Jobs } from './jobs.ts';
import { exportModel, importModelFrom, modelFolder, removeModel, verifyModel } from './models.ts';
import { record, type Workstation } from './workstation.ts';

/** Bytes of models as a job's progress. */
function modelJob({ signal, progress }: JobContext, note: string) {
  return {
    signal,
    onProgress: ({ done, total }: { readonly done: number; readonly total: number }) =>
      progress({ done: Math.round(done / 1e6), total: Math.round(total / 1e6), unit: 'MB', note }),
  };
}

export function startModelImport(
  station: Workstation,
  jobs: Jobs,
  { path, name }: { readonly path: string; readonly name?: string | undefined },
): string {
  return jobs.start('model', `Import the model ${name ?? basename(path)}`, null, async (context) => {
    const options = { ...modelJob(context, 'Importing the model'), ...(name === undefined ? {} : { name }) };
    const model = await importModelFrom(station, path, options);
    record(station, 'model.import', model.name, { sha256: model.sha256, verifiedAs: model.verifiedAs ?? null });
    const known = model.verifiedAs ? `verified as ${model.verifiedAs}` : 'its weights are not a published file we know';
    return { summary: `The model "${model.name}" is here; ${known}.`, subject: model.name };
  });
}

export function startModelVerification(station: Workstation, jobs: Jobs, name: string): string {
  return jobs.start('model', `Verify the model ${name}`, name, async (context) => {
    await verifyModel(station, name, modelJob(context, 'Comparing every file with its hash'));
    return { summary: `Every file of the model "${name}" is as it was imported.`, subject: name };
  });
}

/** What is known of the execution providers on a model; nothing is tested. @throws Fault `not-found` */
export async function listProviders(station: Workstation, name: string): Promise<readonly ProviderReport[]> {
  return await station.providers.known(await modelFolder(station, name));
}

/** Tests every provider of this machine on a model, anew. */
export function startProviderTest(station: Workstation, jobs: Jobs, name: string): string {
  return jobs.start('model', `Test the processors with ${name}`, name, async ({ signal, progress }) => {
    const reports = await station.providers.test(await modelFolder(station, name), {
      signal,
      onProgress: (done, total) => progress({ done, total, unit: 'processors', note: 'Comparing with the CPU' }),
    });
    const chosen = reports.find((report) => report.chosen)?.name ?? 'cpu';
    return { summary: `The model "${name}" works on ${chosen} when left to choose.`, subject: name };
  });
}

export function startModelExport(station: Workstation, jobs: Jobs, name: string, path: string): string {
  return jobs.start('model', `Export the model ${name}`, name, async (context) => {
    const file = await exportModel(station, name, path, modelJob(context, 'Writing the model'));
    record(station, 'model.export', name, { file: basename(file) });
    return { summary: `The model "${name}" was written to ${file}.`, subject: file };
  });
}

/** @throws Fault `not-found`, `not-allowed` */
export async function removeImportedModel(station: Workstation, name: string): Promise<void> {
  await removeModel(station, name);
  record(station, 'model.remove', name);
}
