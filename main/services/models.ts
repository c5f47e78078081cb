/** Model packs: the one that comes with the application, and those that were imported into the data folder. */
import { stat } from 'node:fs/promises';
import { isAbsolute, sep } from 'node:path';
import type { ModelRow } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { importModel } from '../modelpack/import.ts';
import { listPacks, loadPack, type PackJob, removePack, summarisePack, verifyPack } from '../modelpack/pack.ts';

/** Where packs lie. */
export interface ModelFolders {
  /** Folder of the pack that comes with the application. */
  readonly embeddedPack: string;
  /** Folder of imported packs. */
  readonly packsFolder: string;
}

/** The name by which the application's own pack is asked for. */
export const EMBEDDED = 'embedded';

/** Packs that can be used; the application's own first. */
export async function listModels(folders: ModelFolders): Promise<readonly ModelRow[]> {
  const own = await loadPack(folders.embeddedPack, { verify: false }).then(
    ({ manifest }) => [{ ...summarisePack(manifest), name: EMBEDDED }],
    () => [],
  );
  const imported = await listPacks(folders.packsFolder);
  return [
    ...own,
    ...imported.flatMap(({ name, manifest }) => (manifest ? [{ ...summarisePack(manifest), name }] : [])),
  ];
}

/** Folder of a pack given by its name, or of a pack anywhere given by its folder. @throws Fault `not-found` */
export async function modelFolder(folders: ModelFolders, name: string): Promise<string> {
  if (name === EMBEDDED) return folders.embeddedPack;
  const listed = (await listPacks(folders.packsFolder)).find((pack) => pack.name === name);
  if (listed) return listed.folder;
  const looksLikePath = isAbsolute(name) || name.includes(sep) || name.startsWith('.');
  if (looksLikePath && (await stat(name).catch(() => null))?.isDirectory()) return name;
  throw new Fault('not-found', `There is no model named "${name}". "models list" names those there are.`);
}

/** Folder of the pack that a profile was calibrated on, whatever its name here. @throws Fault `not-found` */
export async function folderOfProfile(
  folders: ModelFolders,
  profile: { readonly modelName: string; readonly modelSha256: string },
): Promise<string> {
  const candidates = [folders.embeddedPack, ...(await listPacks(folders.packsFolder)).map((pack) => pack.folder)];
  for (const folder of candidates) {
    const pack = await loadPack(folder, { verify: false }).catch(() => null);
    if (pack?.identity === profile.modelSha256) return folder;
  }
  throw new Fault(
    'not-found',
    `The model "${profile.modelName}" that this profile was calibrated on is not here. Import it, or name its folder with --model.`,
  );
}

/** Compares every file of a pack with its hash. @throws Fault `bad-model`, `not-found` */
export async function verifyModel(folders: ModelFolders, name: string, job: PackJob): Promise<ModelRow> {
  const manifest = await verifyPack(await modelFolder(folders, name), job);
  return { ...summarisePack(manifest), name };
}

/** Imports a checkpoint or a packed model. @throws Fault `bad-model`, `unsupported`, `not-allowed`, `disk-full` */
export async function importModelFrom(
  folders: ModelFolders,
  path: string,
  options: PackJob & { readonly name?: string },
): Promise<ModelRow> {
  if (options.name === EMBEDDED)
    throw new Fault('not-allowed', `"${EMBEDDED}" is the application's own model. Choose another name.`);
  const pack = await importModel(path, { ...options, targetFolder: folders.packsFolder });
  return summarisePack(pack.manifest);
}

/** @throws Fault `not-found`, `not-allowed` for the application's own */
export async function removeModel(folders: ModelFolders, name: string): Promise<void> {
  if (name === EMBEDDED)
    throw new Fault('not-allowed', 'The embedded model belongs to the application and cannot be removed.');
  await removePack(folders.packsFolder, name);
}
