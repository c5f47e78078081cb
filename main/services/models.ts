/** Model packs: those that come with the application, and those that were imported into the data folder. */
import { stat } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import type { ModelRow, UnusableModel } from '../../preload/contract/model.ts';
import { Fault } from '../fault.ts';
import { archiveSuffix, exportPack } from '../modelpack/archive.ts';
import { importModel } from '../modelpack/import.ts';
import type { PackManifest } from '../modelpack/manifest.ts';
import { listPacks, loadPack, type PackJob, removePack, summarisePack, verifyPack } from '../modelpack/pack.ts';

/** Where packs lie. */
export interface ModelFolders {
  /** Folder that holds the application's own packs, each as NAME/pack. */
  readonly ownPacksFolder: string;
  /** Folder of imported packs. */
  readonly packsFolder: string;
}

/** The application's own packs by the names they are asked for; the one to prefer first. */
const OWN_PACKS = ['embedded'] as const;
export const PREFERRED_MODEL = OWN_PACKS[0];

const isOwn = (name: string) => (OWN_PACKS as readonly string[]).includes(name);
const modelRow = (name: string, manifest: PackManifest): ModelRow => ({
  ...summarisePack(manifest),
  name,
  own: isOwn(name),
});
const ownFolder = (folders: ModelFolders, name: string) => join(folders.ownPacksFolder, name, 'pack');

/** Packs that can be used; the application's own first. */
export async function listModels(folders: ModelFolders): Promise<readonly ModelRow[]> {
  const own: ModelRow[] = [];
  for (const name of OWN_PACKS) {
    const pack = await loadPack(ownFolder(folders, name), { verify: false }).catch(() => null);
    if (pack) own.push(modelRow(name, pack.manifest));
  }
  const imported = await listPacks(folders.packsFolder);
  return [...own, ...imported.flatMap(({ name, manifest }) => (manifest ? [modelRow(name, manifest)] : []))];
}

/** Imported packs that cannot be used, with the reason. */
export async function listUnusableModels({ packsFolder }: ModelFolders): Promise<readonly UnusableModel[]> {
  const imported = await listPacks(packsFolder);
  return imported.flatMap(({ name, fault }) => (fault ? [{ name, reason: fault.message }] : []));
}

/** Folder of a pack given by its name, or of a pack anywhere given by its folder. @throws Fault `not-found` */
export async function modelFolder(folders: ModelFolders, name: string): Promise<string> {
  if (isOwn(name)) return ownFolder(folders, name);
  const listed = (await listPacks(folders.packsFolder)).find((pack) => pack.name === name);
  if (listed) return listed.folder;
  const looksLikePath = isAbsolute(name) || name.includes(sep) || name.startsWith('.');
  if (looksLikePath && (await stat(name).catch(() => null))?.isDirectory()) return name;
  throw new Fault('not-found', `There is no model named "${name}". "models list" names those there are.`);
}

/** The pack that a profile was calibrated on, whatever its name here. @throws Fault `not-found` */
export async function modelOfProfile(
  folders: ModelFolders,
  profile: { readonly modelName: string; readonly modelSha256: string },
): Promise<{ readonly name: string; readonly folder: string }> {
  const own = OWN_PACKS.map((name) => ({ name: name as string, folder: ownFolder(folders, name) }));
  for (const { name, folder } of [...own, ...(await listPacks(folders.packsFolder))]) {
    const pack = await loadPack(folder, { verify: false }).catch(() => null);
    if (pack?.identity === profile.modelSha256) return { name, folder };
  }
  throw new Fault(
    'not-found',
    `The model "${profile.modelName}" that this profile was calibrated on is not here. Import it, or name its folder with --model.`,
  );
}

/** Compares every file of a pack with its hash. @throws Fault `bad-model`, `not-found` */
export async function verifyModel(folders: ModelFolders, name: string, job: PackJob): Promise<ModelRow> {
  const manifest = await verifyPack(await modelFolder(folders, name), job);
  return modelRow(name, manifest);
}

/** Imports a checkpoint or a packed model. @throws Fault `bad-model`, `unsupported`, `not-allowed`, `disk-full` */
export async function importModelFrom(
  folders: ModelFolders,
  path: string,
  options: PackJob & { readonly name?: string },
): Promise<ModelRow> {
  if (options.name !== undefined && isOwn(options.name))
    throw new Fault('not-allowed', `"${options.name}" is the application's own model. Choose another name.`);
  const pack = await importModel(path, { ...options, targetFolder: folders.packsFolder });
  return modelRow(pack.manifest.name, pack.manifest);
}

/**
 * Writes a model as one file that another workstation imports. @returns the file's path, with the suffix
 * @throws Fault `not-found`, `bad-model`, `disk-full`, `cancelled`
 */
export async function exportModel(folders: ModelFolders, name: string, path: string, job: PackJob): Promise<string> {
  const file = path.endsWith(archiveSuffix) ? path : `${path}${archiveSuffix}`;
  await exportPack(await modelFolder(folders, name), file, job);
  return file;
}

/** @throws Fault `not-found`, `not-allowed` for the application's own */
export async function removeModel(folders: ModelFolders, name: string): Promise<void> {
  if (isOwn(name))
    throw new Fault('not-allowed', `The model "${name}" belongs to the application and cannot be removed.`);
  await removePack(folders.packsFolder, name);
}
